"""Runs a strategy without a host, on the path that the component takes. What a harness accepts, the host accepts; outputs
that a host would refuse raise `AssertionError`."""

from __future__ import annotations

import json
import math
from typing import Any, Mapping, Sequence

from sconce_sdk import driver
from sconce_sdk.driver import Driver
from sconce_sdk.failure import U32_MAX, BadInput, Failure, NotReady, Other
from sconce_sdk.host import Host, lines
from sconce_sdk.output import Forecast, Output, Signal
from sconce_sdk.row import encode
from sconce_sdk.strategy import Strategy
from sconce_sdk.trigger import COHORT, Trigger, closing

BTC = ("BTC-USDT@demo",)


class TestRow:
    """One row for a `Harness`, by column name: the closing of a one-minute bar of the first instrument at time 0, unless it
    says otherwise. Columns that are not named are absent."""

    __test__ = False

    def __init__(
        self, columns: Mapping[str, float | None] | None = None, *, ts: int = 0,
        trigger: Trigger = closing("1m"), instrument: int = 0,
    ) -> None:
        self.columns = dict(columns or {})
        self.ts, self.trigger, self.instrument = ts, trigger, instrument

    @classmethod
    def cohort(cls, columns: Mapping[str, float | None] | None = None, *, ts: int = 0) -> TestRow:
        """A cohort row."""
        return cls(columns, ts=ts, trigger=COHORT, instrument=U32_MAX)

    def lay_out(self, names: Sequence[str]) -> tuple[int, int, int, list[float]]:
        """The row in the order of `names`."""
        strangers = [name for name in self.columns if name not in names]
        assert not strangers, f"`{strangers[0]}` is not among the needs {', '.join(names)}"
        values = [self.columns.get(name) for name in names]
        laid_out = [math.nan if value is None else float(value) for value in values]
        return self.ts, self.instrument, self.trigger.bits, laid_out


class Harness:
    """One instance of a strategy."""

    def __init__(
        self, strategy: type[Strategy], config: Mapping[str, Any] | None = None, instruments: Sequence[str] = BTC,
        state: bytes | None = None,
    ) -> None:
        text = json.dumps(config or {})
        needs = driver.needs(strategy, text)
        self._columns = list(needs.columns)
        self._instruments = len(instruments)
        self._past: list[tuple[int, int, int, list[float]]] | None = [] if needs.history else None
        if state is None:
            self._driver = Driver.create(strategy, text, instruments)
        else:
            self._driver = Driver.restore(strategy, text, instruments, state)

    def row(self, row: TestRow) -> list[Output]:
        """What is said about one row; raises what the strategy raises."""
        ts, instrument, trigger, values = laid_out = row.lay_out(self._columns)
        Host.rows = self._history
        try:
            said = self._driver.on_row(ts, instrument, trigger, values)
        finally:
            if self._past is not None:
                self._past.append(laid_out)
        for output in said:
            check_output(output, self._instruments)
        return said

    def signal(self, row: TestRow) -> Signal:
        """The one signal that is said about a row."""
        said = self.row(row)
        assert len(said) == 1 and isinstance(said[0].body, Signal), f"not one signal: {said}"
        return said[0].body

    def warm_up(self, rows: Sequence[TestRow]) -> None:
        """Shows history."""
        self._driver.warm_up(*self._block(rows))

    def run(self, rows: Sequence[TestRow]) -> list[tuple[int, Output]]:
        """Shows many rows in one call."""
        return self._driver.run(*self._block(rows))

    def snapshot(self) -> bytes | None:
        """The state as bytes."""
        return self._driver.snapshot()

    def _block(self, rows: Sequence[TestRow]) -> tuple[int, int, bytes]:
        laid_out = [row.lay_out(self._columns) for row in rows]
        return len(rows), len(self._columns), encode(laid_out, len(self._columns))

    def _history(self, count: int) -> tuple[int, int, bytes]:
        if self._past is None:
            raise Other("history is not granted")
        past = self._past[-count:] if count else []
        return len(past), len(self._columns), encode(past, len(self._columns))


def take_log() -> list[tuple[str, str]]:
    """Takes the lines logged so far, each with its level."""
    taken = list(lines)
    lines.clear()
    return taken


