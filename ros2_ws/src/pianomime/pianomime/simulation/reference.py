"""Robopianist's own environment, which the simulation has to agree with; needs note_seq."""

from typing import Any

from pianomime.hands.embodiment import Embodiment
from pianomime.piano.geometry import LOWEST_PITCH
from pianomime.score.score import Score
from pianomime.simulation.stand_ins import stand_in_for_audio


def reference_environment(body: Embodiment, score: Score) -> Any:
    """Return robopianist's dm_control environment for hands with `body`, on `score`.

    Its actions are the right hand's actuator targets, the left hand's, and the pedal.
    """
    stand_in_for_audio()
    import note_seq
    from dm_control import composer
    from robopianist.music.midi_file import MidiFile
    from robopianist.suite.tasks.piano_with_shadow_hands import PianoWithShadowHands

    sequence = note_seq.NoteSequence()
    for note in score.notes:
        sequence.notes.add(
            start_time=note.onset_s,
            end_time=note.offset_s,
            pitch=note.key + LOWEST_PITCH,
            velocity=note.velocity,
        )
    sequence.total_time = score.duration_s
    task = PianoWithShadowHands(
        midi=MidiFile(seq=sequence),
        gravity_compensation=body.gravity_compensation,
        forearm_dofs=body.forearm_dofs,
        disable_hand_collisions=not body.hand_hand_collisions,
        disable_fingering_reward=True,
        change_color_on_activation=True,
    )
    for hand in (task.left_hand, task.right_hand):
        for name in body.forearm_dofs:
            hand.mjcf_model.find("actuator", name).kp *= body.forearm_gain_scale
        hand.mjcf_model.find("joint", "forearm_ty").range = body.reach_m
        hand.mjcf_model.find("actuator", "forearm_ty").ctrlrange = body.reach_m
    return composer.Environment(task, random_state=0, strip_singleton_obs_buffer_dim=True)
