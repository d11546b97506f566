"""What makes a command unfit to be looked at any further; each check names the offender."""

from collections.abc import Sequence, Set
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.safety.gate_config import GateConfig
from pianomime.safety.gate_types import GateResult, Request, Verdict
from pianomime.timing import MAX_POINTS

Array = NDArray[np.float64]

SAME_S: Final = 1e-6
"""Times that are nearer to each other are one instant."""

OTHER_CLOCK_S: Final = 3600.0
"""Nobody is an hour late."""


def check_points(request: Request, decision_s: float) -> GateResult | None:
    """Reject a command without points, with too many, or with times that no decision has."""
    points, times_s = len(request.positions), np.asarray(request.times_s, float)
    detail = ""
    if not 1 <= points <= MAX_POINTS:
        detail = f"{points} points; must be 1 to {MAX_POINTS}"
    elif len(bad := times_s[~np.isfinite(times_s) | (times_s < 0)]):
        detail = f"a point at {bad[0]:g} s"
    elif np.any(late := np.diff(times_s) <= 0):
        detail = f"point {int(np.argmax(late)) + 1} is not after the one before"
    elif times_s[-1] > decision_s + SAME_S:
        detail = f"a point at {times_s[-1]:g} s; a decision lasts {decision_s:g} s"
    return GateResult(Verdict.REJECTED_POINTS, detail) if detail else None


def check_finite(request: Request) -> GateResult | None:
    """Reject a command with one value that is not finite, whole: no joint is patched."""
    names = request.names
    for positions in request.positions:
        if len(names) != len(positions):
            detail = f"{len(names)} names, {len(positions)} positions"
            return GateResult(Verdict.REJECTED_NAMES, detail)
        bad = np.flatnonzero(~np.isfinite(positions))
        if len(bad):
            return GateResult(Verdict.REJECTED_NONFINITE, ", ".join(names[i] for i in bad))
    return None


def check_names(names: Sequence[str], joints: Set[str]) -> GateResult | None:
    """Reject a command that is not for exactly these joints, in any order."""
    given = set(names)
    for what, which in (("unknown", given - joints), ("missing", joints - given)):
        if which:
            return GateResult(Verdict.REJECTED_NAMES, f"{what}: {', '.join(sorted(which))}")
    if len(names) != len(given):
        twice = sorted(name for name in given if list(names).count(name) > 1)
        return GateResult(Verdict.REJECTED_NAMES, f"twice: {', '.join(twice)}")
    return None


def check_stamp(stamp_s: float, now_s: float, config: GateConfig) -> GateResult | None:
    """Reject a command without time, too old, or from the future."""
    if stamp_s <= 0:
        return GateResult(Verdict.REJECTED_STAMP, f"stamp {stamp_s:.3f} s means no time")
    age_s = now_s - stamp_s
    if abs(age_s) > OTHER_CLOCK_S:
        detail = "stamp of another clock: use_sim_time is not the same everywhere"
        return GateResult(Verdict.REJECTED_STAMP, detail)
    if age_s > config.command_timeout_s:
        limit = config.command_timeout_s
        return GateResult(Verdict.REJECTED_STAMP, f"{age_s:.3f} s old; at most {limit:g} s")
    if age_s < -config.future_tolerance_s:
        return GateResult(Verdict.REJECTED_STAMP, f"{-age_s:.3f} s in the future")
    return None
