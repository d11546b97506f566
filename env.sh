# Source this (bash or zsh) to use this clone: its Python, its ROS packages, and `pianomime`.
_pianomime_root=$(cd "$(dirname "${BASH_SOURCE[0]:-${(%):-%x}}")" && pwd)
_pianomime_shell=${ZSH_VERSION:+zsh}
_pianomime_shell=${_pianomime_shell:-bash}
source "$_pianomime_root/.venv/bin/activate"
if [ -d /opt/ros/jazzy ]; then
  source /opt/ros/jazzy/setup.$_pianomime_shell
  # `ros2` runs in the system's Python, and has to find what our launch files import.
  export PYTHONPATH="$(echo "$_pianomime_root"/.venv/lib/python3.*/site-packages):$PYTHONPATH"
elif [[ ":$AMENT_PREFIX_PATH:" != *":$_pianomime_root/.venv:"* ]]; then
  # ROS 2's wheels, so that its tools find the messages that ours are made of.
  export AMENT_PREFIX_PATH="${AMENT_PREFIX_PATH:+$AMENT_PREFIX_PATH:}$_pianomime_root/.venv"
fi
source "$_pianomime_root/ros2_ws/install/local_setup.$_pianomime_shell"
export PATH="$_pianomime_root/ros2_ws/install/pianomime_cli/lib/pianomime_cli:$PATH"
unset _pianomime_root _pianomime_shell
