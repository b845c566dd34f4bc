"""Why a call gives no answer. Raise one of these; any other exception counts as `Internal`."""

from __future__ import annotations

import traceback

U32_MAX = 0xFFFF_FFFF
# Places of the SDK itself, which an author does not look for.
_OWN = ("sconce_sdk/", "sconce_component.py", "sconce_words.py", "guest.py")


class Failure(Exception):
    """The base of all five. Only `Internal` counts against the plugin."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = str(text)

    def abstains(self) -> bool:
        """Whether nothing is said about this one row only, so that a chunk may go on with the next."""
        return isinstance(self, (NotReady, BadInput))

    def spares_warm_up(self) -> bool:
        """Whether warm-up goes on after it: all but defects and refused settings."""
        return not isinstance(self, (Internal, BadConfig))


class NotReady(Failure):
    """So many more rows are needed first; at least 1."""

    def __init__(self, rows: int) -> None:
        super().__init__(f"not ready: {rows} more rows needed")
        self.rows = min(max(int(rows), 1), U32_MAX)


class BadConfig(Failure):
    """The configuration is refused; say which setting and why."""


class BadInput(Failure):
    """The row is refused."""


class Internal(Failure):
    """A defect of the plugin."""


class Other(Failure):
    """Anything else."""


def of(error: BaseException) -> Failure:
    """The failure that an exception stands for: itself, or `Internal` with its class, its words and its line."""
    if isinstance(error, Failure):
        return error
    words = "".join(traceback.format_exception_only(error)).strip().replace("\n", " ")
    frames = traceback.extract_tb(error.__traceback__)
    named = [frame for frame in frames if not any(own in frame.filename for own in _OWN)]
    # Without a frame of the author's own, what was said is wrong, and the words tell what.
    where = f" ({_file(named[-1].filename)}:{named[-1].lineno} in {named[-1].name})" if named else ""
    return Internal(words + where)


def _file(path: str) -> str:
    """A path as the author knows it: within the component, folders are mounted as `/0`, `/1` and so on."""
    parts = path.lstrip("/").split("/")
    return "/".join(parts[1:]) if parts[0].isdigit() and len(parts) > 1 else parts[-1]
