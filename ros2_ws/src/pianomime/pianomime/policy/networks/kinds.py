"""Networks by kind, read from what a checkpoint holds of them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from numpy.typing import NDArray

from pianomime.errors import ModelError
from pianomime.policy.networks.flow import Flow
from pianomime.policy.networks.mlp import Mlp
from pianomime.policy.networks.network import Network
from pianomime.policy.networks.onnx_network import OnnxNetwork

Tensors = Mapping[str, NDArray[Any]]


def _of_torch(kind: str, name: str, shape: dict[str, int], tensors: Tensors) -> Network:
    try:
        from pianomime.policy.networks.torch_network import TorchNetwork
    except ImportError:
        raise ModelError(
            f"{name}: is a {kind}; torch is missing; run: tools/setup learning"
        ) from None
    return TorchNetwork.of(name, kind, shape, tensors)


KINDS: Final[dict[str, Callable[[str, dict[str, Any], Tensors], Network]]] = {
    "mlp": lambda name, _, tensors: Mlp.of(name, tensors),
    "flow": lambda name, _, tensors: Flow.of(name, tensors),
    "onnx": lambda name, _, tensors: OnnxNetwork.of(name, tensors),
    **{kind: partial(_of_torch, kind) for kind in ("transformer", "key_encoder")},
}
"""From name, settings without the kind, and arrays to the network."""


def read_network(name: str, settings: Mapping[str, Any], tensors: Tensors) -> Network:
    """Return the network `name`.

    Args:
        name: For messages.
        settings: From `Network.settings`.
        tensors: From `Network.tensors`.

    Raises:
        ModelError: Its kind is unknown, or needs a package that is missing; or it is broken.
    """
    shape = dict(settings)
    kind = shape.pop("kind")
    if kind not in KINDS:
        raise ModelError(f"{name}: unknown kind of network {kind!r}; there are: {', '.join(KINDS)}")
    return KINDS[kind](name, shape, tensors)
