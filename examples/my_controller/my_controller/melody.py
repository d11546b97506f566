"""The rule of this controller: the highest note that sounds is played by the right index finger."""

from typing import Final

from pianomime.hands.fingers import PIANISTS_FINGERS, UNASSIGNED
from pianomime.hands.hands_model import HandsModel
from pianomime.planning.performance_plan import LEAD_IN_S, PerformancePlan, plan_performance
from pianomime.score.score import Note, Score
from pianomime.timing import Timing

FINGER: Final = PIANISTS_FINGERS.index("rh_ff")


def plan_melody(
    score: Score, hands: HandsModel, timing: Timing, lead_in_s: float = LEAD_IN_S
) -> tuple[Score, PerformancePlan]:
    """Plan the melody of a score.

    Args:
        score: What to play.
        hands: The hands that play.
        timing: Of decisions and targets.
        lead_in_s: Silence before the score [s].

    Returns:
        The score with the finger at each note of the melody and none at the others, and the plan.
    """
    (finger,) = hands.spec.layout.of_pianist([FINGER])
    melody = score.with_fingers(
        [finger if _is_highest(note, score) else UNASSIGNED for note in score.notes]
    )
    return melody, plan_performance(melody, hands, timing, lead_in_s=lead_in_s)


def _is_highest(note: Note, score: Score) -> bool:
    """Return whether no higher note sounds when a note begins."""
    return not any(
        other.key > note.key and other.onset_s <= note.onset_s < other.offset_s
        for other in score.notes
    )
