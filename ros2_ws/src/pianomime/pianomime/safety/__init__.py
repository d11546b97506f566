"""What stands between any controller and the hands."""
