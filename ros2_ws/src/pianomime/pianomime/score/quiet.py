"""pretty_midi, imported without the line that its FluidSynth binding prints where CI is set."""

import contextlib
import io

with contextlib.redirect_stdout(io.StringIO()):
    import pretty_midi

__all__ = ["pretty_midi"]
