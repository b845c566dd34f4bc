"""The one class that an author writes."""

from __future__ import annotations

from typing import Any, ClassVar, Sequence, TypeVar

from sconce_sdk.describe import Description, NoConfig
from sconce_sdk.failure import Other
from sconce_sdk.instrument import Instrument
from sconce_sdk.needs import Needs
from sconce_sdk.output import BlockOutputs, Outputs
from sconce_sdk.row import Row, Rows


class Strategy:
    """A strategy. Put `@strategy` on the class to make it the plugin of its project.

    A strategy is a pure fold over its rows: it has no clock, files, network or randomness of its own, and what it says
    about a row must not depend on how rows were grouped into calls.
    """

    #: The settings: a dataclass with a default for each.
    Config: ClassVar[type] = NoConfig

    @classmethod
    def describe(cls) -> Description:
        """What the plugin says of itself; must not depend on anything."""
        raise NotImplementedError(f"{cls.__name__} has no describe")

    @classmethod
    def check(cls, config: Any) -> None:
        """Refuses settings that a schema cannot refuse: raise `BadConfig`. Asked before `needs` and the start."""

    @classmethod
    def needs(cls, config: Any) -> Needs:
        """What it needs with this configuration; must not depend on anything else."""
        raise NotImplementedError(f"{cls.__name__} has no needs")

    def __init__(self, config: Any, instruments: Sequence[Instrument]) -> None:
        """Starts an instance: for one instrument, or for all of them in universe scope."""

    def on_row(self, row: Row, out: Outputs) -> None:
        """Takes one row and says what there is to say. Warm-up rows come here as well; what is said about them is
        dropped. Raise `NotReady` or `BadInput` to abstain from this row."""
        raise NotImplementedError(f"{type(self).__name__} has no on_row")

    # A strategy may define three more, for speed or for exact restarts:
    #
    #     def warm_up(self, rows: Rows) -> None                       history; nothing is said about it
    #     def run(self, rows: Rows, out: BlockOutputs) -> None        many rows; must say the same as `on_row` would
    #     def snapshot(self) -> bytes | None                          the state as bytes, with
    #     @classmethod restore(cls, config, instruments, state)       its inverse

    def snapshot(self) -> bytes | None:
        """The state as bytes; see `sconce_sdk.snapshot`. `None`: not supported."""
        return None

    @classmethod
    def restore(cls, config: Any, instruments: Sequence[Instrument], state: bytes) -> Strategy:
        """The inverse of `snapshot`; raise `BadInput` when these bytes are no state of this plugin."""
        raise Other("this plugin has no snapshots")

    warm_up: ClassVar[Any] = None
    run: ClassVar[Any] = None


S = TypeVar("S", bound=type[Strategy])
_chosen: list[type[Strategy]] = []


def strategy(cls: S) -> S:
    """Makes a class the plugin of its project."""
    _chosen.append(cls)
    return cls


def chosen() -> type[Strategy]:
    """The class that `@strategy` stands on."""
    if len(_chosen) != 1:
        names = ", ".join(cls.__name__ for cls in _chosen) or "none"
        raise TypeError(f"@strategy must stand on one class, it stands on {len(_chosen)}: {names}")
    return _chosen[0]


__all__ = ["BlockOutputs", "Rows", "Strategy", "chosen", "strategy"]
