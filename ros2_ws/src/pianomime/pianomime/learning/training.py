"""Train one network: AdamW, cosine schedule, moving average of the weights, resumable."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.tensorboard import SummaryWriter

from pianomime.atomic_file import atomic_path
from pianomime.errors import ModelError
from pianomime.learning.pairs import Pairs
from pianomime.learning.recipe import TrainingConfig

L = TypeVar("L", bound=Any)

_STATE: Final = "training.pt"
_LOG_STEPS: Final = 200
_KEEP_STEPS: Final = 2000


def fit(
    network: L,
    pairs: Pairs,
    config: TrainingConfig,
    folder: Path,
    progress: Callable[[int, float], None],
) -> L:
    """Train a network on `pairs`, or go on with what `folder` holds; return the average.

    Args:
        network: With a method `cost` of inputs and answers.
        pairs: Inputs and answers.
        config: Of the training.
        folder: Of the state to go on from, and of TensorBoard's logs.
        progress: Called with the steps done and the latest validation loss.

    Raises:
        ModelError: What `folder` holds is another network's.
    """
    torch.set_num_threads(config.threads)
    torch.set_float32_matmul_precision("high")  # TF32, where there are tensor cores
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = network.to(device)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(config.ema))
    optimizer = torch.optim.AdamW(
        network.parameters(), config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    cosine = lambda step: 0.5 * (1 + math.cos(math.pi * step / config.steps))  # noqa: E731
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, cosine)
    state = {"network": network, "average": average, "optimizer": optimizer, "schedule": schedule}
    folder.mkdir(parents=True, exist_ok=True)
    done = _restore(state, folder / _STATE, device)

    x, y, w = (
        torch.from_numpy(part).to(device) for part in (pairs.inputs, pairs.answers, pairs.weights)
    )
    held = min(int(len(x) * config.held_back), 20_000)
    train = len(x) - held
    validation = math.nan
    with SummaryWriter(str(folder)) as log:
        for step in range(done, config.steps):
            chance = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
            rows = torch.randint(train, (config.batch,), generator=chance).to(device)
            cost = (network.cost(x[rows], y[rows]) * w[rows]).mean()
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            schedule.step()
            average.update_parameters(network)
            if (step + 1) % _LOG_STEPS == 0 or step + 1 == config.steps:
                validation = _validate(average.module, x[train:], y[train:], w[train:])
                log.add_scalar("loss/train", cost.item(), step)
                log.add_scalar("loss/validation", validation, step)
                progress(step + 1, validation)
            if (step + 1) % _KEEP_STEPS == 0 or step + 1 == config.steps:
                _keep(state, step + 1, folder / _STATE)
    trained = average.module.cpu()
    return trained  # type: ignore[no-any-return]


@torch.no_grad()
def _validate(network: Any, x: torch.Tensor, y: torch.Tensor, w: torch.Tensor) -> float:
    if not len(x):
        return math.nan
    return float((network.cost(x, y) * w).mean())


def _keep(state: dict[str, Any], step: int, path: Path) -> None:
    kept = {name: part.state_dict() for name, part in state.items()}
    with atomic_path(path) as file:
        torch.save({"step": step} | kept, file)


def _restore(state: dict[str, Any], path: Path, device: str) -> int:
    if not path.exists():
        return 0
    try:
        kept = torch.load(path, map_location=device, weights_only=True)
        for name, part in state.items():
            part.load_state_dict(kept[name])
        return int(kept["step"])
    except Exception as error:  # torch raises whatever the broken part of a file leads to
        raise ModelError(f"{path}: cannot go on from it ({error})") from None
