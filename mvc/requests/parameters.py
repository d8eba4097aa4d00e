"""Field values of the form `value; name=token; name="quoted string"` (RFC 9110 section 5.6.6).

One scan from left to right, every character looked at once (sec:P9); what does not fit the grammar
ends the scan, and what was read before it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from mvc.tokens import TOKEN

MAX_LENGTH = 8192  # characters of a field value that are looked at; the parser allows no more

# parameter = *( OWS ";" OWS token "=" ( token / quoted-string ) ); linear, because its runs are
# possessive. Groups never are: see `httpcore.protocol.grammar`.
_PARAMETER = re.compile(
    rf"[ \t]*+;[ \t]*+(?:({TOKEN})="
    rf"(?:({TOKEN})|\"((?:[^\"\\]++|\\.)*)\")(?=[ \t]*+(?:;|\Z)))?"
)
_QUOTED_PAIR = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class ParameterizedValue:
    """value: lower-cased, without parameters; parameters: names lower-cased, the first one wins."""

    value: str
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def charset(self) -> str:
        return self.parameters.get("charset", "utf-8").lower()


def parse_parameterized(text: str) -> ParameterizedValue:
    """Split a field value such as that of Content-Type or Content-Disposition."""
    text = text[:MAX_LENGTH]
    end = text.find(";")
    if end < 0:
        return ParameterizedValue(text.strip(" \t").lower())
    parameters: dict[str, str] = {}
    position = end
    while match := _PARAMETER.match(text, position):
        position = match.end()
        name, token, quoted = match.groups()
        if name is not None:
            value = token if token is not None else _QUOTED_PAIR.sub(r"\1", quoted)
            parameters.setdefault(name.lower(), value)
    return ParameterizedValue(text[:end].strip(" \t").lower(), parameters)


def decode_extended(text: str) -> str | None:
    """A value of the form `UTF-8''na%C3%AFve.txt` (RFC 8187), None when it is none."""
    charset, first, rest = text.partition("'")
    _, second, encoded = rest.partition("'")
    if not (first and second) or charset.lower() != "utf-8":
        return None
    try:
        return unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        return None
