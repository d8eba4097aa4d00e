"""Reading SQL text as far as introspection must: tokens, the parts of CREATE TABLE, and whether two
expressions say the same.

MariaDB keeps an expression in its own words: names quoted, keywords in lower case, parentheses as
it likes. So expressions are compared by their tokens without quotes, case and parentheses. Two that
differ in parentheses alone count as the same: rather a change overlooked than one that is found on
every start.
"""

import re
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?P<skipped>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<text>[xX]?'(?:[^'\\]|''|\\.)*')
    |(?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
    |(?P<word>[A-Za-z_][A-Za-z0-9_$]*)
    |(?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9]+)
    |(?P<mark><=>|\|\||<>|!=|<=|>=|==|.)""",
    re.S | re.X,
)


@dataclass(frozen=True, slots=True)
class Token:
    """kind: text, name, word, number or mark. value: unquoted, words in lower case."""

    kind: str
    value: str
    start: int
    end: int


def tokens(sql: str) -> list[Token]:
    found = []
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup or ""
        if kind != "skipped":
            found.append(Token(kind, _value(kind, match[0]), match.start(), match.end()))
    return found


def _value(kind: str, text: str) -> str:
    if kind == "word":
        return text.lower()
    if kind == "name":
        mark = "]" if text[0] == "[" else text[0]
        return text[1:-1].replace(mark * 2, mark)
    if kind == "text" and text[0] == "'":
        return re.sub(r"''|\\(.)", lambda found: found[1] or "'", text[1:-1], flags=re.S)
    return text


# Other words for the same, as MariaDB writes them; an introducer of a character set says nothing.
_SAME: Final = {"lcase": "lower", "ucase": "upper", "!=": "<>", "==": "=", "!": "not"}
_SILENT: Final = {"(", ")", "_utf8mb4", "_utf8mb3", "_latin1"}


def meaning(expression: str) -> tuple[str, ...]:
    """What two ways of writing an expression have in common."""
    found = []
    for token in tokens(expression):
        value = token.value.lower() if token.kind in ("name", "word") else token.value
        value = _SAME.get(value, value)
        if token.kind == "text" or value not in _SILENT:
            found.append(f"'{value}" if token.kind == "text" else value)
    return tuple(found)


def closing(found: list[Token], opening: int) -> int:
    """The position of the parenthesis that closes the one at `opening`."""
    depth = 0
    for position in range(opening, len(found)):
        if found[position].kind == "mark":
            depth += {"(": 1, ")": -1}.get(found[position].value, 0)
            if not depth:
                return position
    return len(found) - 1


def definitions(create_table: str) -> list[list[Token]]:
    """The comma-separated parts between the parentheses of CREATE TABLE."""
    found = tokens(create_table)
    first = next((i for i, t in enumerate(found) if (t.kind, t.value) == ("mark", "(")), None)
    if first is None:
        return []
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in found[first + 1 : closing(found, first)]:
        if token.kind == "mark":
            depth += {"(": 1, ")": -1}.get(token.value, 0)
            if token.value == "," and not depth:
                parts.append([])
                continue
        parts[-1].append(token)
    return [part for part in parts if part]


def is_word(found: list[Token], position: int, *words: str) -> bool:
    """Do these keywords stand at `position`?"""
    part = found[position : position + len(words)]
    return len(part) == len(words) and all(
        token.kind == "word" and token.value == word
        for token, word in zip(part, words, strict=True)
    )


def within(sql: str, found: list[Token], opening: int) -> str:
    """The text between the parenthesis at `opening` and the one that closes it."""
    return sql[found[opening].end : found[closing(found, opening)].start].strip()


def rename_in(sql: str, old: str, new: str) -> str:
    """The expression with the column `old` called `new`."""
    parts: list[str] = []
    end = 0
    for token in tokens(sql):
        is_it = token.kind in ("name", "word") and token.value.lower() == old.lower()
        if is_it and not sql[token.end :].lstrip().startswith("("):  # else it is a function
            parts += [sql[end : token.start], f"`{new}`"]
            end = token.end
    return "".join([*parts, sql[end:]])
