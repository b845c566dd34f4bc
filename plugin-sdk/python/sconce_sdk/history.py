"""More rows back. Asked for with `Needs(history=True)` and granted by the deployment, else every call fails. Works only
while the host feeds row by row: it fails during warm-up, and a plugin that uses it is not replayed in chunks. Update
your state before you call it."""

from sconce_sdk.host import Host
from sconce_sdk.row import Rows


def rows(count: int) -> Rows:
    """The newest `count` rows before the present one, oldest first; fewer where the host has fewer. Raises `Other` where
    the ability was not granted."""
    number, width, data = Host.rows(count)
    return Rows(number, width, data, Host.columns)
