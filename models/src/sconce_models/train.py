"""The command that trains: feature tables in, a set of artefacts out. `python -m sconce_models.train --help`."""

import argparse
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from . import check, metrics, samples, table
from .artifacts import Set
from .dataset import Coin, Dataset
from .errors import BadInput
from .scaler import Robust
from .trained import Settings, Trained

MODELS = ["dlinear", "tcn", "lstm", "transformer", "lightgbm"]

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


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0: written. 2: the input cannot be used, said in one line."""
    options = _parser().parse_args(arguments)
    try:
        log = _Log(options.log)
        _Run(options, log).all()
    except BadInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    defaults = Settings()
    parser = argparse.ArgumentParser(
        prog="python -m sconce_models.train", description="Train forecasting models on feature tables of the host.",
        epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--table", action="append", required=True, metavar="COIN=FILE", help="feature table of a coin, CSV or Parquet; repeat for more coins")
    add("--out", type=Path, required=True, metavar="FOLDER", help="folder of the set")
    add("--models", nargs="+", default=["lightgbm"], choices=[*MODELS, "all"], help="what to train (default: lightgbm); all but lightgbm need PyTorch")
    add("--shared", action="store_true", help="one model of each type for all coins, instead of one for each coin")
    add("--keep-scalers", action="store_true", help="scale as the set does already, instead of fitting new scalers")
    add("--market", choices=["demo", "real"], help="what the tables are from; a demo model never answers for a real market")
    add("--trained-on", metavar="WORDS", help="source and period, shown with every answer")
    add("--licence", help="licence of the artefacts")
    add("--timeframe", default="1d", help="length of a bar (default: 1d)")
    add("--window", type=int, default=60, help="rows a model sees (default: 60)")
    add("--horizons", type=int, nargs="+", default=[1, 7, 30], metavar="BARS", help="bars ahead (default: 1 7 30)")
    add("--training-share", type=float, default=0.65, help="share of the time to fit on (default: 0.65)")
    add("--early-share", type=float, default=0.15, help="share after it that ends the training (default: 0.15); the rest validates")
    add("--seed", type=int, default=defaults.seed, help=f"of every random choice (default: {defaults.seed})")
    add("--epochs", type=int, default=defaults.epochs, help=f"passes of a net at most (default: {defaults.epochs})")
    add("--patience", type=int, default=defaults.patience, help=f"passes without improvement (default: {defaults.patience})")
    add("--hidden", type=int, default=defaults.hidden, help=f"width of the nets (default: {defaults.hidden})")
    add("--learning-rate", type=float, default=defaults.learning_rate, help=f"of the nets (default: {defaults.learning_rate})")
    add("--trees", type=int, default=defaults.trees, help=f"of each horizon at most (default: {defaults.trees})")
    add("--trained-at", metavar="TIME", help="moment to write into the cards, RFC 3339 in UTC (default: now)")
    add("--log", type=Path, metavar="FILE", help="also write what is printed to this file")
    return parser


class _Log:
    """Prints lines, and keeps them in a file where one is named."""

    def __init__(self, path: Path | None):
        self._path = path
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")

    def __call__(self, line: str) -> None:
        print(line, flush=True)
        if self._path:
            with self._path.open("a") as file:
                file.write(line + "\n")


class _Run:
    """One call of the command: tables, parts of the time and coins are the same for all models of it."""

    def __init__(self, options: argparse.Namespace, log: _Log):
        self.log, self.options, self.set = log, options, Set(options.out)
        self.models = MODELS if "all" in options.models else list(dict.fromkeys(options.models))
        self.settings = Settings(
            options.seed, options.epochs, options.patience, options.hidden, options.learning_rate, trees=options.trees
        )
        self.trained_at = _moment(options.trained_at)
        _choices(options)
        self.tables = _tables(options.table)
        self.step = table.step_of(options.timeframe)
        self.bounds = samples.bounds(self.tables, options.training_share, options.early_share)
        self.coins = [self._coin(one) for one in self.tables]

    def all(self) -> None:
        """Trains and writes every model that was asked for."""
        _frameworks(self.models)
        self.set.describe(self.options.market, self.options.trained_on, self.options.licence)
        for one, coin in zip(self.tables, self.coins):
            names = {
                "timeframe": self.options.timeframe, "window": self.options.window, "names": one.names,
                "definitions_digest": one.definitions_digest,
            }
            others = self.set.other_models(coin.name, self.models)
            self.set.preprocess(coin.name, names, coin.features, coin.targets, others)
        groups = [self.coins] if self.options.shared else [[coin] for coin in self.coins]
        for group in groups:
            data = Dataset(group, self.options.window)
            for model in self.models:
                self._model(model, group, data)

    def _coin(self, one: table.Table) -> Coin:
        options = self.options
        found = samples.cut(one, options.window, options.horizons, self.step)
        split = samples.split(one, found, options.horizons, self.bounds)
        # Fitted on the rows of training windows, and on nothing later.
        features = Robust.fit(one.values[: found.newest[split.training].max() + 1])
        targets = Robust.fit(found.targets[split.training])
        kept = self.set.kept_scalers(one.coin)
        if options.keep_scalers:
            features, targets = kept or _missing_scalers(one.coin)
            if (len(features.center), len(targets.center)) != (len(one.names), len(options.horizons)):
                raise BadInput(f"{one.called}: the scalers of the set are for other features or horizons")
        self.log(
            f"{one.called}: {len(one.ts)} rows {_day(one.ts[0])} to {_day(one.ts[-1])}, {one.warm_up} left out as warm-up, "
            f"{found.over_gaps} windows over gaps; samples: {len(split.training)} training, {len(split.early)} early stopping, "
            f"{len(split.validation)} validation"
        )
        return Coin(one.coin, one.values, found, split, features, targets)

    def _model(self, model: str, group: list[Coin], data: Dataset) -> None:
        trained = _train(model, data, self.settings)
        inputs = {coin.name: self._inputs(trained, data, data.validation(coin.name).newest) for coin in group}
        shape = next(iter(inputs.values())).shape[1:]
        graph = check.Graph(trained, shape, len(self.options.horizons))
        owner = "shared" if self.options.shared else group[0].name
        apart = max(check.held_against_framework(trained, graph, one) for one in inputs.values())
        self.log(
            f"{model} for {', '.join(inputs)}: {len(trained.onnx)} bytes, at most {apart:.2e} from its framework (allowed "
            f"{check.MOST_APART:.0e}); {', '.join(f'{key} {_short(value)}' for key, value in trained.notes.items())}"
        )
        file = self.set.graph(owner, model, trained.onnx)
        for coin in group:
            self._publish(coin, trained, graph, file, inputs[coin.name])

    def _publish(self, coin: Coin, trained: Trained, graph: check.Graph, file: str, inputs: np.ndarray) -> None:
        one = next(one for one in self.tables if one.coin == coin.name)
        newest = coin.samples.newest
        actual = coin.samples.targets[coin.split.validation]
        predicted = coin.targets.back(graph.run(inputs))
        scores = metrics.scores(actual, predicted)
        self._tell(coin.name, trained.name, scores, predicted.std(axis=0))
        window = samples.windows(coin.values, newest[coin.split.validation][-1:], self.options.window)[0]
        golden = check.golden(trained.input, graph, window, coin.features, coin.targets)
        longest = max(self.options.horizons)
        known = [newest[part] for part in (coin.split.training, coin.split.early)]
        card = {
            "name": trained.name,
            "task": "regression",
            "file": file,
            "trained_at": self.trained_at,
            "trained_from": _text(one.ts[known[0].min() - self.options.window + 1]),
            # Early stopping chose the weights, so that its targets count as seen.
            "trained_until": _text(one.ts[max(part.max() for part in known) + longest]),
            "input": trained.input,
            "horizons": self.options.horizons,
            "target": "log_return",
            "validation": self._period(one, coin) | scores,
            "interval": {
                "kind": "residual_quantiles",
                "levels": metrics.LEVELS,
                "quantiles": metrics.residual_quantiles(actual, predicted),
            },
            "golden": self.set.golden(coin.name, trained.name, golden),
            "expires_at": None,
            "training": self._training(trained, len(coin.split.training), len(coin.split.early)),
        }
        self.set.card(coin.name, trained.name, card)

    def _period(self, one: table.Table, coin: Coin) -> dict:
        newest = coin.samples.newest[coin.split.validation]
        last = newest.max() + max(self.options.horizons)
        return {"from": _text(one.ts[newest.min()]), "until": _text(one.ts[last])}

    def _training(self, trained: Trained, fitted: int, early: int) -> dict:
        return {
            "seed": self.settings.seed, "samples": fitted, "early_stopping_samples": early,
            "coins": [one.coin for one in self.tables] if self.options.shared else None, **trained.notes,
        }

    def _tell(self, coin: str, model: str, scores: dict, spread: np.ndarray) -> None:
        for at, horizon in enumerate(self.options.horizons):
            rmse, naive = scores["rmse"][at], scores["naive_rmse"][at]
            hit = scores["direction_hit"][at]
            verdict = "better than naive" if rmse < naive else "NOT better than naive"
            self.log(
                f"  {coin} {model}, {horizon} ahead, n {scores['n'][at]}: RMSE {rmse:.5f} (naive {naive:.5f}), MAE "
                f"{scores['mae'][at]:.5f} (naive {scores['naive_mae'][at]:.5f}), direction "
                f"{'-' if hit is None else f'{hit:.3f}'}, deviation of the forecasts {spread[at]:.5f}: {verdict} by RMSE"
            )

    @staticmethod
    def _inputs(trained: Trained, data: Dataset, newest: np.ndarray) -> np.ndarray:
        return data.summaries(newest) if trained.input == "summary" else data.windows(newest)


def _train(model: str, data: Dataset, settings: Settings) -> Trained:
    if model == "lightgbm":
        from . import boosting

        return boosting.train(data, settings)
    from . import neural

    return neural.train(model, data, settings)


def _frameworks(models: list[str]) -> None:
    """Says what is not installed before anything is trained."""
    wanted = {"lightgbm": "requirements.txt"} if "lightgbm" in models else {}
    wanted |= {"torch": "requirements-torch.txt"} if set(models) != {"lightgbm"} else {}
    for library, file in wanted.items():
        try:
            __import__(library)
        except ImportError as error:
            raise BadInput(f"{library} is needed for {', '.join(models)} and cannot be imported ({error}): pip install -r {file}") from None


def _choices(options: argparse.Namespace) -> None:
    if not 5 <= options.window <= 1000:
        raise BadInput(f"--window {options.window}: from 5 to 1000")
    if sorted(set(options.horizons)) != options.horizons or options.horizons[0] < 1:
        raise BadInput(f"--horizons {options.horizons}: positive and rising")
    for name, least in {"epochs": 1, "patience": 1, "hidden": 1, "trees": 1, "seed": 0}.items():
        if getattr(options, name) < least:
            raise BadInput(f"--{name} {getattr(options, name)}: at least {least}")


def _tables(given: list[str]) -> list[table.Table]:
    pairs = [one.partition("=") for one in given]
    wrong = [coin for coin, equals, file in pairs if not equals or not file]
    if wrong:
        raise BadInput(f"--table {wrong[0]}: write COIN=FILE, as in BTC=btc.csv")
    coins = [coin for coin, _, _ in pairs]
    if len(set(coins)) != len(coins):
        raise BadInput("--table: a coin stands twice")
    tables = [table.read(coin, Path(file)) for coin, _, file in pairs]
    for other in tables[1:]:
        if (other.names, other.definitions_digest) != (tables[0].names, tables[0].definitions_digest):
            raise BadInput(f"{other.called} has other features than {tables[0].called}; a set has one list for all coins")
    return tables


def _missing_scalers(coin: str):
    raise BadInput(f"{coin}: --keep-scalers, but the set has no scalers of this coin")


def _moment(given: str | None) -> str:
    try:
        moment = datetime.fromisoformat(given) if given else datetime.now(UTC)
    except ValueError:
        raise BadInput(f"--trained-at {given!r}: write it like 2024-03-01T00:00:00Z") from None
    if moment.tzinfo is None:
        raise BadInput(f"--trained-at {given!r}: say the zone, such as Z")
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _text(moment: np.datetime64) -> str:
    return f"{moment.astype('datetime64[s]')}Z"


def _day(moment: np.datetime64) -> str:
    return str(moment.astype("datetime64[D]"))


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
