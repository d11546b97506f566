"""A generative head: flow matching from noise to answers (Lipman et al., ICLR 2023), in numpy."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import ModelError
from pianomime.policy.networks.mlp import Mlp

Floats = NDArray[np.float32]

FLOW_STEPS: Final = 4
"""Steps of Euler's method from noise to answer."""


@dataclass(frozen=True)
class Flow:
    """Samples of answers, the same for the same inputs.

    Attributes:
        mean: (inputs,) subtracted from the inputs.
        deviation: (inputs,) by which they are then divided.
        velocity: From inputs, the answer on its way, and the time 0 .. 1 to the answer's velocity.
    """

    mean: Floats
    deviation: Floats
    velocity: Mlp

    @property
    def inputs(self) -> int:
        """Number of inputs."""
        return len(self.mean)

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return self.velocity.outputs

    def __call__(self, x: Floats) -> Floats:
        """Return a sample (t, outputs) for inputs (t, inputs)."""
        seen = (x - self.mean) / self.deviation
        at = noise_of(x, self.outputs)
        for step in range(FLOW_STEPS):
            time = np.full((len(x), 1), step / FLOW_STEPS, np.float32)
            at = at + self.velocity(np.concatenate([seen, at, time], axis=1)) / FLOW_STEPS
        return at

    def tensors(self) -> dict[str, Floats]:
        """Return the network as named arrays."""
        velocity = {f"velocity.{key}": array for key, array in self.velocity.tensors().items()}
        return {"mean": self.mean, "deviation": self.deviation} | velocity

    def settings(self) -> dict[str, Any]:
        """Return the kind."""
        return {"kind": "flow"}

    @classmethod
    def of(cls, name: str, tensors: Mapping[str, Floats]) -> "Flow":
        """Read the network `name` from named arrays.

        Raises:
            ModelError: Something is missing or does not fit.
        """
        velocity = {
            key.removeprefix("velocity."): array
            for key, array in tensors.items()
            if key.startswith("velocity.")
        }
        body = Mlp.of(f"{name}, velocity", velocity)
        try:
            network = cls(tensors["mean"], tensors["deviation"], body)
        except KeyError as error:
            raise ModelError(f"{name}: {error.args[0]} is missing") from None
        if body.inputs != network.inputs + network.outputs + 1:
            raise ModelError(
                f"{name}: the velocity takes {body.inputs} numbers; "
                f"must be {network.inputs + network.outputs + 1}"
            )
        return network


def noise_of(x: Floats, outputs: int) -> Floats:
    """Return normal noise (t, outputs) that follows from the inputs (t, inputs), row by row."""
    seeds = [zlib.crc32(row.tobytes()) for row in x]
    rows = [np.random.default_rng(seed).standard_normal(outputs, np.float32) for seed in seeds]
    return np.stack(rows)
