"""Reads a feature table as `sconce export features` writes it, and refuses one that cannot be trained on.

Columns: `ts` (close of the bar, RFC 3339 in UTC), `close`, then the features. Beside `F.csv` or `F.parquet` lies
`F.features.json` with the names in order and the digest of their definitions, which is copied and never computed.
Rows before the first that is complete (indicators warming up) are left out; anything absent after it is an error.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from . import canonical
from .errors import BadInput

_STEPS = {"m": "m", "h": "h", "d": "D"}


@dataclass(frozen=True)
class Table:
    """Complete rows in order of time."""

    coin: str
    #: What messages call it: coin and file name.
    called: str
    ts: np.ndarray
    close: np.ndarray
    #: Rows × features, in the order of `names`.
    values: np.ndarray
    names: list[str]
    #: SHA-256 over the host's definitions of the features, hexadecimal.
    definitions_digest: str
    #: Rows at the beginning that were left out.
    warm_up: int


def step_of(timeframe: str) -> np.timedelta64:
    """The length of a bar: `1d`, `4h`, `15m`."""
    found = re.fullmatch(r"([1-9]\d{0,3})([mhd])", timeframe)
    if not found:
        raise BadInput(f"{timeframe!r} is no timeframe; write it like 15m, 4h or 1d")
    return np.timedelta64(int(found[1]), _STEPS[found[2]]).astype("timedelta64[ns]")


def read(coin: str, path: Path) -> Table:
    """The table in a CSV or Parquet file."""
    called = f"{coin} ({path.name})"
    if not re.fullmatch(r"[A-Z0-9]{1,20}", coin):
        raise BadInput(f"{coin!r} is no base symbol; write it in capitals, as in --table BTC={path.name}")
    names, digest = _sidecar(path)
    columns = _columns(path, called)
    missing = [name for name in ["ts", "close", *names] if name not in columns]
    if missing:
        raise BadInput(f"{called}: columns are missing: {', '.join(missing)}")
    ts = _moments(columns["ts"], called)
    numbers = {name: _numbers(columns[name], name, called) for name in ["close", *names]}
    close = numbers["close"]
    values = np.stack([numbers[name] for name in names], axis=1)
    _ordered(ts, called)
    begin = _first_complete(values, close, names, called)
    _complete(ts[begin:], close[begin:], values[begin:], names, called)
    return Table(coin, called, ts[begin:], close[begin:], values[begin:], names, digest, begin)


def _sidecar(path: Path) -> tuple[list[str], str]:
    beside = path.with_suffix(".features.json")
    document = canonical.read(beside, f"{beside.name} (names and definitions beside {path.name})")
    names = document.get("names") if isinstance(document, dict) else None
    digest = document.get("definitions_digest") if isinstance(document, dict) else None
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise BadInput(f"{beside.name}: `names` is no list of column names")
    if len(set(names)) != len(names):
        raise BadInput(f"{beside.name}: a name stands twice")
    if names[0] != "log_return_1":
        raise BadInput(
            f"{beside.name}: the first feature is {names[0]!r}, and has to be 'log_return_1', the target's own past"
        )
    digest = digest.removeprefix("sha256:") if isinstance(digest, str) else ""
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise BadInput(f"{beside.name}: `definitions_digest` is no SHA-256 in hexadecimal")
    return names, digest


def _columns(path: Path, called: str) -> dict[str, pa.ChunkedArray]:
    try:
        if path.suffix == ".parquet":
            found = pyarrow.parquet.read_table(path)
        elif path.suffix == ".csv":
            options = pyarrow.csv.ConvertOptions(column_types={"ts": pa.string()}, strings_can_be_null=True)
            found = pyarrow.csv.read_csv(path, convert_options=options)
        else:
            raise BadInput(f"{called}: is neither .csv nor .parquet")
    except FileNotFoundError:
        raise BadInput(f"{called}: the file is missing") from None
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"{called}: cannot be read: {error}") from None
    if len(set(found.column_names)) != found.num_columns:
        raise BadInput(f"{called}: a column stands twice")
    if found.num_rows == 0:
        raise BadInput(f"{called}: holds no rows")
    return dict(zip(found.column_names, found.columns, strict=True))


def _moments(column: pa.ChunkedArray, called: str) -> np.ndarray:
    if column.null_count:
        raise BadInput(f"{called}: `ts` is absent in {column.null_count} rows")
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("ns")).to_numpy().astype("datetime64[ns]")
    texts = [str(text) for text in column.to_pylist()]
    for line, text in enumerate(texts, start=2):
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|\+00:00)", text):
            raise BadInput(f"{called}: line {line}: {text!r} is no moment in UTC such as 2024-03-01T00:00:00Z")
    try:
        return np.array([re.sub(r"(Z|\+00:00)$", "", text) for text in texts], dtype="datetime64[ns]")
    except ValueError as error:
        raise BadInput(f"{called}: `ts`: {error}") from None


def _numbers(column: pa.ChunkedArray, name: str, called: str) -> np.ndarray:
    if pa.types.is_null(column.type):
        raise BadInput(f"{called}: the column {name!r} is empty")
    try:
        return column.cast(pa.float64()).fill_null(np.nan).to_numpy()
    except pa.ArrowException as error:
        raise BadInput(f"{called}: the column {name!r} does not hold numbers: {error}") from None


def _ordered(ts: np.ndarray, called: str) -> None:
    wrong = np.flatnonzero(np.diff(ts) <= np.timedelta64(0, "ns"))
    if len(wrong):
        raise BadInput(f"{called}: row {wrong[0] + 2} ({ts[wrong[0] + 1]}Z) is not later than the one before it")


def _first_complete(values: np.ndarray, close: np.ndarray, names: list[str], called: str) -> int:
    absent = np.isnan(values)
    complete = ~(absent.any(axis=1) | np.isnan(close))
    if not complete.any():
        never = [name for name, gone in zip(names, absent.all(axis=0), strict=True) if gone]
        raise BadInput(f"{called}: no row is complete; never present: {', '.join(never) or 'no single column'}")
    return int(np.argmax(complete))


def _complete(ts: np.ndarray, close: np.ndarray, values: np.ndarray, names: list[str], called: str) -> None:
    if not (np.isfinite(close).all() and (close > 0.0).all()):
        at = np.flatnonzero(~(np.isfinite(close) & (close > 0.0)))[0]
        raise BadInput(f"{called}: `close` is {close[at]} at {ts[at]}Z; it has to be a positive number")
    rows, columns = np.nonzero(~np.isfinite(values))
    if len(rows):
        raise BadInput(
            f"{called}: {names[columns[0]]!r} is {values[rows[0], columns[0]]} at {ts[rows[0]]}Z, after rows that were "
            f"complete ({len(rows)} such values in all)"
        )
    constant = [name for name, column in zip(names, values.T, strict=True) if column.min() == column.max()]
    if constant:
        raise BadInput(f"{called}: columns never change, so nothing can be learned from them: {', '.join(constant)}")
