"""The plugin's log. Lines are capped in size and rate by the host and cost fuel, so log events, not rows."""

from sconce_sdk.host import Host


def trace(line: str) -> None:
    """Steps."""
    Host.write("trace", str(line))


def debug(line: str) -> None:
    """For the author."""
    Host.write("debug", str(line))


def info(line: str) -> None:
    """For anybody."""
    Host.write("info", str(line))


def warn(line: str) -> None:
    """Something is odd."""
    Host.write("warn", str(line))


def error(line: str) -> None:
    """Something is broken."""
    Host.write("error", str(line))
