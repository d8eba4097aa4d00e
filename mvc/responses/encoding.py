"""Values as JSON. One encoder, one hook: `__json__()` on an object says what to encode instead.

Decimal and UUID become strings, dates ISO 8601, enums their values, sets lists, bytes base64,
dataclasses, msgspec Structs and mappings (the session, a form) objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


def encode_json(value: Any) -> bytes:
    """UTF-8 JSON. Raises TypeError for a value that has no JSON form, naming its type."""
    if type(value) is dict:
        return _encode(value)
    return _encode(_top_level(value))


def has_json_form(value: object) -> bool:
    """Whether the object says itself how it looks as JSON."""
    return callable(getattr(value, "__json__", None))


def kind_of(value: object) -> str:
    """A value's type for a message, with its article."""
    if value is None:
        return "None"
    name = type(value).__qualname__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _top_level(value: Any) -> Any:
    # The hook is only asked for types that msgspec does not know; a dataclass with `__json__`
    # would be encoded by its fields.
    return value.__json__() if has_json_form(value) else value


def _encode_unknown(value: Any) -> Any:
    if has_json_form(value):
        return value.__json__()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(
        f"{kind_of(value)} has no JSON form: give it a __json__() method, or return "
        "a dict, list, dataclass or msgspec Struct"
    )


_encode = msgspec.json.Encoder(enc_hook=_encode_unknown).encode
