#!/usr/bin/env python3
"""Writes a scikit-learn `RobustScaler` from a joblib file as the JSON that the host reads.

The host never opens a joblib file: it is a pickle, and opening one runs whatever code its maker put into it. This command
is for the author's own files, in the author's own Python, with the scikit-learn that wrote them.
"""

import argparse
import sys
import warnings
from pathlib import Path

from sconce_models import canonical
from sconce_models.errors import BadInput

_WARNING = (
    "warning: a joblib file is a pickle; opening it runs the code in it. Go on only with files that you made yourself."
)
_EXAMPLES = """examples:
  python src/convert_scalers.py target_scaler.joblib --out artifacts/preprocessing/BTC/target_scaler.json
  python src/convert_scalers.py feature_scaler.joblib --table btc.csv --until 2020-01-01T00:00:00Z \\
      --out artifacts/preprocessing/BTC/feature_scaler.json

A feature scaler also needs the smallest and largest training value of each feature, which scikit-learn does not keep: they
are taken from the feature table that was trained on, up to --until.
"""


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0: written. 2: refused, said in one line."""
    parser = argparse.ArgumentParser(
        description="Write a scikit-learn RobustScaler as JSON.",
        epilog=f"{_WARNING}\n\n{_EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scaler", type=Path, help="joblib file of one fitted RobustScaler")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="JSON file to write")
    parser.add_argument(
        "--table", type=Path, metavar="FILE", help="feature table that was trained on; makes it a feature scaler"
    )
    parser.add_argument(
        "--until", metavar="TIME", help="close of the last row that was trained on (default: the last of the table)"
    )
    options = parser.parse_args(arguments)
    print(_WARNING, file=sys.stderr)
    try:
        document = convert(options.scaler)
        if options.table:
            document |= _range(options.table, options.until, len(document["center"]))
        canonical.replace(options.out, canonical.text(document))
    except BadInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{options.out.name}: {len(document['center'])} columns")
    return 0


def convert(path: Path) -> dict:
    """Kind, centre and scale of a fitted scaler. Opening the file runs code in it."""
    try:
        import joblib
        from sklearn.preprocessing import RobustScaler
    except ImportError as error:
        raise BadInput(f"joblib and scikit-learn are needed to open {path.name}: {error}") from None
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            scaler = joblib.load(path)
    except FileNotFoundError:
        raise BadInput(f"{path.name}: the file is missing") from None
    except Exception as error:  # A pickle may raise anything.
        raise BadInput(f"{path.name}: cannot be opened: {error}") from None
    for warning in said:
        print(f"warning: {warning.message}", file=sys.stderr)
    if type(scaler) is not RobustScaler:
        raise BadInput(f"{path.name}: holds a {type(scaler).__name__}, no RobustScaler")
    if not hasattr(scaler, "n_features_in_"):
        raise BadInput(f"{path.name}: the scaler was never fitted")
    columns = scaler.n_features_in_
    center = scaler.center_.tolist() if scaler.with_centering else [0.0] * columns
    scale = scaler.scale_.tolist() if scaler.with_scaling else [1.0] * columns
    return {"kind": "robust", "center": center, "scale": scale}


def _range(path: Path, until: str | None, columns: int) -> dict:
    try:
        import numpy as np

        from sconce_models import table
    except ImportError as error:
        raise BadInput(f"numpy and pyarrow are needed to read {path.name}: {error}") from None
    found = table.read("TABLE", path)
    if found.values.shape[1] != columns:
        raise BadInput(f"{path.name}: {found.values.shape[1]} features, and the scaler has {columns}")
    try:
        end = np.datetime64(until.removesuffix("Z"), "ns") if until else found.ts[-1]
    except ValueError:
        raise BadInput(f"--until {until!r}: write it like 2020-01-01T00:00:00Z") from None
    rows = found.values[found.ts <= end]
    if len(rows) == 0:
        raise BadInput(f"{path.name}: no row closes by {until}")
    return {"low": rows.min(axis=0).tolist(), "high": rows.max(axis=0).tolist()}


if __name__ == "__main__":
    sys.exit(main())
