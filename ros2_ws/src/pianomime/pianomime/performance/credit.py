"""Attribution of notes to fingers, from the controllers' fingerings and the gate's owner."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pianomime.hands.fingers import UNASSIGNED
from pianomime.score.score import Score


@dataclass
class Credit:
    """Fingerings published by controllers, and the gate's owner over time.

    Attributes:
        fingers: Finger keyed by note index, for each controller.
        owners: (score time [s] from which a controller played, its name), by time.
    """

    fingers: dict[str, dict[int, int]] = field(default_factory=dict)
    owners: list[tuple[float, str]] = field(default_factory=list)

    def add_fingering(self, source: str, fingers: Mapping[int, int]) -> None:
        """Add fingers chosen by controller `source`, keyed by note index."""
        self.fingers.setdefault(source, {}).update(fingers)

    def add_owner(self, owner: str, score_time_s: float) -> None:
        """Add the controller that plays from a score time [s] on."""
        if not self.owners or self.owners[-1][1] != owner:
            self.owners.append((score_time_s, owner))

    def fingered(self, score: Score) -> Score:
        """Return the score with the finger of the controller that played each note."""
        return score.with_fingers(
            [self._finger(i, note.onset_s) for i, note in enumerate(score.notes)]
        )

    def _finger(self, index: int, onset_s: float) -> int:
        playing = [owner for since_s, owner in self.owners if since_s <= onset_s]
        owner = playing[-1] if playing else (self.owners[0][1] if self.owners else "")
        return self.fingers.get(owner, {}).get(index, UNASSIGNED)