def check_run(strategy: type[Strategy], rows: Sequence[TestRow], config: Mapping[str, Any] | None = None) -> None:
    """Whether chunks of any length say the same as row by row."""
    alone = _by_rows(Harness(strategy, config), rows)
    for length in (1, 2, 3, 7, len(rows)):
        harness, said = Harness(strategy, config), [[] for _ in rows]
        for start in range(0, len(rows), length):
            for position, output in harness.run(rows[start : start + length]):
                said[start + position].append(output)
        _compare(alone, said, f"chunks of {length}")


def check_memory(strategy: type[Strategy], rows: Sequence[TestRow], config: Mapping[str, Any] | None = None) -> None:
    """Whether an instance that is warmed up with only as many rows as it declares goes on the same."""
    declared = strategy.describe().memory
    assert declared is not None, "the declared memory is unbounded"
    said = []
    for position, row in enumerate(rows):
        harness = Harness(strategy, config)
        harness.warm_up(rows[max(0, position - declared) : position])
        said += _by_rows(harness, [row])
    _compare(_by_rows(Harness(strategy, config), rows), said, "an instance that knows only its declared memory")


def check_restart(strategy: type[Strategy], rows: Sequence[TestRow], config: Mapping[str, Any] | None = None) -> None:
    """Whether an instance that is made anew from its snapshot before every row goes on the same."""
    harness, said = Harness(strategy, config), []
    for row in rows:
        state = harness.snapshot()
        assert state is not None, "the strategy has no snapshots"
        harness = Harness(strategy, config, state=state)
        said += _by_rows(harness, [row])
    _compare(_by_rows(Harness(strategy, config), rows), said, "a restart before every row")


def check_settings(strategy: type[Strategy], refused: Sequence[Mapping[str, Any]]) -> None:
    """Whether the schema names every setting with its default, and the strategy refuses unknown settings and `refused`."""
    settings = json.loads(strategy.describe().config_schema)
    assert settings.get("additionalProperties") is False, "the schema takes unknown settings"
    defaults = {name: setting["default"] for name, setting in settings.get("properties", {}).items()}
    read = driver.settings.read(strategy.Config, "{}")
    assert vars(read) == defaults, f"the schema's defaults {defaults} are not those of {read}"
    for config in [*refused, {"no_such_setting": 1}]:
        try:
            driver.needs(strategy, json.dumps(config))
        except Failure as failure:
            assert type(failure).__name__ == "BadConfig", failure
        else:
            raise AssertionError(f"the strategy takes {config}")


def check_output(output: Output, instruments: int) -> None:
    """The rules of the interface that an output must keep."""
    if output.instrument is not None:
        assert 0 <= output.instrument < instruments, f"instrument {output.instrument} was not given"
    body = output.body
    numbers: list[Any] = [value for value in body.attributes.values() if isinstance(value, float)]
    if isinstance(body, Signal):
        assert body.label, "the label is empty"
        assert body.probability is None or 0 <= body.probability <= 1, f"probability {body.probability}"
        numbers += [body.score, *body.levels.values()]
    else:
        numbers += _forecast_numbers(body)
    assert all(math.isfinite(number) for number in numbers), f"not finite: {body}"


def _forecast_numbers(forecast: Forecast) -> list[float]:
    horizons = [point.horizon for point in forecast.points]
    assert forecast.level is None or 0 < forecast.level < 1, f"level {forecast.level}"
    assert horizons == sorted(set(horizons)), "the points are not ordered, nearest first"
    numbers = [number for point in forecast.points for number in (point.value, point.lower, point.upper)]
    return [number for number in numbers if number is not None]


def _by_rows(harness: Harness, rows: Sequence[TestRow]) -> list[list[Output]]:
    said = []
    for row in rows:
        try:
            said.append(harness.row(row))
        except (NotReady, BadInput):
            said.append([])
    return said


def _compare(expected: list[list[Output]], seen: list[list[Output]], how: str) -> None:
    for position, (one, other) in enumerate(zip(expected, seen, strict=True)):
        assert one == other, f"row {position} differs with {how}: {one} and {other}"
