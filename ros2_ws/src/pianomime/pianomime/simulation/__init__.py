"""The hands and the piano in MuJoCo."""
