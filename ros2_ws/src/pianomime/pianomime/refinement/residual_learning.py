"""Residual reinforcement learning of a song as in the paper (section 3.2): PPO on `ResidualEnv`.

Needs stable-baselines3 and torch: `tools/setup learning`.
"""

import csv
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.vec_env import SubprocVecEnv

from pianomime.atomic_file import atomic_path
from pianomime.config import Config, parameter
from pianomime.errors import ModelError
from pianomime.metrics.key_press import key_press_metrics
from pianomime.planning.follower import Follower
from pianomime.planning.performance_plan import PerformancePlan
from pianomime.planning.rollout import roll_out
from pianomime.refinement.residual_env import ResidualEnv
from pianomime.score.goals import ScoreGoals

MakeEnv = Callable[[], ResidualEnv]

_CHECKPOINT: Final = "policy.zip"
_CURVE: Final = "curve.csv"
_BEST: Final = "best.npy"


@dataclass(frozen=True, kw_only=True)
class PpoConfig(Config):
    """Settings of PPO, as in the paper's table 6, with smaller batches for two cores."""

    steps: int = parameter(2_000_000, "Control steps to train for", ge=1)
    envs: int = parameter(2, "Number of environments, one process each", ge=1, le=256)
    rollout_steps: int = parameter(1024, "Control steps per environment and update", ge=2)
    batch: int = parameter(512, "Minibatch size", ge=2)
    epochs: int = parameter(10, "Epochs per update", ge=1)
    learning_rate: float = parameter(3e-4, "Learning rate of Adam", ge=1e-7)
    gamma: float = parameter(0.99, "Discount factor", ge=0.0, le=1.0)
    gae_lambda: float = parameter(
        0.95, "Lambda of generalised advantage estimation", ge=0.0, le=1.0
    )
    clip: float = parameter(0.2, "Clipping range of the policy ratio", ge=1e-3)
    log_std: float = parameter(-2.0, "Initial log standard deviation of the actions")
    width: int = parameter(256, "Units of each of the two hidden layers", ge=1)
    seed: int = parameter(0, "Random seed", ge=0)


@dataclass(frozen=True)
class ResidualResult:
    """Result of residual learning.

    Attributes:
        plan: Plan with the best policy's residuals added to its targets; plays without torch.
        f1: F1 of this plan.
        f1_before: F1 of the initial plan.
    """

    plan: PerformancePlan
    f1: float
    f1_before: float


def learn_residual(
    plan: PerformancePlan,
    goals: ScoreGoals,
    make_env: MakeEnv,
    folder: Path,
    config: PpoConfig | None = None,
    progress: Callable[[int, float], bool] = lambda _, __: True,
) -> ResidualResult:
    """Train from scratch, or resume the training in `folder`; return the best rollout.

    Args:
        plan: Initial plan.
        goals: Goals of the score.
        make_env: Creates an environment of this plan; called in each process.
        folder: Folder of checkpoint and learning curve.
        config: Settings of PPO.
        progress: Called with steps and best F1 after each update; returning False ends training.

    Raises:
        ModelError: The checkpoint in `folder` is for other hands or another observation.
    """
    config = config or PpoConfig()
    folder.mkdir(parents=True, exist_ok=True)
    import torch

    torch.set_num_threads(1)  # the environments need the cores
    trial = make_env()
    before, _ = _perform(None, trial, plan, goals)
    best = ResidualResult(plan, before, before)
    if (folder / _BEST).exists():
        kept = replace(plan, target=_load_best(folder / _BEST, plan.target.shape))
        act = Follower.of(kept, trial.simulation.hands)
        played = roll_out(act, kept.lead_in_s, goals.steps, trial.simulation)
        best = ResidualResult(kept, key_press_metrics(goals.keys, played.pressed).f1, before)
    watcher = _Watcher(plan, goals, trial, folder, progress, best)
    # Ctrl-C reaches every process; the environments inherit SIG_IGN and leave it to `progress`.
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    vector = SubprocVecEnv([make_env] * config.envs, start_method="spawn")
    signal.signal(signal.SIGINT, previous)
    try:
        model = _load(folder, vector) or _create(vector, config)
        model.set_logger(Logger(None, []))  # the default logger would create a folder
        left = config.steps - model.num_timesteps
        if left > 0:
            model.learn(left, callback=watcher, reset_num_timesteps=False)
    finally:
        vector.close()
    return watcher.best


