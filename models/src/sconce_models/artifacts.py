"""The files of a set of models: where they lie and what is in them. Writes; trains and measures nothing.

A set is a folder with a `set.json`. Files are gathered and written together at the end of a run, so that a run which fails
half-way leaves the set as it was; each is replaced whole, and what names a file comes after it.
"""

from pathlib import Path

from . import canonical
from .errors import BadInput
from .scaler import Robust


class Set:
    """One set on disk."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._gathered: dict[Path, str | bytes] = {}

    def write(self) -> None:
        """Writes what was gathered."""
        for path, content in self._gathered.items():
            canonical.replace(path, content)
        self._gathered.clear()

    def describe(self, market: str | None, trained_on: str | None, licence: str | None) -> None:
        """Gathers `set.json`, completed from what it says already."""
        path = self.folder / "set.json"
        before = _document(path) if path.exists() else {}
        given = {"market": market, "trained_on": trained_on, "licence": licence}
        merged = {key: value or before.get(key) for key, value in given.items()}
        lacking = [f"--{key.replace('_', '-')}" for key, value in merged.items() if not value]
        if lacking:
            raise BadInput(f"{path.name} of the set is new: say {', '.join(lacking)}")
        if before.get("market", merged["market"]) != merged["market"]:
            raise BadInput(
                f"the set is of the market {before['market']!r}; models of {market!r} belong into another folder"
            )
        self._gathered[path] = canonical.text(merged)

    def kept_scalers(self, coin: str) -> tuple[Robust, Robust] | None:
        """The scalers under which the coin's models were trained, where there are any."""
        paths = [self._preprocessing(coin, f"{part}_scaler.json") for part in ("feature", "target")]
        if not all(path.exists() for path in paths):
            return None
        try:
            features, targets = (Robust.of(_document(path)) for path in paths)
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(f"{coin}: the scalers of the set are none: {error!r}") from None
        return features, targets

    def other_models(self, coin: str, retrained: list[str]) -> list[str]:
        """Models of the coin besides `retrained`."""
        cards = self.folder.joinpath(coin).glob("*.json")
        return sorted(
            card.stem for card in cards if not card.name.endswith(".golden.json") and card.stem not in retrained
        )

    def preprocess(self, coin: str, names: dict, features: Robust, targets: Robust, others: list[str]) -> None:
        """Gathers names and scalers of a coin. With `others` in force, they may not change."""
        documents = {
            "feature_names.json": names,
            "feature_scaler.json": features.document(with_range=True),
            "target_scaler.json": targets.document(with_range=False),
        }
        for file, document in documents.items():
            path = self._preprocessing(coin, file)
            if others and path.exists() and canonical.read(path) != document:
                raise BadInput(
                    f"{coin}: {file} would change under {', '.join(others)}, trained with the old one; train these as well, "
                    "keep the scalers with --keep-scalers, or write to another folder"
                )
            self._gathered[path] = canonical.text(document)

    def graph(self, owner: str, model: str, onnx: bytes, coins: list[str]) -> str:
        """Gathers a graph for `coins`; returns its path in the set. Cards of other coins may not name it."""
        file = f"{owner}/{model}.onnx"
        for card in sorted(self.folder.glob(f"*/{model}.json")):
            if card.parent.name not in coins and _document(card).get("file") == file:
                raise BadInput(
                    f"{file} is shared with {card.parent.name}: give a --table for each of its coins, or leave out --shared"
                )
        self._gathered[self.folder / file] = onnx
        return file

    def golden(self, coin: str, model: str, document: dict) -> str:
        """Gathers a golden file, a window row a line; returns its path in the set."""
        rows = ",\n    ".join("[" + ", ".join(map(canonical.number, row)) + "]" for row in document["input"])
        output = ", ".join(map(canonical.number, document["output"]))
        file = f"{coin}/{model}.golden.json"
        content = f'{{\n  "input": [\n    {rows}\n  ],\n  "output": [{output}],\n  "tolerance": {document["tolerance"]!r}\n}}\n'
        self._gathered[self.folder / file] = content
        return file

    def card(self, coin: str, model: str, document: dict) -> None:
        """Gathers a model card."""
        self._gathered[self.folder / coin / f"{model}.json"] = canonical.text(document)

    def _preprocessing(self, coin: str, file: str) -> Path:
        return self.folder / "preprocessing" / coin / file


def _document(path: Path) -> dict:
    found = canonical.read(path)
    if not isinstance(found, dict):
        raise BadInput(f"{path.name}: is no JSON object")
    return found
