r"""Path patterns: three ways to write a parameter, one compiled form.

    pattern   = "/" *( literal / angle / brace )
    angle     = "<" name [ ":" filter ] ">"         <id>  <id:int>      (feat:R7, R8)
              / "<" filter ":" name ">"             <int:id>            (feat:R9)
              / "<" name ":re:" regex ">"           <id:re:[0-9]+>      (feat:R11)
    brace     = "{" name "::" regex "}"             {id::[0-9]{1,5}}    (feat:R10)

A regex may itself hold the closing bracket: the scanner counts nesting, skips what a backslash
escapes and what stands in a character class. Order in `<a:b>` is decided by which side is a known
filter; when both are, the pattern is refused rather than guessed (`<path:path>` leaves no doubt).

A path is matched decoded, except that an encoded slash is no separator (http:L4): the table hands
it over as NUL, which no path can contain, and it turns into "/" in the value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mvc.routing.filters import FILTERS, SEGMENT, Filter
from mvc.suggestions import did_you_mean

ENCODED_SLASH = "\0"
_EXAMPLE = "write '/notes/<id:int>', '/notes/<int:id>' or '/notes/{id::[0-9]+}'"
_CLOSING = {"<": ">", "{": "}"}
_DOT_SEGMENTS = frozenset({".", ".."})
# sub-delims, ":" and "@" may stand in a path segment as they are (RFC 3986 section 3.3).
_PATH_SAFE = "!$&'()*+,;=:@-._~"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a pattern."""

    name: str
    filter: Filter


class Pattern:
    """A compiled pattern.

    text: as written. pieces: literals and Parameters in order. names: of the parameters.
    shape: equal for patterns that match the same paths whatever their parameters are called.
    prefix: the literal text before the first parameter.
    """

    __slots__ = ("_converters", "_fullmatch", "names", "pieces", "prefix", "shape", "text")

    def __init__(self, text: str, pieces: tuple[str | Parameter, ...]) -> None:
        self.text = text
        self.pieces = pieces
        parameters = [piece for piece in pieces if isinstance(piece, Parameter)]
        self.names = tuple(parameter.name for parameter in parameters)
        self.prefix = pieces[0] if isinstance(pieces[0], str) else ""
        self.shape = tuple(
            piece if isinstance(piece, str) else ("parameter", piece.filter.regex)
            for piece in pieces
        )
        self._fullmatch = re.compile("".join(_regex_of(piece) for piece in pieces)).fullmatch
        self._converters = {
            parameter.name: parameter.filter.to_python
            for parameter in parameters
            if parameter.filter.to_python is not str
        }

    @property
    def is_static(self) -> bool:
        return not self.names

    def yields_text(self, name: str) -> bool:
        """Whether the parameter's value is the text of the path, not converted by its filter."""
        return name not in self._converters

    def filter_of(self, name: str) -> Filter:
        """The filter of a parameter that the pattern has."""
        return next(p.filter for p in self.pieces if isinstance(p, Parameter) and p.name == name)

    def match(self, path: str) -> dict[str, Any] | None:
        """The converted parameters when the whole path matches, else None (feat:R18)."""
        found = self._fullmatch(path)
        if found is None:
            return None
        values: dict[str, Any] = {name: found[name] for name in self.names}
        if ENCODED_SLASH in path:
            values = {name: text.replace(ENCODED_SLASH, "/") for name, text in values.items()}
        try:
            for name, convert in self._converters.items():
                values[name] = convert(values[name])
        except ValueError:
            return None
        return values

    def build(self, values: Mapping[str, Any]) -> str:
        """The percent-encoded path for these values.

        Raises ValueError when one is missing, would not match its own filter (feat:R27), or makes
        a segment `.` or `..`, which clients resolve away before they ask (RFC 3986 section 5.2.4).
        """
        path = "".join(
            quote(piece, safe=f"/{_PATH_SAFE}")
            if isinstance(piece, str)
            else self._encode(piece, values)
            for piece in self.pieces
        )
        if _DOT_SEGMENTS.intersection(path.split("/")):
            raise ValueError(f"{path} has a segment that clients resolve away: '.' or '..'")
        return path

    def _encode(self, parameter: Parameter, values: Mapping[str, Any]) -> str:
        if parameter.name not in values:
            raise ValueError(f"{self.text} needs a value for {parameter.name!r}")
        text = parameter.filter.to_url(values[parameter.name])
        if re.fullmatch(parameter.filter.regex, text):
            return quote(text, safe=f"/{_PATH_SAFE}")
        if re.fullmatch(parameter.filter.regex, text.replace("/", ENCODED_SLASH)):
            return quote(text, safe=_PATH_SAFE)
        raise ValueError(f"{text!r} does not match {parameter.name!r} of {self.text}")

    def __repr__(self) -> str:
        return f"<Pattern {self.text}>"


