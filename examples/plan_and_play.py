"""Plan a whole score, play it in the simulation and save what the keys played.

python plan_and_play.py [SONG] [PLAYED.mid]
"""

import sys
from pathlib import Path

import pianomime as pm
from pianomime.score.midi import save_midi
from pianomime.score.score import Score


def main(song: str = "twinkle", path: str = "played.mid") -> None:
    """Play a bundled piece or a MIDI file."""
    timing = pm.Timing()  # a decision every 50 ms, a target every 10 ms
    hands = pm.embodiment("pianomime")
    simulation = pm.PianoSimulation(pm.load_model(hands), timing)
    score = pm.find_score(song)
    goals = pm.ScoreGoals.of(score, timing)
    fingered = pm.assign_fingers(score, timing, hands)
    plan = pm.plan_performance(fingered, simulation.hands, timing)
    rollout = pm.roll_out(
        pm.Follower.of(plan, simulation.hands), plan.lead_in_s, goals.steps, simulation
    )

    notes = pm.struck_notes(rollout.events, plan.lead_in_s, simulation.time_s)
    keys = pm.key_press_metrics(goals.keys, rollout.pressed)
    heard = pm.note_metrics(score, notes)
    print(f"{score.title}: F1 {keys.f1:.3f}, note F1 {heard.note_f1:.3f}")
    save_midi(Score.from_notes(f"{score.title}, played", notes), Path(path))


if __name__ == "__main__":
    main(*sys.argv[1:])
