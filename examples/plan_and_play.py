"""Plan a whole score, play it in the simulation and save what the keys played.

python plan_and_play.py [SONG] [PLAYED.mid]
"""

import sys
from pathlib import Path

import pianomime as pm
from pianomime.score.midi import save_midi
from pianomime.score.score import Score

STEP_S, LEAD_IN, TAIL = 0.05, 20, 10


def main(song: str = "twinkle", path: str = "played.mid") -> None:
    """Play a bundled piece or a MIDI file."""
    simulation = pm.PianoSimulation(pm.load_model(pm.embodiment("pianomime")))
    score = pm.find_score(song)
    goals = pm.key_goals(score, STEP_S)
    fingered = pm.assign_fingers(score, goals, STEP_S)
    plan = pm.plan_performance(fingered, simulation.hands, STEP_S, LEAD_IN, TAIL)
    rollout = pm.roll_out(plan.command, LEAD_IN, len(goals.keys), simulation)

    notes = pm.struck_notes(rollout.events, LEAD_IN * STEP_S, simulation.time_s)
    keys = pm.key_press_metrics(goals.keys, rollout.pressed)
    onsets = pm.onset_metrics(score.notes, notes)
    print(f"{score.title}: F1 {keys.f1:.3f}, onset F1 {onsets.onset_f1:.3f}")
    save_midi(Score.from_notes(f"{score.title}, played", notes), Path(path))


if __name__ == "__main__":
    main(*sys.argv[1:])
