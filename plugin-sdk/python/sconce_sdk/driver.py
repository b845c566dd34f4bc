"""What the SDK supplies around `on_row`: configuration, warm-up, blocks. Shared by the component and the test harness, so
that tests walk the same path as the host."""

from __future__ import annotations

from typing import Any, Callable, Sequence

from sconce_sdk import settings
from sconce_sdk.failure import BadInput, Failure, of
from sconce_sdk.host import Host
from sconce_sdk.instrument import Instrument
from sconce_sdk.needs import Needs
from sconce_sdk.output import BlockOutputs, Output, Outputs
from sconce_sdk.row import Columns, Row, Rows
from sconce_sdk.strategy import Strategy


def needs(cls: type[Strategy], config: str) -> Needs:
    """What `cls` needs with this configuration."""
    return cls.needs(_read(cls, config))


def _read(cls: type[Strategy], config: str) -> Any:
    read = settings.read(cls.Config, config)
    cls.check(read)
    return read


class Driver:
    """One running instance."""

    __slots__ = ("_columns", "_on_row", "_strategy")

    def __init__(self, strategy: Strategy, columns: Sequence[str]) -> None:
        self._strategy = strategy
        self._on_row = strategy.on_row
        self._columns = Columns(columns)

    @classmethod
    def create(cls, strategy: type[Strategy], config: str, instruments: Sequence[str]) -> Driver:
        read = _read(strategy, config)
        return cls(strategy(read, [Instrument.parse(text) for text in instruments]), strategy.needs(read).columns)

    @classmethod
    def restore(cls, strategy: type[Strategy], config: str, instruments: Sequence[str], state: bytes) -> Driver:
        read = _read(strategy, config)
        restored = strategy.restore(read, [Instrument.parse(text) for text in instruments], state)
        return cls(restored, strategy.needs(read).columns)

    def snapshot(self) -> bytes | None:
        return self._strategy.snapshot()

    def on_row(self, ts: int, instrument: int, trigger: int, values: Sequence[float]) -> list[Output]:
        """One row; what is said counts only when the strategy does not raise."""
        columns = self._columns
        if len(values) != len(columns):
            raise BadInput(f"a row of {len(values)} columns came where {len(columns)} were asked for")
        Host.columns = columns
        out = Outputs()
        self._on_row(Row(ts, instrument, trigger, values, columns), out)
        return out.said

    def warm_up(self, rows: int, width: int, data: bytes) -> None:
        """Feeds rows and drops what is said. Rows that the strategy abstains from are no failure here."""
        block = Rows(rows, width, data, self._columns)
        if self._strategy.warm_up is not None:
            self._strategy.warm_up(block)
            return
        self._each(block, Failure.spares_warm_up, lambda position, said: None)

    def run(self, rows: int, width: int, data: bytes) -> list[tuple[int, Output]]:
        """Feeds rows and collects what is said with the position of its row. Abstaining says nothing about that row."""
        block, out = Rows(rows, width, data, self._columns), BlockOutputs()
        if self._strategy.run is not None:
            self._strategy.run(block, out)
            return out.said
        self._each(block, Failure.abstains, lambda position, said: out.said.extend((position, one) for one in said))
        return out.said

    def _each(
        self, rows: Rows, goes_on: Callable[[Failure], bool], take: Callable[[int, list[Output]], None]
    ) -> None:
        on_row = self._on_row
        for position, row in enumerate(rows):
            out = Outputs()
            try:
                on_row(row, out)
            except Exception as error:
                if not goes_on(of(error)):
                    raise
            else:
                if out.said:
                    take(position, out.said)
