"""The samples of all coins of a model, scaled and in one array. Only arrays; trains nothing.

A model is trained on one coin or shared by several. Each coin keeps its own scalers; their scaled rows are laid one
after the other, and a window never crosses from one coin into the next.
"""

from dataclasses import dataclass

import numpy as np

from . import samples as sampling
from .scaler import Robust


@dataclass(frozen=True)
class Coin:
    """One coin's part: its samples and scalers, everything unscaled."""

    name: str
    values: np.ndarray
    samples: sampling.Samples
    split: sampling.Split
    features: Robust
    targets: Robust


@dataclass(frozen=True)
class Part:
    """Samples of one part of the time: newest rows in the joint array, and scaled targets."""

    newest: np.ndarray
    targets: np.ndarray


class Dataset:
    """What a trainer sees: scaled float32 rows, and for each part the newest rows and the scaled targets."""

    def __init__(self, coins: list[Coin], window: int):
        self.window = window
        self._rows = np.concatenate([coin.features.features(coin.values) for coin in coins])
        offsets = np.cumsum([0, *(len(coin.values) for coin in coins[:-1])])
        self._coins = {coin.name: (coin, offset) for coin, offset in zip(coins, offsets, strict=True)}
        self.training = self._join("training")
        self.early = self._join("early")

    @property
    def features(self) -> int:
        """How many features a row has."""
        return self._rows.shape[1]

    @property
    def horizons(self) -> int:
        """How many targets a sample has."""
        return self.training.targets.shape[1]

    def windows(self, newest: np.ndarray) -> np.ndarray:
        """float32, samples × window × features."""
        return sampling.windows(self._rows, newest, self.window).astype(np.float32)

    def summaries(self, newest: np.ndarray) -> np.ndarray:
        """float32, samples × 5·features; computed in f64 as the host does."""
        return sampling.summary(sampling.windows(self._rows, newest, self.window)).astype(np.float32)

    def validation(self, coin: str) -> Part:
        """The validation samples of one coin."""
        return self._part(*self._coins[coin], "validation")

    def _part(self, coin: Coin, offset: int, name: str) -> Part:
        chosen = getattr(coin.split, name)
        targets = coin.targets.targets(coin.samples.targets[chosen]).astype(np.float32)
        return Part(coin.samples.newest[chosen] + offset, targets)

    def _join(self, name: str) -> Part:
        parts = [self._part(coin, offset, name) for coin, offset in self._coins.values()]
        newest, targets = (np.concatenate([getattr(part, field) for part in parts]) for field in ("newest", "targets"))
        return Part(newest, targets)
