"""Reading SQL text as far as the engine must: what kind of statement it is, where its `?` stand.

Neither is a parser. The kind is told by the first word, past blanks and comments; placeholders are
found by stepping over everything that may contain a question mark without meaning it: quoted
texts, quoted names and comments. In MySQL a backslash escapes inside quotes and `#` opens a
comment, in SQLite neither does and `[name]` is quoted too.
"""

import re
from enum import Enum
from functools import lru_cache

from orm.engine.dialect import Dialect
from orm.errors import QueryError


class Kind(Enum):
    """What a statement may do to the connection it runs on."""

    READ = "reads rows"
    WRITE = "writes rows"
    SCHEMA = "changes the schema"
    CONTROL = "begins or ends a transaction"
    SESSION = "changes the state of the connection"


_KINDS = {
    **dict.fromkeys(("SELECT", "VALUES", "WITH", "EXPLAIN", "SHOW", "DESCRIBE", "DESC"), Kind.READ),
    **dict.fromkeys(("INSERT", "UPDATE", "DELETE", "REPLACE"), Kind.WRITE),
    **dict.fromkeys(("CREATE", "DROP", "ALTER", "TRUNCATE", "RENAME"), Kind.SCHEMA),
    **dict.fromkeys(
        ("BEGIN", "START", "COMMIT", "ROLLBACK", "END", "SAVEPOINT", "RELEASE", "XA"), Kind.CONTROL
    ),
}

# What the ORM itself writes is told by a look at six letters.
_COMMON = {word: _KINDS[word] for word in ("SELECT", "INSERT", "UPDATE", "DELETE")}

_FIRST_WORD = re.compile(
    r"(?:[\s(]|--[^\n]*(?:\n|$)|\#[^\n]*(?:\n|$)|/\*(?:[^*]++|\*(?!/))*\*/)*([A-Za-z]+)", re.S
)
_TEMPORARY = re.compile(r"CREATE\s+(?:OR\s+REPLACE\s+)?TEMPORARY\b", re.I)


def kind_of(sql: str) -> Kind:
    """The kind of a statement by its first word; what is unknown counts as SESSION.

    A statement that opens with WITH may still write: the engine that cares (SQLite's readers)
    refuses it there and runs it on the writer.
    """
    return _COMMON.get(sql[:6]) or _kind_by_first_word(sql)


def _kind_by_first_word(sql: str) -> Kind:
    match = _FIRST_WORD.match(sql)
    if match is None:
        return Kind.SESSION
    kind = _KINDS.get(match[1].upper(), Kind.SESSION)
    if kind is Kind.SCHEMA and _TEMPORARY.match(sql, match.start(1)):
        return Kind.SESSION
    return kind


_SKIPPED = {
    "sqlite": r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/",
    "mysql": r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|`(?:[^`]|``)*`"
    r"|--(?=\s|$)[^\n]*|\#[^\n]*|/\*.*?\*/",
}
_TOKENS = {
    name: re.compile(rf"(?P<skipped>{skipped})|(?P<open>['\"`]|/\*)|\?|%", re.S)
    for name, skipped in _SKIPPED.items()
}


@lru_cache(maxsize=1024)
def bind_placeholders(sql: str, dialect: Dialect) -> tuple[str, int]:
    """Rewrite `?` into the dialect's placeholder; returns the text and how many there are.

    Literal percent signs are doubled where the driver formats with them. QueryError for a quote or
    comment that is never closed.
    """
    count = 0

    def rewrite(match: re.Match[str]) -> str:
        nonlocal count
        if match["open"]:
            raise QueryError(f"the SQL text opens {match['open']} and never closes it.")
        if match[0] == "?":
            count += 1
            return dialect.placeholder
        return match[0].replace("%", "%%") if dialect.doubles_percent else match[0]

    return _TOKENS[dialect.name].sub(rewrite, sql), count
