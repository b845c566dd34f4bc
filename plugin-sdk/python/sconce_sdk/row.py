"""The row: what is known at one moment, in the columns that the plugin asked for. Also many rows at once, as replay and
history hand them over: one list of bytes, decoded column by column."""

from __future__ import annotations

from array import array
from typing import Iterator, Mapping, Sequence

from sconce_sdk.failure import U32_MAX, BadInput
from sconce_sdk.trigger import Trigger

_WORD = 8


class Row:
    """One row. Nothing in it became known after `ts`."""

    __slots__ = ("_index", "_instrument", "_trigger", "_values", "ts")

    def __init__(
        self, ts: int, instrument: int, trigger: int, values: Sequence[float], index: Mapping[str, int]
    ) -> None:
        #: Nanoseconds since 1970-01-01T00:00:00Z.
        self.ts = ts
        self._instrument = instrument
        self._trigger = trigger
        self._values = values
        self._index = index

    @property
    def trigger(self) -> Trigger:
        """Why it is handed over."""
        return Trigger(self._trigger)

    @property
    def instrument(self) -> int | None:
        """Position of its instrument among those given at the start; `None` in a cohort row."""
        return None if self._instrument == U32_MAX else self._instrument

    def get(self, column: str) -> float | None:
        """The value of a column; `None` where the host has none. Raises `LookupError` for one that was not asked for."""
        value = self._values[self._index[column]]
        return value if value == value else None

    def values(self) -> Sequence[float]:
        """The raw numbers in the order of the needs; NaN is absent."""
        return self._values

    def coverage(self, columns: Sequence[str]) -> float:
        """How many of these columns are present, divided by how many they are; 1 for none."""
        present = sum(1 for column in columns if self.get(column) is not None)
        return present / len(columns) if columns else 1.0


class Columns(dict):
    """Positions of columns by name; a name that was not asked for says so."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__((name, position) for position, name in enumerate(names))

    def __missing__(self, name: str) -> int:
        raise LookupError(f"the column `{name}` is not among the needs: {', '.join(self)}")


class Rows:
    """Many rows, oldest first."""

    def __init__(self, rows: int, width: int, data: bytes, index: Mapping[str, int]) -> None:
        if width != len(index):
            raise BadInput(f"a row of {width} columns came where {len(index)} were asked for")
        if len(data) != _WORD * rows * (2 + width):
            raise BadInput(f"a block of {rows} rows by {width} columns cannot have {len(data)} bytes")
        heads = _WORD * rows
        self._rows = rows
        self._index = index
        #: Row times, in nanoseconds.
        self.ts = array("q", data[:heads])
        self._why = array("Q", data[heads : 2 * heads])
        self._values = array("d", data[2 * heads :])

    def __len__(self) -> int:
        return self._rows

    def __iter__(self) -> Iterator[Row]:
        rows, values, index = self._rows, self._values, self._index
        for position, (ts, why) in enumerate(zip(self.ts, self._why)):
            yield Row(ts, why >> 32, why & U32_MAX, values[position::rows], index)

    def column(self, name: str) -> array[float]:
        """The raw values of a column, oldest first; NaN is absent."""
        start = self._index[name] * self._rows
        return self._values[start : start + self._rows]


def encode(rows: Sequence[tuple[int, int, int, Sequence[float]]], width: int) -> bytes:
    """The inverse of `Rows`, for tests: rows of (ts, instrument, trigger, values)."""
    heads = array("q", [row[0] for row in rows]).tobytes()
    why = array("Q", [row[1] << 32 | row[2] for row in rows]).tobytes()
    columns = (array("d", [row[3][column] for row in rows]).tobytes() for column in range(width))
    return heads + why + b"".join(columns)
