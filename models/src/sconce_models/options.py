"""What the training command may be told, and which of it makes no sense. Reads no file."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from .errors import BadInput
from .trained import Settings

MODELS = ["dlinear", "tcn", "lstm", "transformer", "lightgbm"]

#: What each number may be.
_BETWEEN = {
    "window": (5, 1000),
    "seed": (0, 2**31 - 1),
    "epochs": (1, 10_000),
    "patience": (1, 10_000),
    "hidden": (1, 512),
    "learning_rate": (1e-8, 1.0),
    "trees": (1, 10_000),
}

_EXAMPLES = """examples:
  # LightGBM only, needs no PyTorch
  python -m sconce_models.train --table BTC=btc.csv --models lightgbm --out artifacts \\
      --market real --trained-on "daily BTC/USD, 2017-08 to 2021-01" --licence Apache-2.0

  # all five types, one net for several coins, each coin with its own scalers
  python -m sconce_models.train --table BTC=btc.parquet --table ETH=eth.parquet --shared --models all \\
      --out artifacts/demo --market demo --trained-on "the demo market" --licence "MIT OR Apache-2.0"

  # retrain one model of a set that exists, on newer rows, under the scalers of the others
  python -m sconce_models.train --table BTC=newer.csv --models lstm --out artifacts --keep-scalers

then write the manifest: python src/build_manifest.py artifacts
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    defaults = Settings()
    found = argparse.ArgumentParser(
        prog="python -m sconce_models.train",
        description="Train forecasting models on feature tables of the host.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = found.add_argument
    add(
        "--table",
        action="append",
        required=True,
        metavar="COIN=FILE",
        help="feature table of a coin, CSV or Parquet; repeat for more coins",
    )
    add("--out", type=Path, required=True, metavar="FOLDER", help="folder of the set")
    add(
        "--models",
        nargs="+",
        default=["lightgbm"],
        choices=[*MODELS, "all"],
        help="what to train (default: lightgbm); all but lightgbm need PyTorch",
    )
    add("--shared", action="store_true", help="one model of each type for all coins, instead of one for each coin")
    add("--keep-scalers", action="store_true", help="scale as the set does already, instead of fitting new scalers")
    add(
        "--market",
        choices=["demo", "real"],
        help="what the tables are from; a demo model never answers for a real market",
    )
    add("--trained-on", metavar="WORDS", help="source and period, shown with every answer")
    add("--licence", help="licence of the artefacts")
    add("--timeframe", default="1d", help="length of a bar (default: 1d)")
    add("--window", type=int, default=60, help="rows a model sees (default: 60)")
    add("--horizons", type=int, nargs="+", default=[1, 7, 30], metavar="BARS", help="bars ahead (default: 1 7 30)")
    add("--training-share", type=float, default=0.65, help="share of the time to fit on (default: 0.65)")
    add(
        "--early-share",
        type=float,
        default=0.15,
        help="share after it that ends the training (default: 0.15); the rest validates",
    )
    add("--seed", type=int, default=defaults.seed, help=f"of every random choice (default: {defaults.seed})")
    add("--epochs", type=int, default=defaults.epochs, help=f"passes of a net at most (default: {defaults.epochs})")
    add(
        "--patience",
        type=int,
        default=defaults.patience,
        help=f"passes without improvement (default: {defaults.patience})",
    )
    add("--hidden", type=int, default=defaults.hidden, help=f"width of the nets (default: {defaults.hidden})")
    add(
        "--learning-rate",
        type=float,
        default=defaults.learning_rate,
        help=f"of the nets (default: {defaults.learning_rate})",
    )
    add("--trees", type=int, default=defaults.trees, help=f"of each horizon at most (default: {defaults.trees})")
    add("--trained-at", metavar="TIME", help="moment to write into the cards, RFC 3339 in UTC (default: now)")
    add("--log", type=Path, metavar="FILE", help="also write what is printed to this file")
    return found


def check(options: argparse.Namespace) -> None:
    """Refuses numbers that nothing can be trained with."""
    if sorted(set(options.horizons)) != options.horizons or options.horizons[0] < 1:
        raise BadInput(f"--horizons {options.horizons}: positive and rising")
    for name, (least, most) in _BETWEEN.items():
        if not least <= getattr(options, name) <= most:
            raise BadInput(f"--{name.replace('_', '-')} {getattr(options, name)}: from {least} to {most}")


def moment(given: str | None) -> str:
    """The moment of `--trained-at`, or now, to the second."""
    try:
        found = datetime.fromisoformat(given) if given else datetime.now(UTC)
    except ValueError:
        raise BadInput(f"--trained-at {given!r}: write it like 2024-03-01T00:00:00Z") from None
    if found.tzinfo is None:
        raise BadInput(f"--trained-at {given!r}: say the zone, such as Z")
    return found.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
