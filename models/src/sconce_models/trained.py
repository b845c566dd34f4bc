"""What a trainer hands over, and the settings that it was given. No framework is imported here."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Settings:
    """What may be chosen. The figures suit a few thousand rows; a larger net overfits them."""

    seed: int = 17
    #: Passes over the training samples, at most; early stopping usually ends sooner.
    epochs: int = 60
    #: Passes without improvement after which a net is done.
    patience: int = 8
    #: Width of the neural nets.
    hidden: int = 24
    learning_rate: float = 5e-4
    batch: int = 128
    #: Trees of each horizon, at most.
    trees: int = 300


@dataclass(frozen=True)
class Trained:
    """A trained model as ONNX bytes, with the framework's own prediction to hold the export against."""

    name: str
    #: `window` or `summary`: what the graph is fed.
    input: str
    onnx: bytes
    #: From float32 inputs (samples first) to scaled targets, computed by the framework itself.
    predict: Callable[[np.ndarray], np.ndarray]
    #: How training ended, for the card and the log.
    notes: dict
