"""MIDI controllers that matter to a piano (MIDI 1.0)."""

from typing import Final

SUSTAIN_CONTROLLER: Final = 64
ALL_SOUND_OFF_CONTROLLER: Final = 120
RESET_CONTROLLER: Final = 121
ALL_NOTES_OFF_CONTROLLER: Final = 123

PEDAL_DOWN: Final = 64
"""Lowest value of the sustain controller that means pedal down (General MIDI)."""
