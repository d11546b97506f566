"""Expert controller and command gate."""
