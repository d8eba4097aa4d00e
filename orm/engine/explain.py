"""How an engine will run a query, as lines that a person reads."""

from collections.abc import Sequence
from typing import Any

from orm.engine.result import Result
from orm.errors import QueryError


def explain_text(dialect: str, sql: str, version: str, *, analyze: bool) -> str:
    """The statement that asks. analyze: run the query, too, and tell how it went."""
    if not analyze:
        return {"sqlite": "EXPLAIN QUERY PLAN ", "mysql": "EXPLAIN "}[dialect] + sql
    if dialect == "sqlite":
        raise QueryError("SQLite cannot analyze a query while it runs: use explain() alone.")
    return ("ANALYZE " if "mariadb" in version.lower() else "EXPLAIN ANALYZE ") + sql


def readable(dialect: str, result: Result) -> str:
    """SQLite's steps as a tree, MySQL's as a table."""
    if dialect == "sqlite":
        return "\n".join(_tree(result.rows))
    return "\n".join(_table(result.columns, result.rows))


def _tree(rows: Sequence[Sequence[Any]]) -> list[str]:
    depths: dict[int, int] = {0: -1}
    lines = []
    for number, parent, _, text in rows:
        depths[number] = depths.get(parent, -1) + 1
        lines.append("  " * depths[number] + str(text))
    return lines


def _table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    cells = [list(names), *(["" if cell is None else str(cell) for cell in row] for row in rows)]
    # A column in which no step says anything is left out.
    shown = [i for i in range(len(names)) if any(row[i] for row in cells[1:])]
    widths = {i: max(len(row[i]) for row in cells) for i in shown}
    return ["  ".join(row[i].ljust(widths[i]) for i in shown).rstrip() for row in cells]
