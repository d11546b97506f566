"""A network as an ONNX graph, run by onnxruntime where it is installed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pianomime.errors import ModelError

Floats = NDArray[np.float32]


class OnnxNetwork:
    """One input and one output, both of shape (t, columns) and type float32."""

    def __init__(self, name: str, model: bytes) -> None:
        """Read the serialised graph `model` of the network `name`.

        Raises:
            ModelError: onnxruntime is not installed, or the graph is broken or of another shape.
        """
        try:
            import onnxruntime
        except ImportError:
            raise ModelError(
                f"{name}: is an ONNX graph; onnxruntime is missing; run: pip install onnxruntime"
            ) from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._name, self._model = name, model
        try:
            self._session = onnxruntime.InferenceSession(
                model, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime has no base class of its errors
            raise ModelError(f"{name}: not an ONNX graph ({error})") from None
        self.inputs = _columns(f"{name}, inputs", self._session.get_inputs())
        self.outputs = _columns(f"{name}, outputs", self._session.get_outputs())
        self._input = self._session.get_inputs()[0].name

    def __call__(self, x: Floats) -> Floats:
        """Return the outputs (t, outputs) for inputs (t, inputs).

        Raises:
            ModelError: The graph fails.
        """
        try:
            (answer,) = self._session.run(None, {self._input: np.ascontiguousarray(x, np.float32)})
        except Exception as error:  # onnxruntime has no base class of its errors
            raise ModelError(f"{self._name}: the graph failed ({error})") from None
        return np.asarray(answer)

    def tensors(self) -> dict[str, NDArray[np.uint8]]:
        """Return the graph's bytes."""
        return {"graph": np.frombuffer(self._model, np.uint8)}

    def settings(self) -> dict[str, Any]:
        """Return the kind."""
        return {"kind": "onnx"}

    @classmethod
    def of(cls, name: str, tensors: Mapping[str, NDArray[Any]]) -> "OnnxNetwork":
        """Read the network `name` from its stored bytes."""
        if "graph" not in tensors:
            raise ModelError(f"{name}: graph is missing")
        return cls(name, tensors["graph"].tobytes())


def _columns(what: str, ends: list[Any]) -> int:
    """Return the number of columns of the one input or output."""
    legal = len(ends) == 1 and len(ends[0].shape) == 2 and ends[0].type == "tensor(float)"
    if not legal or not isinstance(ends[0].shape[1], int):
        shapes = ", ".join(f"{end.type} {end.shape}" for end in ends)
        raise ModelError(f"{what}: {shapes}; must be one tensor(float) [rows, columns]")
    return int(ends[0].shape[1])
