"""Robust scaling: centre is the median, scale the distance between the quartiles. Only arithmetic.

The same numbers as scikit-learn's `RobustScaler` with its defaults; the tests compare the two. What the host does with
them: x' = (x − center) / scale, held to ±10 for features; back: x = x'·scale + center.
"""

from dataclasses import dataclass

import numpy as np

#: Scaled features are held to this distance from zero, by training and host alike.
CLIP = 10.0


@dataclass(frozen=True)
class Robust:
    """One centre and one scale a column; `low` and `high` are the smallest and largest value it was fitted on."""

    center: np.ndarray
    scale: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def fit(cls, values: np.ndarray) -> "Robust":
        """Fits on `values`, rows × columns. A column whose quartiles are equal gets scale 1."""
        low_quartile, center, high_quartile = np.percentile(values, [25.0, 50.0, 75.0], axis=0)
        spread = high_quartile - low_quartile
        # As scikit-learn has it: below ten steps of the number format a spread is rounding, no spread.
        spread = np.where(spread < 10 * np.finfo(np.float64).eps, 1.0, spread)
        return cls(center, spread, values.min(axis=0), values.max(axis=0))

    def features(self, values: np.ndarray) -> np.ndarray:
        """Scaled and held to ±`CLIP`, as a model is fed."""
        return np.clip((values - self.center) / self.scale, -CLIP, CLIP)

    def targets(self, values: np.ndarray) -> np.ndarray:
        """Scaled, not held."""
        return (values - self.center) / self.scale

    def back(self, scaled: np.ndarray) -> np.ndarray:
        """From scaled targets to log returns."""
        return np.asarray(scaled, dtype=np.float64) * self.scale + self.center

    def document(self, with_range: bool) -> dict:
        """The JSON form; `with_range` adds `low` and `high`."""
        found = {"kind": "robust", "center": self.center.tolist(), "scale": self.scale.tolist()}
        return found | ({"low": self.low.tolist(), "high": self.high.tolist()} if with_range else {})

    @classmethod
    def of(cls, document: dict) -> "Robust":
        """From the JSON form; without a range, the range is unbounded."""
        center, scale = np.array(document["center"], dtype=float), np.array(document["scale"], dtype=float)
        unbounded = np.full(len(center), np.inf)
        low = np.array(document.get("low", -unbounded), dtype=float)
        high = np.array(document.get("high", unbounded), dtype=float)
        return cls(center, np.where(scale == 0.0, 1.0, scale), low, high)