def parse_pattern(text: str) -> Pattern:
    """Compile a pattern. Raises ValueError: what is wrong and how to write it (feat:R17)."""
    if not text.startswith("/"):
        raise ValueError(f"pattern {text!r} does not start with '/': {_EXAMPLE}")
    pieces = _split(text)
    names = [piece.name for piece in pieces if isinstance(piece, Parameter)]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"pattern {text!r} names {name!r} twice: give each its own name")
    try:
        return Pattern(text, pieces)
    except re.error as error:
        raise ValueError(f"pattern {text!r} has a broken regular expression: {error}") from None


def _regex_of(piece: str | Parameter) -> str:
    if isinstance(piece, str):
        return re.escape(piece)
    return f"(?P<{piece.name}>{piece.filter.regex})"


def _split(text: str) -> tuple[str | Parameter, ...]:
    pieces: list[str | Parameter] = []
    position = 0
    for opening in re.finditer("[<{>}]", text):
        if opening.start() < position:
            continue
        if opening[0] not in _CLOSING:
            raise ValueError(f"pattern {text!r} has a stray {opening[0]!r}: {_EXAMPLE}")
        if opening.start() > position:
            pieces.append(text[position : opening.start()])
        end = _closing_bracket(text, opening.start())
        inner = text[opening.start() + 1 : end]
        parse = _parse_angle if opening[0] == "<" else _parse_brace
        pieces.append(parse(inner, text))
        position = end + 1
    if position < len(text):
        pieces.append(text[position:])
    return tuple(pieces)


def _closing_bracket(text: str, start: int) -> int:
    opening, closing = text[start], _CLOSING[text[start]]
    depth = 0
    in_class = is_escaped = False
    for position in range(start, len(text)):
        character = text[position]
        if is_escaped:
            is_escaped = False
        elif character == "\\":
            is_escaped = True
        elif in_class:
            in_class = character != "]"
        elif character == "[":
            in_class = True
        elif character in (opening, closing):
            depth += 1 if character == opening else -1
            if depth == 0:
                return position
    raise ValueError(f"pattern {text!r} has no {closing!r} for its {opening!r}: {_EXAMPLE}")


def _parse_angle(inner: str, text: str) -> Parameter:
    first, colon, second = inner.partition(":")
    if not colon:
        return Parameter(_checked_name(first, text), Filter(SEGMENT))
    if second.startswith("re:"):
        return Parameter(_checked_name(first, text), _own_regex(second[len("re:") :], text))
    if first != second and first in FILTERS and second in FILTERS:
        raise ValueError(
            f"pattern {text!r}: {first!r} and {second!r} are both filters, so which is the name? "
            "Rename the parameter"
        )
    if first in FILTERS:
        return Parameter(_checked_name(second, text), FILTERS[first])
    name = _checked_name(first, text)
    if second not in FILTERS:
        hint = did_you_mean(second, FILTERS, f"known: {', '.join(FILTERS)}, re:...")
        raise ValueError(f"pattern {text!r} has an unknown filter {second!r}: {hint}")
    return Parameter(name, FILTERS[second])


def _parse_brace(inner: str, text: str) -> Parameter:
    name, separator, regex = inner.partition("::")
    if not separator:
        raise ValueError(f"pattern {text!r} has no '::' in {{{inner}}}: {_EXAMPLE}")
    return Parameter(_checked_name(name, text), _own_regex(regex, text))


def _own_regex(regex: str, text: str) -> Filter:
    if not regex:
        raise ValueError(f"pattern {text!r} has an empty regular expression: {_EXAMPLE}")
    return Filter(regex)


def _checked_name(name: str, text: str) -> str:
    if " " in name:
        raise ValueError(f"pattern {text!r} has spaces inside its brackets: {_EXAMPLE}")
    if not name.isidentifier():
        raise ValueError(f"pattern {text!r}: {name!r} is no parameter name: {_EXAMPLE}")
    return name
