"""How soon the hands are safe when the controller is killed during a chord, by the wall clock.

    python benchmarks/faults.py [--kills 30]

Plays by the wall clock, kills the expert (kill -9) while a key is down, and measures, by the
messages' arrival in a listener that does nothing else: from its last command to the gate's first
halting command, and to the moment when no key is down any more. Writes results/faults.md.
"""

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor

from pianomime_common import conversions, topics
from pianomime_common.middleware import set_middleware_defaults
from pianomime_msgs.msg import GateStatus

DOMAIN = "61"
RESULT = Path(__file__).parent / "results/faults.md"
NODES = {
    "pianomime_sim.sim_node": ("real_time:=true",),
    "pianomime_goals.goals_node": ("use_sim_time:=true", "song:=minuet_in_g"),
    "pianomime_control.gate_node": (
        "use_sim_time:=true",
        "auto_arm:=true",
        "guard_hands:=false",
    ),
    "pianomime_control.expert_node": ("use_sim_time:=true",),
}
EXPERT = "pianomime_control.expert_node"


class Listener:
    """Arrival times of commands and key presses."""

    def __init__(self) -> None:
        node = rclpy.create_node("listener")
        self.request_s = self.halt_s = self.last_down_s = 0.0
        self.active = False
        self.state = -1
        self.requested_s = 0.0
        for topic, callback in (
            (topics.controller_command("expert"), self._on_request),
            (topics.group_command("rh_trajectory_controller"), self._on_command),
            (topics.PIANO_STATE, self._on_piano),
            (topics.GATE_STATUS, self._on_status),
        ):
            node.create_subscription(topic.type, topic.name, callback, topic.recorder_qos)
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(node)
        threading.Thread(target=self.executor.spin, daemon=True).start()

    def _on_request(self, message):
        self.request_s = time.monotonic()
        self.requested_s = conversions.from_time(message.header.stamp)
        self.halt_s = 0.0

    def _on_command(self, message):
        if conversions.from_time(message.header.stamp) > self.requested_s and not self.halt_s:
            self.halt_s = time.monotonic()

    def _on_piano(self, message):
        self.active = any(message.active)
        if self.active:
            self.last_down_s = time.monotonic()

    def _on_status(self, message):
        self.state = message.state


def start(module: str) -> subprocess.Popen:
    parameters = [x for value in NODES[module] for x in ("-p", value)]
    return subprocess.Popen(
        [sys.executable, "-m", module, "--ros-args", *parameters],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait(condition, timeout_s: float = 60.0) -> bool:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.001)
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    options = parser.parse_args()
    os.environ["ROS_DOMAIN_ID"] = DOMAIN
    set_middleware_defaults()
    rclpy.init()
    listener = Listener()
    halts, releases = [], []
    running: dict[str, subprocess.Popen] = {}
    try:
        while len(halts) < options.kills:
            for module in NODES:
                if module not in running:
                    running[module] = start(module)
            playing = wait(lambda: listener.state == GateStatus.ACTIVE and listener.active, 40.0)
            if not playing:  # the song is over: from the start again
                for module in list(running):
                    running.pop(module).kill()
                time.sleep(1.0)
                continue
            time.sleep(0.3)
            if not wait(lambda: listener.active, 3.0):
                continue
            expert, silent_s = running.pop(EXPERT), time.monotonic() - listener.request_s
            expert.send_signal(signal.SIGKILL)
            expert.wait()
            time.sleep(1.2)
            if not listener.halt_s or listener.active or silent_s > 0.1:
                print(f"not counted: it was silent {silent_s:.3f} s before", flush=True)
                continue  # the song ended at that moment
            halts.append(listener.halt_s - listener.request_s)
            releases.append(max(0.0, listener.last_down_s - listener.request_s))
            print(f"{len(halts)}: {halts[-1]:.3f} s, {releases[-1]:.3f} s", flush=True)
    finally:
        listener.executor.shutdown()
        for process in running.values():
            process.send_signal(signal.SIGINT)
        for process in running.values():
            process.wait(20)
        rclpy.shutdown()
    rows = [
        f"| {what} | {np.percentile(v, 50) * 1e3:.0f} | {np.percentile(v, 99) * 1e3:.0f} "
        f"| {max(v) * 1e3:.0f} |"
        for what, v in (("first halting command", halts), ("keys released", releases))
    ]
    RESULT.write_text(
        f"# Time to safe\n\n`python benchmarks/faults.py --kills {options.kills}`, "
        f"{date.today().isoformat()}, 2 cores. From the last command of a controller that is "
        "killed during a chord, by the wall clock [ms].\n\n"
        "| until | p50 | p99 | max |\n| --- | --- | --- | --- |\n" + "\n".join(rows) + "\n"
    )
    print(RESULT.read_text())


if __name__ == "__main__":
    main()
