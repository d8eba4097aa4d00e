"""Text search: the same answer, case and all, on both engines.

SQLite's LIKE ignores ASCII case, so an exact search is GLOB there (and INSTR for `contains`);
MySQL's LIKE follows the column's collation, which is binary. A prefix is a range on both. A
case-insensitive column is searched in lower case on SQLite. Wildcards in what is searched for are
escaped (sec:D4), in LIKE by `|`, because a backslash means something else under each sql_mode.
"""

import re
from collections.abc import Iterable
from enum import Enum
from typing import Any, Final

from orm.errors import DataError, QueryError
from orm.expressions.base import Condition, Expression, Value
from orm.expressions.operators import T_co
from orm.expressions.writer import Writer
from orm.types.base import Converter, shorten
from orm.types.text import TextType, flaw_of

# Longest regular expression that reaches the engine (sec:D4).
MAX_REGEXP: Final = 1_000

_TEXT: Final = TextType()
_LAST_CHARACTER: Final = "\U0010ffff"


class Wildcard(Enum):
    ANY = "any text"
    ONE = "one character"


Token = str | Wildcard

_LIKE: Final = {Wildcard.ANY: "%", Wildcard.ONE: "_"}
_GLOB: Final = {Wildcard.ANY: "*", Wildcard.ONE: "?"}


def like_pattern(tokens: Iterable[Token]) -> str:
    return "".join(
        _LIKE[token]
        if isinstance(token, Wildcard)
        else token.replace("|", "||").replace("%", "|%").replace("_", "|_")
        for token in tokens
    )


def glob_pattern(tokens: Iterable[Token]) -> str:
    return "".join(
        _GLOB[token]
        if isinstance(token, Wildcard)
        else "".join(f"[{char}]" if char in "*?[" else char for char in token)
        for token in tokens
    )


def parse_like(pattern: str) -> list[Token]:
    r"""The tokens of a LIKE pattern: `%`, `_`, and `\` before one of them or itself."""
    tokens: list[Token] = []
    characters = iter(pattern)
    for char in characters:
        if char == "\\":
            tokens.append(next(characters, "\\"))
        else:
            tokens.append({"%": Wildcard.ANY, "_": Wildcard.ONE}.get(char, char))
    return tokens


class PatternType(TextType):
    """Tokens on the way to the engine: a LIKE pattern on MySQL, a GLOB pattern on SQLite."""

    def encoder(self, dialect: str) -> Converter:
        return like_pattern if dialect == "mysql" else glob_pattern


class PartType(TextType):
    """A text that is looked for inside another: SQLite's INSTR takes it as it is."""

    def encoder(self, dialect: str) -> Converter | None:
        return _part_pattern if dialect == "mysql" else None


def _part_pattern(text: str) -> str:
    return like_pattern((Wildcard.ANY, text, Wildcard.ANY))


class RegexpType(TextType):
    """A regular expression. MySQL looks at the column's collation, the function we gave SQLite sees
    none, so there the pattern itself says that it ignores case."""

    def encoder(self, dialect: str) -> Converter | None:
        if dialect == "mysql":
            return None
        return _pattern_ignoring_case if self.ci else _checked_pattern


