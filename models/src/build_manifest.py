#!/usr/bin/env python3
"""Writes `manifest.json` from what lies in a folder of artefacts. Needs nothing but Python.

For each set (a folder with a `set.json`), each coin (a folder of its `preprocessing`) and each model card, one entry puts
together card, names, scalers, set and the digests of the files. Whatever is missing, stands twice, leads out of the folder,
is no number or has the wrong length is refused, and the old manifest stays. `sconce models manifest` does the same.
"""

import argparse
import hashlib
import os
import re
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath

from sconce_models import canonical
from sconce_models.errors import BadInput

_MOST_BYTES = 4 * 1024 * 1024
_ERRORS = ["rmse", "mae", "naive_rmse", "naive_mae"]
_EXAMPLES = """examples:
  python src/build_manifest.py artifacts
  python src/build_manifest.py artifacts --check     # is the manifest that lies there the one for these files?
"""


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0: written, or the same. 1: `--check` found another one. 2: refused, said in one line."""
    parser = argparse.ArgumentParser(
        description="Write manifest.json from what lies in a folder of artefacts.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="the folder of artefacts, which gets the manifest")
    parser.add_argument("--check", action="store_true", help="write nothing; say whether the manifest is up to date")
    options = parser.parse_args(arguments)
    path = options.folder / "manifest.json"
    try:
        document = build(options.folder)
    except (BadInput, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    text = canonical.text(document)
    if options.check:
        same = path.exists() and path.read_text(encoding="utf-8") == text
        print("manifest.json is up to date" if same else "manifest.json is not the one for these files")
        return 0 if same else 1
    canonical.replace(path, text)
    counts = ", ".join(f"{coin} {len(entries)}" for coin, entries in document["models"].items())
    print(f"manifest.json: {counts}")
    return 0


def build(root: Path) -> dict:
    """The manifest of a folder: coins in order, the entries of a coin in order of market and name."""
    if not root.is_dir():
        raise BadInput(f"{root.name}: is no folder")
    entries: dict[str, list[dict]] = {}
    seen: dict[tuple, str] = {}
    for folder in _sets(root):
        market = _Set(root, folder)
        for coin, card in market.cards():
            entry = market.entry(coin, card)
            key = (coin, entry["market"], entry["name"])
            said = market.called(card)
            if key in seen:
                raise BadInput(
                    f"{said}: {coin} has a {entry['name']!r} of the market {entry['market']!r} already, in {seen[key]}"
                )
            seen[key] = said
            entries.setdefault(coin, []).append(entry)
    if not entries:
        raise BadInput(
            f"{root.name}: holds no set with a model; a set is a folder with set.json, preprocessing and cards"
        )
    ordered = {coin: sorted(entries[coin], key=lambda one: (one["market"], one["name"])) for coin in sorted(entries)}
    return {"format": 1, "models": ordered}


def _sets(root: Path) -> Iterator[Path]:
    for folder, below, files in os.walk(root):
        below[:] = sorted(name for name in below if not name.startswith(".") and name != "preprocessing")
        if "set.json" in files:
            yield Path(folder)


class _Set:
    """One set; paths in messages and in the manifest begin at the root."""

    def __init__(self, root: Path, folder: Path):
        self._root, self._folder = root, folder
        said = self.called(folder / "set.json")
        self._about = _object(canonical.read(folder / "set.json", said), said)
        _one_of(self._about, "market", ["demo", "real"], said)
        for key in ("trained_on", "licence"):
            _text(self._about, key, said)

    def called(self, path: Path) -> str:
        """A path from the root, with `/` between the parts."""
        return path.relative_to(self._root).as_posix()

    def cards(self) -> Iterator[tuple[str, Path]]:
        """Coin and card of each model."""
        preprocessing = self._folder / "preprocessing"
        for folder in (
            sorted(path for path in preprocessing.iterdir() if path.is_dir()) if preprocessing.is_dir() else []
        ):
            coin = folder.name
            if not re.fullmatch(r"[A-Z0-9]{1,20}", coin):
                raise BadInput(f"{self.called(folder)}: {coin!r} is no base symbol in capitals")
            cards = sorted(
                path for path in (self._folder / coin).glob("*.json") if not path.name.endswith(".golden.json")
            )
            graphs = {path.stem for path in (self._folder / coin).glob("*.onnx")} - {path.stem for path in cards}
            if graphs:
                raise BadInput(f"{self.called(self._folder / coin)}: {sorted(graphs)[0]}.onnx has no card beside it")
            yield from ((coin, card) for card in cards)

    def entry(self, coin: str, path: Path) -> dict:
        """One entry of the manifest, its keys in the order of the format."""
        said = self.called(path)
        card = _object(canonical.read(path, said), said)
        name = _text(card, "name", said)
        if name != path.stem or not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name):
            raise BadInput(
                f"{said}: the name is {name!r}; it has to be that of the file, of small letters, digits, _ and -"
            )
        features = self._features(coin)
        regression = _one_of(card, "task", ["regression", "classification"], said) == "regression"
        horizons = _horizons(card, said)
        widths = len(features["names"]), len(horizons)
        entry = {"name": name, "market": self._about["market"], "task": card["task"]}
        entry |= {"labels": _labels(card, said)} if not regression else {}
        graph, golden = self._file(card, "file", said), self._file(card, "golden", said)
        if graph.stat().st_size > _MOST_BYTES:
            raise BadInput(f"{self.called(graph)}: {graph.stat().st_size} bytes are over {_MOST_BYTES}")
        window = _whole(features, "window", 5, 1000, said)
        if not re.fullmatch(r"1m|5m|15m|1h|4h|1d", _text(features, "timeframe", said)):
            raise BadInput(f"{said}: `timeframe` is {features['timeframe']!r}; known: 1m, 5m, 15m, 1h, 4h, 1d")
        self._golden(golden, window, widths[0], len(entry.get("labels", horizons)))
        times = {key: _moment(card, key, said) for key in ("trained_at", "trained_from", "trained_until")}
        if not times["trained_from"] < times["trained_until"]:
            raise BadInput(f"{said}: `trained_from` is not before `trained_until`")
        return entry | {
            "file": self.called(graph),
            "digest": _digest(graph),
            "trained_at": card["trained_at"],
            "trained_on": self._about["trained_on"],
            "trained_from": card["trained_from"],
            "trained_until": card["trained_until"],
            "timeframe": features["timeframe"],
            "window": window,
            "input": _one_of(card, "input", ["window", "summary"], said),
            "features": features["names"],
            "definitions_digest": f"sha256:{features['definitions_digest'].removeprefix('sha256:')}",
            "horizons": horizons,
            "target": _one_of(card, "target", ["log_return"], said) if regression else card.get("target"),
            "feature_scaler": self._scaler(coin, "feature", widths[0]),
            "target_scaler": self._scaler(coin, "target", widths[1]) if regression else None,
            "validation": _validation(card, widths[1], times["trained_until"], said),
            "interval": _interval(card, widths[1], said) if regression and card.get("interval") is not None else None,
            "golden": {"file": self.called(golden), "digest": _digest(golden)},
            "licence": self._about["licence"],
            "expires_at": card["expires_at"] if _expires(card, said) else None,
        }

    def _features(self, coin: str) -> dict:
        path = self._folder / "preprocessing" / coin / "feature_names.json"
        said = self.called(path)
        found = _object(canonical.read(path, said), said)
        names = found.get("names")
        if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
            raise BadInput(f"{said}: `names` is no list of column names")
        if len(set(names)) != len(names):
            raise BadInput(
                f"{said}: the feature {next(name for name in names if names.count(name) > 1)!r} stands twice"
            )
        if names[0] != "log_return_1":
            raise BadInput(f"{said}: the first feature is {names[0]!r}, and has to be 'log_return_1'")
        if not re.fullmatch(r"(sha256:)?[0-9a-f]{64}", _text(found, "definitions_digest", said)):
            raise BadInput(f"{said}: `definitions_digest` is no SHA-256 in hexadecimal")
        return found

    def _scaler(self, coin: str, part: str, width: int) -> dict:
        path = self._folder / "preprocessing" / coin / f"{part}_scaler.json"
        said = self.called(path)
        found = _object(canonical.read(path, said), said)
        _one_of(found, "kind", ["robust"], said)
        keys = ["center", "scale"] + (["low", "high"] if part == "feature" else [])
        numbers = {key: _numbers(found, key, width, said) for key in keys}
        if min(numbers["scale"]) < 0.0:
            raise BadInput(f"{said}: a scale is below zero")
        if any(low > high for low, high in zip(numbers.get("low", []), numbers.get("high", []), strict=True)):
            raise BadInput(f"{said}: a low is above its high")
        return {"kind": "robust"} | numbers

    def _file(self, card: dict, key: str, said: str) -> Path:
        """A file that the card names by its path from the set; it has to lie in the set."""
        name = _text(card, key, said)
        parts = PurePosixPath(name).parts
        path = self._folder / name
        outside = name.startswith("/") or "\\" in name or ".." in parts or ":" in name
        if outside or not path.resolve().is_relative_to(self._folder.resolve()):
            raise BadInput(f"{said}: `{key}` is {name!r}, which leads out of the folder of the set")
        if not path.is_file():
            raise BadInput(f"{said}: `{key}` names {name!r}, and that file is missing")
        return path

    def _golden(self, path: Path, window: int, features: int, outputs: int) -> None:
        said = self.called(path)
        found = _object(canonical.read(path, said), said)
        rows = found.get("input")
        if not isinstance(rows, list) or len(rows) != window:
            raise BadInput(f"{said}: `input` has to be {window} rows")
        for row in rows:
            _numbers({"a row of `input`": row}, "a row of `input`", features, said)
        _numbers(found, "output", outputs, said)
        _numbers({"tolerance": [found.get("tolerance")]}, "tolerance", 1, said)


def _digest(path: Path) -> str:
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def _object(found: object, said: str) -> dict:
    if not isinstance(found, dict):
        raise BadInput(f"{said}: is no JSON object")
    return found


def _text(found: dict, key: str, said: str) -> str:
    if not isinstance(found.get(key), str) or not found[key].strip():
        raise BadInput(f"{said}: `{key}` is missing or no text")
    return found[key]


def _one_of(found: dict, key: str, known: list[str], said: str) -> str:
    if found.get(key) not in known:
        raise BadInput(f"{said}: `{key}` is {found.get(key)!r}; known: {', '.join(known)}")
    return found[key]


def _whole(found: dict, key: str, least: int, most: int, said: str) -> int:
    value = found.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadInput(f"{said}: `{key}` is {value!r}; a whole number from {least} to {most} is needed")
    return value


def _is_number(value: object) -> bool:
    # JSON has no NaN, but a number such as 1e999 reads as infinite.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")


def _numbers(found: dict, key: str, length: int, said: str, absent: bool = False) -> list:
    values = found.get(key)
    if not isinstance(values, list) or len(values) != length:
        has = f"{len(values)} entries" if isinstance(values, list) else "no list"
        raise BadInput(f"{said}: {key} has {has}, {length} are needed")
    if not all(_is_number(value) or (absent and value is None) for value in values):
        raise BadInput(f"{said}: {key} holds something that is no finite number")
    return values


def _horizons(card: dict, said: str) -> list[int]:
    found = card.get("horizons")
    if (
        not isinstance(found, list)
        or not found
        or not all(isinstance(h, int) and not isinstance(h, bool) and h > 0 for h in found)
    ):
        raise BadInput(f"{said}: `horizons` is no list of whole numbers above zero")
    if sorted(set(found)) != found:
        raise BadInput(f"{said}: `horizons` do not rise")
    if len(found) > 64 or found[-1] > 10_000:
        raise BadInput(f"{said}: `horizons` are more than 64, or one is over 10000")
    return found


def _labels(card: dict, said: str) -> list[str]:
    found = card.get("labels")
    if not isinstance(found, list) or not 2 <= len(found) <= 64 or len({str(label) for label in found}) != len(found):
        raise BadInput(f"{said}: `labels` of a classification are 2 to 64 different texts")
    if not all(isinstance(label, str) and label for label in found):
        raise BadInput(f"{said}: a label is no text")
    return found


def _moment(card: dict, key: str, said: str) -> datetime:
    text = _text(card, key, said)
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise BadInput(f"{said}: `{key}` is {text!r}, no moment in UTC such as 2024-03-01T00:00:00Z")


def _expires(card: dict, said: str) -> bool:
    return card.get("expires_at") is not None and _moment(card, "expires_at", said) is not None


def _validation(card: dict, width: int, trained_until: datetime, said: str) -> dict:
    found = _object(card.get("validation"), f"{said}: `validation`")
    inside = f"{said}: validation"
    begin, end = _moment(found, "from", inside), _moment(found, "until", inside)
    if not trained_until <= begin < end:
        raise BadInput(f"{inside}: begins before `trained_until`, or ends before it begins")
    counts = _numbers(found, "n", width, inside)
    if not all(isinstance(count, int) and count > 0 for count in counts):
        raise BadInput(f"{inside}: n holds a count that is no whole number above zero")
    figures = {
        key: _numbers(found, key, width, inside) for key in _ERRORS if key in found or card["task"] == "regression"
    }
    if any(value < 0.0 for values in figures.values() for value in values):
        raise BadInput(f"{inside}: an error is below zero")
    hits = _numbers(found, "direction_hit", width, inside, absent=True)
    if not all(hit is None or 0.0 <= hit <= 1.0 for hit in hits):
        raise BadInput(f"{inside}: a direction_hit is no share from 0 to 1")
    return {"from": found["from"], "until": found["until"], "n": counts} | figures | {"direction_hit": hits}


def _interval(card: dict, width: int, said: str) -> dict:
    found = _object(card.get("interval"), f"{said}: `interval`")
    inside = f"{said}: interval"
    _one_of(found, "kind", ["residual_quantiles"], inside)
    if found.get("levels") != [0.8, 0.95]:
        raise BadInput(f"{inside}: levels are {found.get('levels')}, and have to be [0.8, 0.95]")
    rows = found.get("quantiles")
    if not isinstance(rows, list) or len(rows) != width:
        raise BadInput(f"{inside}: quantiles have to be {width} rows, one for each horizon")
    rows = [_numbers({"a row of quantiles": row}, "a row of quantiles", 4, inside) for row in rows]
    if any(row != sorted(row) for row in rows):
        raise BadInput(f"{inside}: quantiles do not rise")
    return {"kind": "residual_quantiles", "levels": found["levels"], "quantiles": rows}


if __name__ == "__main__":
    sys.exit(main())
