"""The `pianomime` command."""

import sys

from pianomime.doctor import DEPENDENCIES


def main() -> None:
    """Run a command; `doctor` runs before imports that may fail."""
    if sys.argv[1:] == ["doctor"]:
        sys.exit(doctor())
    try:
        from pianomime_cli import commands

        commands.main()
    except KeyboardInterrupt:
        print("pianomime: interrupted", file=sys.stderr)
        sys.exit(130)


def doctor() -> int:
    """Print the state of each dependency; exit status 1 if a required one is missing."""
    lacks = False
    for dependency in DEPENDENCIES:
        found = dependency.find()
        lacks = lacks or (dependency.required and not found)
        state = found or f"MISSING; {dependency.remedy}"
        print(f"{dependency.name:24} {state:52} ({dependency.purpose})")
    return int(lacks)


if __name__ == "__main__":
    main()
