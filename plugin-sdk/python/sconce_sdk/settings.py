"""Reads settings: JSON into the author's dataclass. What does not fit is refused with the name of the setting."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, get_type_hints

from sconce_sdk.failure import BadConfig


def read(cls: type, text: str) -> Any:
    """Reads `text` as a `cls`; raises `BadConfig`."""
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadConfig(f"not JSON: {error}") from None
    if not isinstance(settings, dict):
        raise BadConfig("settings are a JSON object")
    fields = {field.name: field for field in dataclasses.fields(cls)}
    if unknown := [name for name in settings if name not in fields]:
        raise BadConfig(f"unknown setting `{unknown[0]}`; there are {', '.join(fields) or 'none'}")
    hints = get_type_hints(cls)
    return cls(**{name: _fit(name, value, hints[name]) for name, value in settings.items()})


def _fit(name: str, value: Any, hint: Any) -> Any:
    """Holds plain types to their annotation; anything richer is the author's to check."""
    if hint is float and type(value) is int:
        return float(value)
    if hint in (bool, int, float, str) and type(value) is not hint:
        raise BadConfig(f"`{name}` must be of type {hint.__name__}")
    return value
