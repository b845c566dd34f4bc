"""The command that trains: feature tables in, a set of artefacts out. `python -m sconce_models.train --help`."""

import argparse
import importlib.util
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

from . import check, metrics, options, samples, table
from .artifacts import Set
from .dataset import Coin, Dataset
from .errors import BadInput
from .scaler import Robust
from .trained import Settings, Trained


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0: written. 2: the input cannot be used, said in one line."""
    given = options.parser().parse_args(arguments)
    try:
        _Run(given, _Log(given.log)).all()
    except (BadInput, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


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

    def __init__(self, given: argparse.Namespace, log: _Log):
        self.log, self.options, self.set = log, given, Set(given.out)
        self.models = options.MODELS if "all" in given.models else list(dict.fromkeys(given.models))
        self.settings = Settings(
            given.seed, given.epochs, given.patience, given.hidden, given.learning_rate, trees=given.trees
        )
        options.check(given)
        self.trained_at = options.moment(given.trained_at)
        _frameworks(self.models)
        self.tables = _tables(given.table)
        self.step = table.step_of(given.timeframe)
        self.bounds = samples.bounds(self.tables, given.training_share, given.early_share)
        self._introduce()
        self.coins = [self._coin(one) for one in self.tables]

    def all(self) -> None:
        """Trains and writes every model that was asked for."""
        self.set.describe(self.options.market, self.options.trained_on, self.options.licence)
        for one, coin in zip(self.tables, self.coins, strict=True):
            names = {
                "timeframe": self.options.timeframe,
                "window": self.options.window,
                "names": one.names,
                "definitions_digest": one.definitions_digest,
            }
            others = self.set.other_models(coin.name, self.models)
            self.set.preprocess(coin.name, names, coin.features, coin.targets, others)
        groups = [self.coins] if self.options.shared else [[coin] for coin in self.coins]
        for group in groups:
            data = Dataset(group, self.options.window)
            for model in self.models:
                self._model(model, group, data)
        self.set.write()

    def _introduce(self) -> None:
        """The lines of a log by which another can do the same."""
        libraries = ["numpy", "onnxruntime", *_libraries(self.models)]
        self.log(f"python {sys.version.split()[0]}, " + ", ".join(f"{name} {version(name)}" for name in libraries))
        names = [
            "timeframe",
            "window",
            "horizons",
            "training_share",
            "early_share",
            "seed",
            "epochs",
            "patience",
            "hidden",
            "learning_rate",
            "trees",
        ]
        self.log(", ".join(f"{name} {getattr(self.options, name)}" for name in names))
        self.log(f"{len(self.tables[0].names)} features, definitions sha256:{self.tables[0].definitions_digest}")

    def _coin(self, one: table.Table) -> Coin:
        given = self.options
        found = samples.cut(one, given.window, given.horizons, self.step)
        split = samples.split(one, found, given.horizons, self.bounds)
        # Fitted on the rows of training windows, and on nothing later.
        features = Robust.fit(one.values[: found.newest[split.training].max() + 1])
        targets = Robust.fit(found.targets[split.training])
        kept = self.set.kept_scalers(one.coin)
        if given.keep_scalers:
            features, targets = kept or _missing_scalers(one.coin)
            if (len(features.center), len(targets.center)) != (len(one.names), len(given.horizons)):
                raise BadInput(f"{one.called}: the scalers of the set are for other features or horizons")
        self.log(
            f"{one.called}: {len(one.ts)} rows {_day(one.ts[0])} to {_day(one.ts[-1])}, {one.warm_up} left out as warm-up, "
            f"{found.over_gaps} windows over gaps; samples: {len(split.training)} training, {len(split.early)} early stopping, "
            f"{len(split.validation)} validation"
        )
        return Coin(one.coin, one.values, found, split, features, targets)

    def _model(self, model: str, group: list[Coin], data: Dataset) -> None:
        begun = time.monotonic()
        trained = _train(model, data, self.settings)
        seconds = time.monotonic() - begun
        inputs = {coin.name: self._inputs(trained, data, data.validation(coin.name).newest) for coin in group}
        shape = next(iter(inputs.values())).shape[1:]
        graph = check.Graph(trained, shape, len(self.options.horizons))
        owner = "shared" if self.options.shared else group[0].name
        apart = max(check.held_against_framework(trained, graph, one) for one in inputs.values())
        notes = ", ".join(f"{key} {_short(value)}" for key, value in trained.notes.items())
        self.log(
            f"{model} for {', '.join(inputs)}: trained in {seconds:.0f} s, {len(trained.onnx)} bytes, "
            f"at most {apart:.2e} from its framework (allowed {check.MOST_APART:.0e}); {notes}"
        )
        file = self.set.graph(owner, model, trained.onnx, list(inputs))
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
            "seed": self.settings.seed,
            "samples": fitted,
            "early_stopping_samples": early,
            "coins": [one.coin for one in self.tables] if self.options.shared else None,
            **trained.notes,
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


def _libraries(models: list[str]) -> dict[str, str]:
    """What has to be installed for the models, each with the file that lists it."""
    found = {"lightgbm": "requirements.txt"} if "lightgbm" in models else {}
    return found | (
        dict.fromkeys(["torch", "onnxscript"], "requirements-torch.txt") if set(models) != {"lightgbm"} else {}
    )


def _frameworks(models: list[str]) -> None:
    """Says what is not installed before anything is trained."""
    for library, file in _libraries(models).items():
        if importlib.util.find_spec(library) is None:
            raise BadInput(f"{library} is needed for {', '.join(models)} and is not installed: pip install -r {file}")


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
            raise BadInput(
                f"{other.called} has other features than {tables[0].called}; a set has one list for all coins"
            )
    return tables


def _missing_scalers(coin: str):
    raise BadInput(f"{coin}: --keep-scalers, but the set has no scalers of this coin")


def _text(moment: np.datetime64) -> str:
    return f"{moment.astype('datetime64[s]')}Z"


def _day(moment: np.datetime64) -> str:
    return str(moment.astype("datetime64[D]"))


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
