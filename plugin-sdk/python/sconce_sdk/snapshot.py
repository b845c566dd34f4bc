"""Turns a state into bytes and back: numbers, texts, flags, lists and dicts. Floats keep their value, NaN included."""

from __future__ import annotations

import json
from typing import Any

from sconce_sdk.failure import BadInput


def save(format: int, state: Any) -> bytes:
    """Writes `state` behind one byte that names its format. Raise `format` whenever the state's shape changes."""
    return bytes([format]) + json.dumps(state, separators=(",", ":")).encode()


def load(format: int, data: bytes) -> Any:
    """Reads what `save` wrote under the same format; raises `BadInput` for anything else. A tuple comes back as a list."""
    if not data:
        raise BadInput("the snapshot is empty")
    if data[0] != format:
        raise BadInput(f"the snapshot has format {data[0]}, this plugin reads {format}")
    try:
        return json.loads(data[1:])
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the snapshot cannot be read: {error}") from None
