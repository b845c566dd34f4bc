"""JSON as the host writes it, byte for byte: two spaces, keys in the order given, numbers in their shortest form.

Owns how a number looks and what is refused while reading. Knows nothing of what the files mean. Standard library only.
"""

import json
import math
import os
import tempfile
from decimal import Decimal
from pathlib import Path

from .errors import BadInput


def number(value: float) -> str:
    """The shortest decimal that reads back as `value`; plain from 1e-5 up to 1e16, with an exponent outside."""
    if not math.isfinite(value):
        raise BadInput(f"{value} is no number that JSON can hold")
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0") or "0"
    exponent += len(digits) - len(text)
    if text == "0":
        return "-0.0" if sign else "0.0"
    point = len(text) + exponent
    if exponent >= 0 and point <= 16:
        plain = text + "0" * exponent + ".0"
    elif 0 < point <= 16:
        plain = f"{text[:point]}.{text[point:]}"
    elif -5 < point <= 0:
        plain = "0." + "0" * -point + text
    else:
        mantissa = text if len(text) == 1 else f"{text[0]}.{text[1:]}"
        plain = f"{mantissa}e{point - 1:+d}"
    return f"-{plain}" if sign else plain


def text(value: object) -> str:
    """A JSON document, with a line break at its end."""
    return _lines(value, 0) + "\n"


def _lines(value: object, depth: int) -> str:
    if isinstance(value, bool) or value is None or isinstance(value, (str, int)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, dict):
        items = [f"{json.dumps(key, ensure_ascii=False)}: {_lines(item, depth + 1)}" for key, item in value.items()]
        return _block("{", items, "}", depth)
    if isinstance(value, (list, tuple)):
        return _block("[", [_lines(item, depth + 1) for item in value], "]", depth)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _block(opening: str, items: list[str], closing: str, depth: int) -> str:
    if not items:
        return opening + closing
    inner, outer = "  " * (depth + 1), "  " * depth
    return f"{opening}\n{inner}" + f",\n{inner}".join(items) + f"\n{outer}{closing}"


def read(path: Path, called: str | None = None) -> object:
    """The document in a file. Raises `BadInput` for what is no strict JSON: NaN, infinities, a key said twice."""
    called = called or path.name
    try:
        return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique, parse_constant=_constant)
    except FileNotFoundError:
        raise BadInput(f"{called}: the file is missing") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{called}: cannot be read: {error}") from None
    except BadInput as error:
        raise BadInput(f"{called}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{called}: is no JSON: {error}") from None


def _unique(pairs: list[tuple[str, object]]) -> dict:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise BadInput(f"the key {twice!r} stands twice")
    return found


def _constant(name: str) -> float:
    raise BadInput(f"{name} is no number that JSON can hold")


def replace(path: Path, content: str | bytes) -> None:
    """Writes a file so that a reader sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8") if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
