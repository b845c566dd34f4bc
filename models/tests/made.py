"""Feature tables and sets that the tests are about, made by arithmetic."""

import json
from pathlib import Path

import numpy as np

NAMES = ["log_return_1", "wave", "noise"]
DIGEST = "ab" * 32


def series(rows: int, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Closes whose return follows a wave of 16 rows, and the features of `NAMES`."""
    random = np.random.default_rng(seed)
    wave = np.sin(2 * np.pi * np.arange(rows) / 16)
    returns = 0.02 * np.roll(wave, 1) + 0.002 * random.standard_normal(rows)
    close = 100.0 * np.exp(np.cumsum(returns))
    return close, np.stack([returns, wave, random.standard_normal(rows)], axis=1)


def table(folder: Path, rows: int = 400, name: str = "btc", seed: int = 5, edit=None) -> Path:
    """A table as the host exports it, with its sidecar. `edit` may change the cells (lists of texts) before they are written."""
    close, values = series(rows, seed)
    days = np.datetime64("2020-01-02") + np.arange(rows)
    lines = [["ts", "close", *NAMES]]
    lines += [
        [f"{day}T00:00:00Z", repr(float(c)), *(repr(float(v)) for v in row)]
        for day, c, row in zip(days, close, values, strict=True)
    ]
    if edit:
        edit(lines)
    path = folder / f"{name}.csv"
    path.write_text("".join(",".join(line) + "\n" for line in lines))
    path.with_suffix(".features.json").write_text(json.dumps({"names": NAMES, "definitions_digest": DIGEST}))
    return path


def manifest_set(root: Path, coin: str = "BTC") -> dict[str, dict]:
    """A set with one card and files of the right shape; returns the documents by path, for tests that spoil one."""
    window, features, horizons = 5, 2, [1, 7]
    ones = [1.0] * features
    documents = {
        "set.json": {"market": "real", "trained_on": "made by a test", "licence": "MIT"},
        f"preprocessing/{coin}/feature_names.json": {
            "timeframe": "1d",
            "window": window,
            "names": ["log_return_1", "rsi_14"],
            "definitions_digest": DIGEST,
        },
        f"preprocessing/{coin}/feature_scaler.json": {
            "kind": "robust",
            "center": ones,
            "scale": ones,
            "low": ones,
            "high": ones,
        },
        f"preprocessing/{coin}/target_scaler.json": {"kind": "robust", "center": [0.0, 0.00001], "scale": [1.0, 2e-7]},
        f"{coin}/lstm.golden.json": {"input": [ones] * window, "output": [0.1, 0.2], "tolerance": 1e-4},
        f"{coin}/lstm.json": {
            "name": "lstm",
            "task": "regression",
            "file": f"{coin}/lstm.onnx",
            "trained_at": "2024-01-01T00:00:00Z",
            "trained_from": "2020-01-01T00:00:00Z",
            "trained_until": "2022-01-01T00:00:00Z",
            "input": "window",
            "horizons": horizons,
            "target": "log_return",
            "validation": {
                "from": "2022-01-01T00:00:00Z",
                "until": "2023-01-01T00:00:00Z",
                "n": [300, 300],
                "rmse": [0.1, 0.2],
                "mae": [0.1, 0.2],
                "naive_rmse": [0.1, 0.2],
                "naive_mae": [0.1, 0.2],
                "direction_hit": [0.5, None],
            },
            "interval": {
                "kind": "residual_quantiles",
                "levels": [0.8, 0.95],
                "quantiles": [[-0.2, -0.1, 0.1, 0.2]] * 2,
            },
            "golden": f"{coin}/lstm.golden.json",
            "expires_at": None,
        },
    }
    for path, document in documents.items():
        write(root, path, document)
    (root / coin / "lstm.onnx").write_bytes(b"a graph")
    return documents


def write(root: Path, path: str, document: object) -> None:
    """Writes a document, with NaN where it has one."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document))
