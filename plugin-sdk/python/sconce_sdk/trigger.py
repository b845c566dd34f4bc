"""Why a row is handed over: the bit word of the interface, and the timeframes that its bits name."""

from __future__ import annotations

from dataclasses import dataclass

#: Lengths of bars, shortest first; the position is the bit in the trigger word.
TIMEFRAMES = ("1m", "5m", "15m", "1h", "4h", "1d")

_TIMER, _ON_DEMAND, _COHORT, _CLOSES = 1 << 8, 1 << 9, 1 << 10, 0x3F


@dataclass(frozen=True, slots=True)
class Trigger:
    """Why a row is handed over. Bits that this SDK does not know are kept and ignored."""

    bits: int = 0

    def __or__(self, other: Trigger) -> Trigger:
        return Trigger(self.bits | other.bits)

    def closed(self, timeframe: str) -> bool:
        """Whether a bar of this timeframe closed."""
        return bool(self.bits & closing(timeframe).bits)

    def any_closed(self) -> bool:
        """Whether a bar of any timeframe closed."""
        return bool(self.bits & _CLOSES)

    def timeframes(self) -> list[str]:
        """The timeframes that closed, shortest first."""
        return [timeframe for bit, timeframe in enumerate(TIMEFRAMES) if self.bits & 1 << bit]

    def is_timer(self) -> bool:
        """Whether a timer is due."""
        return bool(self.bits & _TIMER)

    def is_on_demand(self) -> bool:
        """Whether somebody asked."""
        return bool(self.bits & _ON_DEMAND)

    def is_cohort(self) -> bool:
        """Whether every instrument's row of this moment has been delivered (universe scope)."""
        return bool(self.bits & _COHORT)


TIMER, ON_DEMAND, COHORT = Trigger(_TIMER), Trigger(_ON_DEMAND), Trigger(_COHORT)


def closing(timeframe: str) -> Trigger:
    """The closing of one timeframe."""
    return Trigger(1 << TIMEFRAMES.index(timeframe))