class _Watcher(BaseCallback):
    """Callback that evaluates the policy after each update, and writes checkpoint and curve."""

    def __init__(
        self,
        plan: PerformancePlan,
        goals: ScoreGoals,
        env: ResidualEnv,
        folder: Path,
        progress: Callable[[int, float], bool],
        best: ResidualResult,
    ) -> None:
        super().__init__()
        self._plan, self._goals, self._env = plan, goals, env
        self._folder, self._progress = folder, progress
        self._goes_on = True
        self.best = best

    def _on_step(self) -> bool:
        return self._goes_on

    def _on_rollout_start(self) -> None:
        self._look()

    def _on_training_end(self) -> None:
        self._look()

    def _look(self) -> None:
        f1, plan = _perform(self.model, self._env, self._plan, self._goals)
        if f1 > self.best.f1:
            self.best = ResidualResult(plan, f1, self.best.f1_before)
            np.save(self._folder / _BEST, plan.target)
        with atomic_path(self._folder / _CHECKPOINT) as part:
            self.model.save(part)
        with (self._folder / _CURVE).open("a", newline="") as file:
            csv.writer(file).writerow([self.num_timesteps, f"{f1:.5f}", f"{self.best.f1:.5f}"])
        self._goes_on = self._progress(self.num_timesteps, self.best.f1)


def _perform(
    model: Any, env: ResidualEnv, plan: PerformancePlan, goals: ScoreGoals
) -> tuple[float, PerformancePlan]:
    """Play the song without exploration; return its F1 and the plan with the residuals."""
    observation, _ = env.reset(options={"start": 0})
    target = plan.target.copy()
    active = np.zeros((plan.lead + goals.steps, goals.keys.shape[1]), bool)
    for step in range(len(active)):
        action = np.zeros(env.action_space.shape or (), np.float32)
        if model is not None:
            action, _ = model.predict(observation, deterministic=True)
        observation, _, _, _, info = env.step(action)
        target[step] += info["change"]
        active[step] = info["active"]
    f1 = key_press_metrics(goals.keys, active[plan.lead :]).f1
    return f1, replace(plan, target=target)


def _load_best(path: Path, shape: tuple[int, ...]) -> NDArray[np.float64]:
    try:
        target = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read ({error})") from None
    if target.shape != shape:
        raise ModelError(f"{path}: of other hands or another song; {target.shape}, not {shape}")
    return np.asarray(target, float)


def _create(vector: SubprocVecEnv, config: PpoConfig) -> PPO:
    import torch

    model = PPO(
        "MlpPolicy",
        vector,
        n_steps=config.rollout_steps,
        batch_size=config.batch,
        n_epochs=config.epochs,
        learning_rate=config.learning_rate,
        gamma=config.gamma,
        gae_lambda=config.gae_lambda,
        clip_range=config.clip,
        seed=config.seed,
        device="cpu",
        policy_kwargs={
            "net_arch": [config.width, config.width],
            "log_std_init": config.log_std,
            "activation_fn": torch.nn.GELU,
        },
    )
    with torch.no_grad():  # zero residual initially
        model.policy.action_net.weight.zero_()
        model.policy.action_net.bias.zero_()
    return model


def _load(folder: Path, vector: SubprocVecEnv) -> PPO | None:
    path = folder / _CHECKPOINT
    if not path.exists():
        return None
    try:
        return PPO.load(path, env=vector, device="cpu")
    except ValueError as error:
        raise ModelError(f"{path}: of other hands or another song ({error})") from None
