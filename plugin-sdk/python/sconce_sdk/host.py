"""The host's two abilities as the SDK calls them. The component puts the real ones in; tests run on a double."""

from __future__ import annotations

from typing import Callable, Mapping

from sconce_sdk.failure import Other

#: Lines kept at most by the double, so that a flood in a test cannot fill the memory.
_LINES = 10_000

lines: list[tuple[str, str]] = []


def _keep(level: str, line: str) -> None:
    if len(lines) < _LINES:
        lines.append((level, line))


def _denied(count: int) -> tuple[int, int, bytes]:
    raise Other("history is not granted")


class Host:
    """What stands behind `log` and `history` now."""

    #: Takes a level and a line.
    write: Callable[[str, str], None] = staticmethod(_keep)
    #: Gives rows, width and bytes of a block; raises a `Failure`.
    rows: Callable[[int], tuple[int, int, bytes]] = staticmethod(_denied)
    #: Positions of the columns of the instance that was called last.
    columns: Mapping[str, int] = {}
