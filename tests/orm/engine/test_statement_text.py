"""Reading SQL text: placeholders (sec:D6) and the kind of a statement."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orm.engine.dialect import MYSQL_DIALECT, SQLITE_DIALECT
from orm.engine.statements import Kind, bind_placeholders, kind_of
from orm.errors import QueryError


@pytest.mark.parametrize(
    ("sql", "mysql", "count"),
    [
        ("SELECT ?", "SELECT %s", 1),
        ("a = ? AND b IN (?, ?)", "a = %s AND b IN (%s, %s)", 3),
        ("'?' || ?", "'?' || %s", 1),
        ("'it''s ?' = ?", "'it''s ?' = %s", 1),
        ('"a?" = ?', '"a?" = %s', 1),
        ("`a?``?` = ?", "`a?``?` = %s", 1),
        ("? -- why?\n, ?", "%s -- why?\n, %s", 2),
        ("? /* ? \n ? */ ?", "%s /* ? \n ? */ %s", 2),
        ("a LIKE '5%' AND b % ? = 1", "a LIKE '5%%' AND b %% %s = 1", 1),
    ],
)
def test_sec_D6_placeholders(sql: str, mysql: str, count: int) -> None:
    assert bind_placeholders(sql, MYSQL_DIALECT) == (mysql, count)
    assert bind_placeholders(sql, SQLITE_DIALECT) == (sql, count)


def test_backslash_escapes_a_quote_on_mysql_only() -> None:
    assert bind_placeholders(r"'it\'s ?' = ?", MYSQL_DIALECT)[1] == 1
    assert bind_placeholders(r"'\' = ?", SQLITE_DIALECT)[1] == 1
    assert bind_placeholders("# ?\n?", MYSQL_DIALECT)[1] == 1
    assert bind_placeholders("[a?] = ?", SQLITE_DIALECT)[1] == 1


@pytest.mark.parametrize("sql", ["'open ?", '"open', "`open", "/* open ?"])
def test_sec_D6_an_open_quote_or_comment_is_refused(sql: str) -> None:
    for dialect in (SQLITE_DIALECT, MYSQL_DIALECT):
        with pytest.raises(QueryError, match="never closes"):
            bind_placeholders(sql, dialect)


@settings(deadline=None)
@given(st.text(alphabet="'\\?%-# \"`a", max_size=12))
def test_sec_D6_a_quoted_text_never_counts(text: str) -> None:
    quoted = "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
    assert bind_placeholders(f"SELECT {quoted}, ?", MYSQL_DIALECT)[1] == 1


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT 1", Kind.READ),
        ("  (select 1) union select 2", Kind.READ),
        ("/* x */ -- y\n select 1", Kind.READ),
        ("WITH a AS (SELECT 1) SELECT * FROM a", Kind.READ),
        ("INSERT INTO t VALUES (1)", Kind.WRITE),
        ("update t set a = 1", Kind.WRITE),
        ("CREATE TABLE t (a INT)", Kind.SCHEMA),
        ("create temporary table t (a INT)", Kind.SESSION),
        ("BEGIN", Kind.CONTROL),
        ("commit", Kind.CONTROL),
        ("SET @a = 1", Kind.SESSION),
        ("PRAGMA foreign_keys", Kind.SESSION),
        ("", Kind.SESSION),
    ],
)
def test_kind_of_a_statement(sql: str, kind: Kind) -> None:
    assert kind_of(sql) is kind


@pytest.mark.parametrize("name", ["", "a\0b", "a\nb"])
def test_sec_D1_what_is_no_identifier_is_not_quoted(name: str) -> None:
    with pytest.raises(QueryError):
        SQLITE_DIALECT.quote(name)


def test_sec_D1_quotes_are_doubled() -> None:
    assert SQLITE_DIALECT.quote('a"b') == '"a""b"'
    assert MYSQL_DIALECT.quote("a`b%c") == "`a``b%%c`"
