"""A connection that is late, uneven and loses things, as real ones do."""

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from pianomime.config import Config, parameter

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class LinkConfig(Config):
    """How bad a connection is."""

    latency_s: float = parameter(0.01, "Mean time on the way, each way [s]", ge=0.0, le=1.0)
    jitter_s: float = parameter(0.002, "Standard deviation of it [s]", ge=0.0, le=1.0)
    loss: float = parameter(0.0, "Share of packets that never arrive", ge=0.0, le=1.0)
    seed: int = parameter(0, "Of the chances", ge=0)


class EmulatedLink(Generic[T]):
    """One direction of a connection; what arrives does so in order.

    Attributes:
        is_up: Whether the connection stands. What is on the way when it breaks is stuck, and
            arrives late when it is mended: peers have to notice that themselves.
    """

    def __init__(self, config: LinkConfig, seed: int) -> None:
        """Connect."""
        self._config = config
        self._rng = np.random.default_rng((config.seed, seed))
        self._on_the_way: deque[tuple[float, T]] = deque()
        self.is_up = True

    def send(self, item: T, now_s: float) -> None:
        """Send something at a time [s]."""
        config = self._config
        if not self.is_up or self._rng.random() < config.loss:
            return
        arrives_s = now_s + max(0.0, self._rng.normal(config.latency_s, config.jitter_s))
        if self._on_the_way:
            arrives_s = max(arrives_s, self._on_the_way[-1][0])
        self._on_the_way.append((arrives_s, item))

    def receive(self, now_s: float) -> list[T]:
        """Return what has arrived by now."""
        arrived: list[T] = []
        while self.is_up and self._on_the_way and self._on_the_way[0][0] <= now_s:
            arrived.append(self._on_the_way.popleft()[1])
        return arrived
