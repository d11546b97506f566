"""The `pianomime` command."""

import sys

from pianomime.doctor import WANTED


def main() -> None:
    """Run a command; `doctor` before anything is imported that may be missing."""
    if sys.argv[1:] == ["doctor"]:
        sys.exit(doctor())
    from pianomime_cli import commands

    commands.main()


def doctor() -> int:
    """Print what is there and what is not; exit status 1 if nothing can be played."""
    lacks = False
    for wanted in WANTED:
        found = wanted.look()
        lacks = lacks or (wanted.needed and not found)
        state = found or f"MISSING; {wanted.mend}"
        print(f"{wanted.what:24} {state:52} ({wanted.what_for})")
    return int(lacks)


if __name__ == "__main__":
    main()
