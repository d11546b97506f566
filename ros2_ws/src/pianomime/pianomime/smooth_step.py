"""From one thing to another without a jump in velocity."""


def smooth_step(progress: float) -> float:
    """Return a share that goes from 0 to 1 as `progress` does, at rest at both ends and beyond."""
    progress = min(max(progress, 0.0), 1.0)
    return progress * progress * (3 - 2 * progress)
