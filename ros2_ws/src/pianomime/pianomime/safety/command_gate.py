"""The last check between any controller and the hands."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pianomime.hands.hands_model import PEDAL, HandsModel
from pianomime.safety.checks import check_finite, check_names, check_points, check_stamp
from pianomime.safety.clearance import Clearance
from pianomime.safety.gate_config import GateConfig
from pianomime.safety.gate_types import GateResult, GateState, Request, Verdict
from pianomime.safety.rate_limiter import RateLimiter, intervals_s
from pianomime.safety.safe_halt import COAST_S, SafeHalt
from pianomime.smooth_step import smooth_step
from pianomime.timing import PHYSICS_S, Timing

Array = NDArray[np.float64]

EXCESS: Final = 5.0
EXCESSES: Final = 5
"""A source that wants joints to be `EXCESS` times too fast so often in a row is faulty."""

NEXT_STEP: Final = 0.8
"""A command so much of a decision later than the last, by its stamp, is for another decision."""

SILENT: Final = 2.5
"""Hands that stand still by their own clock repeat themselves; so many timeouts without a word are
silence."""

REST: Final = 0.5
"""Hands whose fastest joint is slower are at rest [rad/s, m/s]."""

SETTLE_S: Final = 0.5
"""Hands that do not come to rest are waited for no longer."""


class CommandGate:
    """Judge whole commands: pass, mend, or reject; and lift the hands when nobody commands them.

    Two times are arguments everywhere: `now_s` is ROS time, by which stamps are judged, `steady_s`
    a clock that nobody can stop, by which silence is judged.

    Attributes:
        joint_names: (n,) the hands' joints and the pedal; the order of all targets.
        state: See `GateState`.
        reason: Why it is in this state, for people.
        is_alarmed: Whether it halted without being asked.
    """

    def __init__(self, hands: HandsModel, config: GateConfig, timing: Timing) -> None:
        """Start disarmed."""
        self.joint_names = (*hands.joint_names, PEDAL)
        self._where = {name: i for i, name in enumerate(self.joint_names)}
        self._lower = np.append(hands.lower, 0.0)
        self._upper = np.append(hands.upper, 1.0)
        self._hands = hands
        self._slides = np.append(hands.is_slide, False)
        self._decision_s = timing.decision_s
        self._clearance = Clearance(hands, config)
        self.state = GateState.DISARMED
        self.reason = "never armed; call ~/arm"
        self.is_alarmed = False
        self._may_go_on = False  # of a halt: whether the next good command ends it
        self._halt: SafeHalt | None = None
        self._measured: Array | None = None
        self._speed = 0.0  # of the fastest joint, between the last two states
        self._state_stamp_s = 0.0  # of the newest joint states
        self._heard_s = 0.0  # when any came, steady
        self._command_stamp_s = self._command_s = 0.0  # of the last that passed, ROS and steady
        self._source = ""
        self._lead_over: tuple[Array, float] | None = None  # what is led over, and since when
        self._excesses = 0
        self._requested: Array | None = None  # the source's last, before any limit
        self._limiter = RateLimiter(self._lower, self._upper)
        self._passed = GateResult(Verdict.ACCEPTED)  # the last command that passed
        self.configure(config)

    def configure(self, config: GateConfig) -> None:
        """Take limits, perhaps new ones."""
        self._config = config
        velocity = np.where(
            self._slides, config.max_slide_target_velocity, config.max_target_velocity
        )
        acceleration = np.where(
            self._slides, config.max_slide_target_acceleration, config.max_target_acceleration
        )
        velocity[-1] = acceleration[-1] = 1e6  # the pedal is up or down
        self._limiter.set_limits(velocity, acceleration)

    # What people and other nodes ask for.

    def arm(self, now_s: float) -> str:
        """Let commands through from now on; returns why not, or nothing."""
        if self.state is GateState.FAULT:
            return f"in FAULT ({self.reason}); reset first"
        if self.state is GateState.HALTING:
            return "the hands are being lifted; wait for HALTED"
        if self._measured is None or self._is_stale(now_s):
            return "no fresh joint_states"
        if self.state in (GateState.DISARMED, GateState.HALTED):
            if self.state is GateState.DISARMED:  # nobody knows who moved them meanwhile
                self._start_from(self._measured)
            self._source, self._excesses = "", 0
            self._enter(GateState.ARMED, "armed")
        return ""

    def disarm(self) -> str:
        """Let nothing through any more; returns why not, or nothing."""
        if self.state in (GateState.ACTIVE, GateState.HALTING):
            return "the hands move; halt first"
        if self.state is GateState.FAULT:
            return f"in FAULT ({self.reason}); reset first"
        self._enter(GateState.DISARMED, "disarmed")
        return ""

    def halt(self, now_s: float, reason: str) -> None:
        """Stop obeying and lift the hands; only `arm` ends that."""
        running = self._halt is not None
        self._begin_halt(now_s, reason, may_go_on=False)
        self.is_alarmed = running and self.is_alarmed

    def rest(self, now_s: float) -> None:
        """Lift the hands because the song is over: silence is no fault then."""
        if self.state is GateState.ACTIVE and not self._config.lock_step:
            self._begin_halt(now_s, "the song is over", may_go_on=self._config.auto_arm)
            self.is_alarmed = False

    def reset(self, now_s: float) -> str:
        """Leave FAULT, if fresh joint states are there; returns why not, or nothing."""
        if self.state is not GateState.FAULT:
            return f"not in FAULT but {self.state.name}"
        if self._is_stale(now_s):
            return "no fresh joint_states"
        self._enter(GateState.DISARMED, "reset")
        if self._config.auto_arm:
            self.arm(now_s)
        return ""

    # What goes through.

    def submit(self, source: str, request: Request, now_s: float, steady_s: float) -> GateResult:
        """Judge one command of `source`, all its points; a rejected one changes nothing."""
        settled = (
            check_points(request, self._decision_s)
            or check_finite(request)
            or check_names(request.names, self._where.keys())
            or check_stamp(request.stamp_s, now_s, self._config)
            or self._check_owner(source)
            or self._check_state(now_s)
            or self._check_step(request.stamp_s)
        )
        if settled:
            return settled
        requested = np.empty((len(request.positions), len(self.joint_names)))
        requested[:, [self._where[name] for name in request.names]] = request.positions
        inside = np.clip(requested, self._lower, self._upper)
        apart_s = intervals_s(request.times_s, self._decision_s)
        self._begin_or_go_on(source, inside[0], now_s)
        if self._is_faulty(inside, apart_s):
            reason = f"{source} requests joints to move {EXCESS:g} times too fast"
            self._begin_halt(now_s, reason, may_go_on=False)
            return GateResult(Verdict.REJECTED_STATE, reason)
        self._command_stamp_s, self._command_s = request.stamp_s, steady_s
        assert self._measured is not None  # or the gate would not be armed
        start, velocity = self._limiter.last, self._limiter.velocity
        followed = np.array(
            [
                self._limiter.follow(self._led_over(point, now_s + time_s), dt_s)
                for point, time_s, dt_s in zip(inside, request.times_s, apart_s, strict=True)
            ]
        )
        scale, why = self._clearance.scale(self._measured, followed[:, :-1])
        target = followed
        if why:
            self._limiter.last, self._limiter.velocity = start, velocity
            target = self._slowed(followed, scale, apart_s)
        verdict, detail = self._verdict(requested, inside, followed, why)
        self._passed = GateResult(verdict, detail, target, tuple(request.times_s))
        return self._passed

    def observe(self, measured: Array, stamp_s: float, steady_s: float) -> None:
        """Take joint positions (n - 1,); one with a stamp that was seen changes nothing."""
        self._heard_s = steady_s
        if stamp_s == self._state_stamp_s:
            return
        if stamp_s < self._state_stamp_s:
            self._restart(measured)
        if self._measured is not None and stamp_s > self._state_stamp_s:
            moved = np.abs(measured - self._measured).max()
            self._speed = float(moved) / (stamp_s - self._state_stamp_s)
        self._measured, self._state_stamp_s = measured, stamp_s
        if self.state is GateState.DISARMED and self._config.auto_arm:
            self.arm(stamp_s)

    def due(self, now_s: float, steady_s: float) -> Array | None:
        """Return the target (n,) that the gate itself commands now; None if it does not.

        To be called whenever time may have passed; notices silence.
        """
        if self.state in (GateState.ARMED, GateState.ACTIVE):
            self._look_for_silence(now_s, steady_s)
        if self._halt is None:
            return None
        target = np.clip(self._halt.target(now_s), self._lower, self._upper)
        self._limiter.restart(target)
        # Hands that fall silent while they are held up are lost too.
        if self.state is not GateState.FAULT and self._is_silent(steady_s):
            self._lose()
        elif self.state is GateState.HALTING and self._is_up(now_s):
            if self._is_stale(now_s):
                self._lose()
            else:
                self.state = GateState.HALTED
        return target

    def lifted(self) -> Array:
        """Return the target (n,) of lifted hands that are otherwise as they are commanded."""
        return self._lifted(self._limiter.last)

    # Inside.

    def _enter(self, state: GateState, reason: str) -> None:
        self.state, self.reason = state, reason
        if state is not GateState.HALTING:
            self._halt, self.is_alarmed = None, False

    def _is_up(self, now_s: float) -> bool:
        """Return whether the lift is over, and the hands have come after it."""
        assert self._halt is not None
        settled = self._speed < REST or self._halt.is_over(now_s - SETTLE_S)
        return self._halt.is_over(now_s) and settled

    def _lose(self) -> None:
        """Go into FAULT, holding what is held."""
        self.state, self.is_alarmed = GateState.FAULT, True
        if "joint_states" not in self.reason:
            self.reason += ", then no fresh joint_states"

    def _check_owner(self, source: str) -> GateResult | None:
        owner = self._config.owner
        if source == owner:
            return None
        return GateResult(Verdict.REJECTED_OWNER, f"{source!r} is not the owner {owner!r}")

    def _check_state(self, now_s: float) -> GateResult | None:
        if self.state in (GateState.ARMED, GateState.ACTIVE):
            return None
        halted = self.state in (GateState.HALTING, GateState.HALTED)
        if halted and self._may_go_on and not self._is_stale(now_s):
            return None
        return GateResult(Verdict.REJECTED_STATE, f"the gate is {self.state.name}: {self.reason}")

    def _check_step(self, stamp_s: float) -> GateResult | None:
        """Let through one command for each decision.

        A simulation that waits asks again, and gets what it got before.
        """
        since_s = stamp_s - self._command_stamp_s
        if self.state is not GateState.ACTIVE or since_s >= NEXT_STEP * self._decision_s:
            return None
        if since_s < 0:
            return GateResult(Verdict.REJECTED_STAMP, f"{-since_s:.3f} s before the last command")
        return replace(
            self._passed, verdict=Verdict.ACCEPTED, detail="for the same decision: as before"
        )

    def _begin_or_go_on(self, source: str, inside: Array, now_s: float) -> None:
        """Become ACTIVE; lead over from what the hands do now where that is another's doing."""
        if self.state is not GateState.ACTIVE:
            if self._halt is not None:
                self._source = ""  # the lift's
            self._enter(GateState.ACTIVE, f"{source} plays")
        if source != self._source:
            # In lock-step a controller is asked from its first step on, and leads over itself.
            if self._source or not self._config.lock_step:
                self._lead_over = (self._limiter.last - inside, now_s)
            self._requested = None
            self.reason = f"{source} plays"
        self._source = source

    def _led_over(self, inside: Array, now_s: float) -> Array:
        if self._lead_over is None:
            return inside
        offset, since_s = self._lead_over
        lasts_s = self._config.switch_s
        progress = 1.0 if lasts_s == 0 else (now_s - since_s) / lasts_s
        if not 0.0 <= progress < 1.0:
            self._lead_over = None
            return inside
        led = inside + (1 - smooth_step(progress)) * offset
        led = np.clip(led, self._lower, self._upper)
        led[-1] = inside[-1]
        return led

    def _is_faulty(self, inside: Array, apart_s: Sequence[float]) -> bool:
        """Count commands far beyond the limits; return whether there were too many in a row."""
        before, self._requested = self._requested, inside[-1]
        too_fast = False
        for point, dt_s in zip(inside, apart_s, strict=True):
            if before is not None:  # a trajectory may begin at once where the joints are
                too_fast |= self._limiter.excess(point, before, max(dt_s, PHYSICS_S)) > EXCESS
            before = point
        self._excesses = self._excesses + 1 if too_fast else 0
        return self._excesses >= EXCESSES

    def _slowed(self, targets: Array, scale: float, apart_s: Sequence[float]) -> Array:
        """Return targets (points, n) that go a share of the way from where the hands are."""
        assert self._measured is not None
        here = np.clip(self._measured, self._lower[:-1], self._upper[:-1])
        slowed = targets.copy()
        slowed[:, :-1] = here + scale * (targets[:, :-1] - here)
        points = zip(slowed, apart_s, strict=True)
        return np.array([self._limiter.brake(point, dt_s) for point, dt_s in points])

    def _verdict(
        self, requested: Array, inside: Array, followed: Array, why: str
    ) -> tuple[Verdict, str]:
        if why:
            return Verdict.SLOWED, why
        if self._lead_over is None and (late := (followed != inside).any(axis=0)).any():
            return Verdict.LIMITED, self._names(np.flatnonzero(late))
        if (out := (inside != requested).any(axis=0)).any():
            return Verdict.CLAMPED, self._names(np.flatnonzero(out))
        return Verdict.ACCEPTED, ""

    def _names(self, indices: NDArray[np.int64]) -> str:
        return ", ".join(self.joint_names[i] for i in indices)

    def _is_stale(self, now_s: float) -> bool:
        return self._measured is None or (
            now_s - self._state_stamp_s > self._config.state_timeout_s
        )

    def _is_silent(self, steady_s: float) -> bool:
        """Return whether even a hand that says the same again and again would have been heard."""
        silent_s = steady_s - self._heard_s
        return not self._config.lock_step and silent_s > SILENT * self._config.state_timeout_s

    def _look_for_silence(self, now_s: float, steady_s: float) -> None:
        """Begin a halt when the hands say nothing new, or nobody answers what they say.

        A paused simulation is neither: its time stands still, and what it said was answered.
        """
        config, age_s = self._config, now_s - self._state_stamp_s
        if self.state is GateState.ARMED or config.lock_step:
            return
        if self._is_stale(now_s) or self._is_silent(steady_s):
            age_s = max(age_s, steady_s - self._heard_s)
            reason = f"no new joint_states for {age_s:.2f} s"
            self._begin_halt(now_s, reason, may_go_on=config.auto_arm)
            return
        answered = self._command_stamp_s >= self._state_stamp_s - 1e-6
        silent_s = steady_s - self._command_s
        if not answered and silent_s > config.silence_s:
            reason = f"no command of {self._source} for {silent_s:.3f} s"
            self._begin_halt(now_s, reason, may_go_on=config.auto_arm)

    def _restart(self, measured: Array) -> None:
        """Forget all that belongs to a time before the clock went back."""
        self._start_from(measured)
        self._lead_over, self._source, self._command_stamp_s = None, "", 0.0
        self._halt = None
        if self.state in (GateState.ACTIVE, GateState.HALTING, GateState.HALTED):
            ready = self.state is GateState.ACTIVE or self._may_go_on
            state = GateState.ARMED if ready else GateState.DISARMED
            self._enter(state, "time went back")

    def _begin_halt(self, now_s: float, reason: str, *, may_go_on: bool) -> None:
        if self.state not in (GateState.ARMED, GateState.ACTIVE):
            if self._halt is not None and self._may_go_on and not may_go_on:
                self._may_go_on, self.reason = False, reason
            return
        assert self._measured is not None  # or the gate would not be armed
        start, velocity = self._limiter.last.copy(), self._limiter.velocity.copy()
        start[-1] = velocity[-1] = 0.0  # the pedal comes up at once
        lifted = self._lifted(np.clip(start + COAST_S * velocity, self._lower, self._upper))
        self._halt = SafeHalt(start, velocity, lifted, now_s, self._config.halt_s)
        self._may_go_on = may_go_on
        self._lead_over, self._excesses = None, 0
        self._enter(GateState.HALTING, reason)
        self.is_alarmed = True

    def _start_from(self, measured: Array) -> None:
        """Take the joints to stand still where they are, with the pedal up."""
        self._limiter.restart(np.append(measured, 0.0))

    def _lifted(self, last: Array) -> Array:
        """Return the posture of lifted hands, with the pedal up."""
        lifted = self._hands.posture(self._hands.spec.lifted, last[:-1], "lifted")
        return np.append(lifted, 0.0)
