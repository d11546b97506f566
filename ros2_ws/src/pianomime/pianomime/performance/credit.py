"""Which finger played which note: the one chosen by the controller that played at the time."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pianomime.hands.fingers import UNASSIGNED
from pianomime.score.score import Score


@dataclass
class Credit:
    """Fingers that controllers published, and who played when.

    Attributes:
        fingers: Finger by index of the note, for each controller.
        owners: Score time [s] from which a controller played, and its name; rising.
    """

    fingers: dict[str, dict[int, int]] = field(default_factory=dict)
    owners: list[tuple[float, str]] = field(default_factory=list)

    def add_fingering(self, source: str, index: Sequence[int], finger: Sequence[int]) -> None:
        """Take fingers that a controller chose."""
        self.fingers.setdefault(source, {}).update(zip(index, finger, strict=True))

    def add_owner(self, owner: str, score_time_s: float) -> None:
        """Take who plays from a time in the score on [s]."""
        if not self.owners or self.owners[-1][1] != owner:
            self.owners.append((score_time_s, owner))

    def fingered(self, score: Score) -> Score:
        """Return the score with the fingers of whoever played each note."""
        return score.with_fingers(
            [self._finger(i, note.onset_s) for i, note in enumerate(score.notes)]
        )

    def _finger(self, index: int, onset_s: float) -> int:
        playing = [owner for since_s, owner in self.owners if since_s <= onset_s]
        owner = playing[-1] if playing else (self.owners[0][1] if self.owners else "")
        return self.fingers.get(owner, {}).get(index, UNASSIGNED)
