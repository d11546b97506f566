"""The `pianomime` command."""
