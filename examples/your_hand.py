"""Hands of your own: read their description, find fingers for a score, play it.

python your_hand.py [SONG] [HANDS.yaml]

`your_hand/rods.yaml` describes the hands of `your_hand/rods.xml`: which joints each controller
drives, where the fingertips are, how the hands are carried. `docs/tutorials/your_own_hand.md` says
how to write one; `pianomime play SONG --embodiment HANDS.yaml` plays with it as a graph of nodes.
"""

import sys
from pathlib import Path

import pianomime as pm

RODS = Path(__file__).parent / "your_hand/rods.yaml"


def main(song: str = "c_major_scale", description: str = str(RODS)) -> None:
    """Play a bundled piece or a MIDI file."""
    timing = pm.Timing()
    hands = pm.embodiment(description)
    score = pm.find_score(song)
    goals = pm.ScoreGoals.of(score, timing)
    fingered = pm.assign_fingers(score, timing, hands)
    simulation = pm.PianoSimulation(pm.load_model(hands), timing)
    plan = pm.plan_performance(fingered, simulation.hands, timing)
    rollout = pm.roll_out(
        pm.Follower.of(plan, simulation.hands), plan.lead_in_s, goals.steps, simulation
    )
    keys = pm.key_press_metrics(goals.keys, rollout.pressed)
    print(f"{score.title} by {hands.name}: F1 {keys.f1:.3f}, precision {keys.precision:.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
