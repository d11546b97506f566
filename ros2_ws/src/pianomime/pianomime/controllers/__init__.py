"""The table of controllers: the project's own and those of other installed packages."""
