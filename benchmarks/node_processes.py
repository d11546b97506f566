"""Find the processes of a graph that a benchmark has started."""

from pathlib import Path


def node_processes(setting: str) -> dict[str, int]:
    """Return the pids of processes with `NAME=value` in their environment, nodes by their names."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            environment = (path / "environ").read_bytes().split(b"\0")
            command = (path / "cmdline").read_bytes().split(b"\0")
            state = (path / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if setting.encode() not in environment or state == "Z":
            continue
        module = next((c.decode() for c in command if c.endswith(b"_node")), "")
        name = module.rpartition(".")[2].removesuffix("_node") or f"other {path.name}"
        found[name] = int(path.name)
    return found
