"""What is said about a row: signals and forecasts, collected in order. Every number must be finite, else the host refuses
what was said."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Sequence, Union

#: A small value of an attribute; an `int` stays whole, a `float` is a number.
Scalar = Union[float, int, bool, str]

LONG, SHORT, NEUTRAL = "long", "short", "neutral"
POSTURES = ("flat", "long", "short")


@dataclass(slots=True)
class Signal:
    """What a plugin thinks now."""

    #: The plugin's word for it.
    label: str
    #: `long`, `short` or `neutral`.
    direction: str = NEUTRAL
    #: On the declared scale.
    score: float = 0.0
    #: Probability that the direction is right, in [0, 1].
    probability: float | None = None
    #: How long it claims to hold, in nanoseconds.
    horizon: int | None = None
    #: Named prices, in the plugin's order.
    levels: Mapping[str, float] = field(default_factory=dict)
    #: Named values, in the plugin's order; one that is `None` is left out.
    attributes: Mapping[str, Scalar | None] = field(default_factory=dict)
    #: Worth reporting.
    finding: bool = False

    def propose(self, posture: str) -> Signal:
        """Proposes a posture (`flat`, `long`, `short`) to the host, which keeps it; heard where `Needs.posture` asked for
        the ability and the deployment grants it. On the wire it is the attribute `posture`."""
        if posture not in POSTURES:
            raise ValueError(f"`{posture}` is no posture: {', '.join(POSTURES)}")
        self.attributes = {**self.attributes, "posture": posture}
        return self


@dataclass(frozen=True, slots=True)
class ForecastPoint:
    """One point of a forecast."""

    #: Nanoseconds after the row.
    horizon: int
    #: Expected value.
    value: float
    #: Lower end of the interval.
    lower: float | None = None
    #: Upper end of the interval.
    upper: float | None = None


@dataclass(slots=True)
class Forecast:
    """What a plugin expects to come."""

    #: What is forecast, such as `close`.
    target: str
    #: Nearest first.
    points: Sequence[ForecastPoint] = ()
    #: Nominal level of the intervals, in (0, 1).
    level: float | None = None
    #: Named values, in the plugin's order; one that is `None` is left out.
    attributes: Mapping[str, Scalar | None] = field(default_factory=dict)


@dataclass(slots=True)
class Output:
    """One thing said."""

    #: Position of an instrument among those given at the start; `None`: the instance's own, or for universe scope the
    #: market as a whole.
    instrument: int | None
    #: What was said.
    body: Signal | Forecast


class Outputs:
    """Collects what is said about one row. Nothing of it counts when `on_row` then raises."""

    __slots__ = ("said",)

    def __init__(self) -> None:
        self.said: list[Output] = []

    def say(self, body: Signal | Forecast) -> None:
        """Says something about the instance's own instrument, or for universe scope about the market as a whole."""
        self.said.append(Output(None, body))

    def say_about(self, instrument: int, body: Signal | Forecast) -> None:
        """Says something about one of several instruments, by its position among those given at the start."""
        self.said.append(Output(instrument, body))


class BlockOutputs:
    """Collects what is said about the rows of a chunk, each with the position of its row, ascending."""

    __slots__ = ("said",)

    def __init__(self) -> None:
        self.said: list[tuple[int, Output]] = []

    def say(self, row: int, body: Signal | Forecast) -> None:
        """Says something about the row at that position."""
        self.said.append((row, Output(None, body)))

    def say_about(self, row: int, instrument: int, body: Signal | Forecast) -> None:
        """The same about one of several instruments."""
        self.said.append((row, Output(instrument, body)))
