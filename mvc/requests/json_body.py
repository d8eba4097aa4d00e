"""A request body as JSON (RFC 8259), stricter than Python's reader (sec:P16).

Refused: NaN and Infinity in any disguise, repeated names, nesting deeper than 64, integers of more
than 4,300 digits, lone surrogates (they could not be written out again), anything but UTF-8.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from httpcore import HTTPError
from mvc.requests.parameters import parse_parameterized

MAX_DEPTH = 64  # arrays and objects inside each other
MAX_DIGITS = 4300  # CPython's own limit on int(text), stated so that no setting changes it

# Strings are skipped whole, so brackets inside them do not count. Possessive, so linear.
_STRUCTURE = re.compile(rb'"(?:[^"\\]++|\\.)*"?+|[\[{]|[\]}]', re.DOTALL)
_OPENING = (b"[", b"{")
_CLOSING = (b"]", b"}")


def decode_json(content_type: str | None, body: bytes) -> Any:
    """The decoded body. Raises HTTPError 415 for another media type or charset, 400 when broken."""
    media = parse_parameterized(content_type or "")
    if not is_json(media.value):
        raise HTTPError(415, "This address takes JSON: send Content-Type: application/json.")
    if media.charset not in ("utf-8", "utf8"):
        raise HTTPError(415, "JSON is taken in UTF-8 only.")
    if _is_too_deep(body):
        raise HTTPError(400, f"The JSON is nested deeper than {MAX_DEPTH}.")
    try:
        value = _DECODER.decode(body.decode())
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise HTTPError(400, f"The JSON is broken at {where}: {error.msg}.") from None
    except UnicodeError:
        raise HTTPError(400, "The JSON is not valid UTF-8 text.") from None
    except ValueError as error:
        raise HTTPError(400, f"The JSON is not accepted: {error}.") from None
    return value


def is_json(media_type: str) -> bool:
    """Whether the media type is application/json or ends in +json (RFC 6839)."""
    return media_type == "application/json" or media_type.endswith("+json")


def _is_too_deep(body: bytes) -> bool:
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return False
    depth = 0
    for match in _STRUCTURE.finditer(body):
        mark = match[0]
        if mark in _OPENING:
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif mark in _CLOSING:
            depth -= 1
    return False


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name is repeated in an object")
    return result


def _read_int(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"an integer has more than {MAX_DIGITS} digits")
    return int(text)


def _read_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique_names,
    parse_int=_read_int,
    parse_float=_read_float,
    parse_constant=_refuse_constant,
)
