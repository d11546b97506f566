"""The types of policies that a checkpoint can hold, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pianomime.errors import ModelError
from pianomime.hands.hand_spec import HandSpec
from pianomime.hands.hands_model import HandsModel
from pianomime.policy.checkpoint import Checkpoint, load_checkpoint
from pianomime.policy.generalist import Generalist, generalist_sizes
from pianomime.policy.hand_frame import HandFrame
from pianomime.policy.networks.network import Sizes
from pianomime.policy.protocol import Policy
from pianomime.policy.whole_score import (
    OneStage,
    TwoStages,
    one_stage_sizes,
    two_stages_sizes,
)
from pianomime.timing import Timing


@dataclass(frozen=True)
class PolicyType:
    """How policies of a type are made from a checkpoint.

    Attributes:
        lookahead_s: Time ahead whose notes they see [s].
        sizes: Inputs and outputs of the networks that they need.
        make: Return the policy.
    """

    lookahead_s: float
    sizes: Callable[[HandFrame, Checkpoint], Sizes]
    make: Callable[[HandFrame, Timing, Checkpoint], Policy]


POLICY_TYPES: Final = {
    "generalist": PolicyType(
        Generalist.lookahead_s,
        lambda frame, checkpoint: generalist_sizes(frame, checkpoint.card.timing),
        lambda frame, timing, checkpoint: Generalist(frame, timing, checkpoint.networks),
    ),
    "two_stages": PolicyType(TwoStages.lookahead_s, two_stages_sizes, TwoStages),
    "one_stage": PolicyType(OneStage.lookahead_s, one_stage_sizes, OneStage),
}


def read_policy(path: Path, spec: HandSpec, timing: Timing) -> Checkpoint:
    """Read a checkpoint that this run can play.

    Raises:
        ModelError: It is broken, or its type, its timing or its hands are others.
    """
    checkpoint = load_checkpoint(path)
    try:
        _check(checkpoint, timing)
        checkpoint.card.check_hands(spec)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None
    return checkpoint


def make_policy(checkpoint: Checkpoint, hands: HandsModel, timing: Timing) -> Policy:
    """Return the policy of a checkpoint.

    Raises:
        ModelError: Its type, its timing or its joints are others, or its networks do not fit.
    """
    kind, frame = _check(checkpoint, timing), HandFrame(hands)
    card = checkpoint.card
    if card.coordinates != frame.names:
        theirs, ours = ", ".join(card.coordinates), ", ".join(frame.names)
        raise ModelError(f"policy for the joints {theirs}; these hands have {ours}")
    for name, (inputs, outputs) in kind.sizes(frame, checkpoint).items():
        network = checkpoint.networks.get(name)
        if network is None:
            raise ModelError(f"a policy of type {card.type} needs a network {name}")
        if (network.inputs, network.outputs) != (inputs, outputs):
            raise ModelError(
                f"policy's network {name} takes {network.inputs} and gives {network.outputs}; "
                f"must be {inputs} and {outputs}"
            )
    return kind.make(frame, timing, checkpoint)


def load_policy(path: Path, hands: HandsModel, timing: Timing) -> Policy:
    """Return the policy of a file, see `read_policy` and `make_policy`."""
    checkpoint = read_policy(path, hands.spec, timing)
    try:
        return make_policy(checkpoint, hands, timing)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None


def _check(checkpoint: Checkpoint, timing: Timing) -> PolicyType:
    """Return the type of a checkpoint, if this version can play it with this timing."""
    card = checkpoint.card
    if card.type not in POLICY_TYPES:
        raise ModelError(
            f"policy of unknown type {card.type!r}; there are: {', '.join(POLICY_TYPES)}"
        )
    kind = POLICY_TYPES[card.type]
    if card.lookahead_s != kind.lookahead_s:
        raise ModelError(
            f"{card.type} with a lookahead of {card.lookahead_s:g} s; must be {kind.lookahead_s:g}"
        )
    card.check_timing(timing)
    return kind
