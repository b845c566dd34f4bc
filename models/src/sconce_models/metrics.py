"""How good forecasts were, for each horizon, beside the forecast that nothing changes. Only arithmetic.

All figures are log returns. The naive forecast is a log return of 0. Residual = actual − predicted.
"""

import numpy as np

#: Levels of the intervals, and the quantiles that bound them from the lowest up.
LEVELS = [0.8, 0.95]
QUANTILES = [0.025, 0.1, 0.9, 0.975]


def scores(actual: np.ndarray, predicted: np.ndarray) -> dict:
    """Lists with one figure a horizon. `actual` and `predicted`: samples × horizons, at least one sample.

    A direction is hit when prediction and outcome have the same sign; outcomes of exactly 0 are left out, and where
    there are no others, the figure is None.
    """
    error = actual - predicted
    return {
        "n": [int(len(actual))] * actual.shape[1],
        "rmse": np.sqrt(np.mean(error**2, axis=0)).tolist(),
        "mae": np.mean(np.abs(error), axis=0).tolist(),
        "naive_rmse": np.sqrt(np.mean(actual**2, axis=0)).tolist(),
        "naive_mae": np.mean(np.abs(actual), axis=0).tolist(),
        "direction_hit": [_hits(a, p) for a, p in zip(actual.T, predicted.T, strict=True)],
    }


def _hits(actual: np.ndarray, predicted: np.ndarray) -> float | None:
    moved = actual != 0.0
    return float(np.mean(np.sign(actual[moved]) == np.sign(predicted[moved]))) if moved.any() else None


def residual_quantiles(actual: np.ndarray, predicted: np.ndarray) -> list[list[float]]:
    """One row a horizon: the `QUANTILES` of the residuals, linear between order statistics."""
    return np.quantile(actual - predicted, QUANTILES, axis=0).T.tolist()
