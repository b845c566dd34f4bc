"""What a configured plugin needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Sequence


@dataclass(kw_only=True)
class Needs:
    """The columns of every row, and what else the host is asked for."""

    #: Names such as `close` or `sma_20@1h`, in the order in which rows will hold them.
    columns: Sequence[str]
    #: Rows to be warmed up with.
    look_back: int = 0
    #: Evaluate every so many seconds of market time as well as at bar closes.
    every_seconds: int | None = None
    #: Asks for `sconce_sdk.history`; the deployment must grant it.
    history: bool = False
    #: Asks to propose postures with `Signal.propose`; the deployment must grant it.
    posture: bool = False
    #: Further abilities by name.
    abilities: Sequence[str] = field(default=())

    def all_abilities(self) -> list[str]:
        """The abilities asked for, by name."""
        named = [("history", self.history), ("posture", self.posture)]
        return [name for name, asked in named if asked] + list(self.abilities)
