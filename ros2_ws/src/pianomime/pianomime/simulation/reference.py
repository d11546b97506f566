"""Robopianist's own environment, which the simulation has to agree with; needs note_seq."""

from typing import Any

from pianomime.hands.hand_spec import HandSpec
from pianomime.piano.geometry import LOWEST_PITCH
from pianomime.score.score import Score
from pianomime.simulation.robopianist_stage import mount_shadow, slide_names
from pianomime.simulation.stand_ins import stand_in_for_audio


def reference_environment(spec: HandSpec, score: Score) -> Any:
    """Return robopianist's dm_control environment for the Shadow hands of `spec`, on `score`.

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
        gravity_compensation=spec.mounting.gravity_compensation,
        forearm_dofs=slide_names(spec),
        disable_hand_collisions=not spec.hands_collide,
        disable_fingering_reward=True,
        change_color_on_activation=True,
    )
    for side, hand in enumerate((task.left_hand, task.right_hand)):
        mount_shadow(spec, side, hand.mjcf_model)
    return composer.Environment(task, random_state=0, strip_singleton_obs_buffer_dim=True)
