"""The figures of a manifest as a Markdown table: `python -m sconce_models.figures artifacts`. The README carries it."""

import argparse
import sys
from pathlib import Path

from . import canonical
from .errors import BadInput


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0: printed. 2: there is no manifest, said in one line."""
    parser = argparse.ArgumentParser(description="Print the validation figures of a manifest as a Markdown table.")
    parser.add_argument("folder", type=Path, help="the folder of artefacts")
    try:
        print(text(parser.parse_args(arguments).folder), end="")
    except BadInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def text(folder: Path) -> str:
    """One line a market, coin and model; a cell a horizon: error, that of the naive forecast, share of directions hit."""
    models = canonical.read(folder / "manifest.json")["models"]
    entries = [(coin, entry) for coin in models for entry in models[coin] if entry["task"] == "regression"]
    horizons = sorted({horizon for _, entry in entries for horizon in entry["horizons"]})
    lines = [
        "| market | coin | model | " + " | ".join(f"{horizon} ahead" for horizon in horizons) + " |",
        "|---" * (3 + len(horizons)) + "|",
    ]
    for coin, entry in sorted(entries, key=lambda one: (one[1]["market"], one[0], one[1]["name"])):
        known = dict(zip(entry["horizons"], range(len(entry["horizons"])), strict=True))
        cells = [_cell(entry["validation"], known[horizon]) if horizon in known else "" for horizon in horizons]
        lines.append(f"| {entry['market']} | {coin} | `{entry['name']}` | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(figures: dict, at: int) -> str:
    rmse, naive, hit = figures["rmse"][at], figures["naive_rmse"][at], figures["direction_hit"][at]
    found = f"{rmse:.4f} / {naive:.4f}" + ("" if hit is None else f", {100 * hit:.0f} %")
    return found if rmse < naive else f"**{found}: no better**"


if __name__ == "__main__":
    sys.exit(main())