def _checked_pattern(pattern: str) -> str:
    """DataError now: of what goes wrong in a function of ours SQLite tells nothing."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise DataError(f"{pattern!r} is no regular expression: {error}.") from error
    return pattern


def _pattern_ignoring_case(pattern: str) -> str:
    return f"(?i:{_checked_pattern(pattern)})"


class Search(Condition):
    """A column against a pattern of tokens."""

    parts = ("inner", "pattern")
    traits = ("begins_with_text", "is_part")

    def __init__(self, inner: Expression[Any], tokens: Iterable[Token]) -> None:
        self.inner = inner
        given = tuple(tokens)
        self.begins_with_text = bool(given) and isinstance(given[0], str)
        is_contained = len(given) == 3 and given[0] is given[2] is Wildcard.ANY
        self.is_part = is_contained and isinstance(given[1], str) and not ignores_case(inner)
        self.pattern: Value[Any] = (
            Value(given[1], PartType()) if self.is_part else Value(given, PatternType())
        )

    def write(self, writer: Writer) -> None:
        if writer.is_mysql:
            # MariaDB ends the index range of a pattern `x%` at U+FFFF and so misses texts that go
            # on beyond it; a function around the column keeps it from using the range.
            writer.text("CONCAT(" if self.begins_with_text else "")
            self.inner.write(writer)
            writer.text(")" if self.begins_with_text else "")
            writer.text(" LIKE ")
            self.pattern.write(writer)
            writer.text(" ESCAPE '|'")
        elif self.is_part:
            writer.text("INSTR(")
            writer.join((self.inner, self.pattern))
            writer.text(") > 0")
        elif ignores_case(self.inner):
            # SQLite's LIKE knows the case of ASCII letters only; our lower() knows all.
            writer.text("LOWER(")
            self.inner.write(writer)
            writer.text(") GLOB LOWER(")
            self.pattern.write(writer)
            writer.text(")")
        else:
            self.inner.write(writer)
            writer.text(" GLOB ")
            self.pattern.write(writer)


class Prefix(Condition):
    """`column >= prefix AND column < next text that does not begin with it`.

    Text is compared by code point on both engines, so this is exact, and an index serves it.
    """

    parts = ("inner", "prefix", "end")

    def __init__(self, inner: Expression[Any], prefix: str) -> None:
        self.inner = inner
        self.prefix: Value[str] = Value(prefix, _TEXT)
        end = text_after(prefix)
        self.end: Value[str] | None = None if end is None else Value(end, _TEXT)

    def write(self, writer: Writer) -> None:
        writer.text("(")
        self.inner.write(writer)
        writer.text(" >= ")
        self.prefix.write(writer)
        if self.end is not None:
            writer.text(" AND ")
            self.inner.write(writer)
            writer.text(" < ")
            self.end.write(writer)
        writer.text(")")


def text_after(prefix: str) -> str | None:
    """The smallest text greater than every text that begins with `prefix`; None: there is none."""
    stem = prefix.rstrip(_LAST_CHARACTER)
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    # Surrogates are no characters: U+E000 follows U+D7FF.
    return stem[:-1] + chr(0xE000 if following == 0xD800 else following)


def ignores_case(inner: Expression[Any]) -> bool:
    return inner.type is not None and inner.type.ci


class Regexp(Condition):
    parts = ("inner", "pattern")

    def __init__(self, inner: Expression[Any], pattern: str) -> None:
        self.inner = inner
        self.pattern: Value[str] = Value(pattern, RegexpType(ci=ignores_case(inner)))

    def write(self, writer: Writer) -> None:
        self.inner.write(writer)
        writer.text(" REGEXP ")
        self.pattern.write(writer)


class Searchable(Expression[T_co]):
    """An expression that may hold text, with the operators that look into it."""

    def contains(self, text: str) -> Condition:
        """Has `text` in it, exactly; `%` and `_` are ordinary characters."""
        return Search(self, (Wildcard.ANY, self._searched(text), Wildcard.ANY))

    def startswith(self, text: str) -> Condition:
        """Begins with `text`, exactly; an index serves it."""
        prefix = self._searched(text)
        if ignores_case(self):
            return Search(self, (prefix, Wildcard.ANY))
        return Prefix(self, prefix)

    def endswith(self, text: str) -> Condition:
        """Ends with `text`, exactly."""
        return Search(self, (Wildcard.ANY, self._searched(text)))

    def like(self, pattern: str) -> Condition:
        r"""Matches as a whole: `%` any text, `_` one character, `\` before either to mean it."""
        return Search(self, parse_like(self._searched(pattern)))

    def regexp(self, pattern: str) -> Condition:
        """Has a part that the regular expression matches (the engine's own dialect of them)."""
        text = self._searched(pattern)
        if len(text) > MAX_REGEXP:
            raise QueryError(
                f"A regular expression has {MAX_REGEXP} characters at most, not {len(text)}."
            )
        return Regexp(self, text)

    def _searched(self, text: object) -> str:
        if not isinstance(text, str):
            raise QueryError(f"{self.label} is searched for a str, not {shorten(text)}.")
        flaw = flaw_of(text)
        if flaw is not None:
            raise DataError(f"{self.label} takes text without {flaw}, not {shorten(text)}.")
        return text
