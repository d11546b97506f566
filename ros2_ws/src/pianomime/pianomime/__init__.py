"""Two simulated robot hands that play the piano: the library, without ROS.

The names most users need, of all that `docs/api.md` lists. Each is imported when it is first used.
"""

from importlib import import_module

TYPE_CHECKING = False  # typing's own would double the time of this import
if TYPE_CHECKING:
    from pianomime.fingering.fingering import assign_fingers
    from pianomime.hands.embodiment import embodiment
    from pianomime.metrics.key_press import key_press_metrics
    from pianomime.metrics.notes import note_metrics
    from pianomime.performance.struck import struck_notes
    from pianomime.planning.follower import Follower
    from pianomime.planning.performance_plan import plan_performance
    from pianomime.planning.rollout import roll_out
    from pianomime.policy.player import policy_act
    from pianomime.policy.registry import load_policy
    from pianomime.refinement.iterative_learning import learn
    from pianomime.score.goals import ScoreGoals
    from pianomime.score.repertoire import find_score
    from pianomime.simulation.model import load_model
    from pianomime.simulation.simulation import PianoSimulation
    from pianomime.timing import Timing

__all__ = [
    "Follower",
    "PianoSimulation",
    "ScoreGoals",
    "Timing",
    "assign_fingers",
    "embodiment",
    "find_score",
    "key_press_metrics",
    "learn",
    "load_model",
    "load_policy",
    "note_metrics",
    "plan_performance",
    "policy_act",
    "roll_out",
    "struck_notes",
]

_MODULES = {
    "Follower": "planning.follower",
    "PianoSimulation": "simulation.simulation",
    "ScoreGoals": "score.goals",
    "Timing": "timing",
    "assign_fingers": "fingering.fingering",
    "embodiment": "hands.embodiment",
    "find_score": "score.repertoire",
    "key_press_metrics": "metrics.key_press",
    "learn": "refinement.iterative_learning",
    "load_model": "simulation.model",
    "load_policy": "policy.registry",
    "note_metrics": "metrics.notes",
    "plan_performance": "planning.performance_plan",
    "policy_act": "policy.player",
    "roll_out": "planning.rollout",
    "struck_notes": "performance.struck",
}

if not TYPE_CHECKING:  # so that type checkers find misspelt names

    def __getattr__(name):
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        globals()[name] = value
        return value

    def __dir__():
        return sorted({*globals(), *__all__})
