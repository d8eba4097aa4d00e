"""Each feature's queries are compiled once per shape, whatever values they carry (orm:O41)."""

from collections.abc import Callable
from typing import Any

import pytest

from orm import (
    case,
    count,
    date_trunc,
    function,
    group_concat,
    lag,
    match,
    rank,
    raw,
    round_,
    row_number,
    shift,
    sum_,
    when,
)
from orm.engine.dialect import SQLITE_DIALECT
from orm.expressions.trace import Trace
from orm.queries.plans import compile_now
from orm.queries.statements import compile_rows
from tests.support.orm_queries import FtPaper, QNote, QUser


def tree(name: str) -> Any:
    start = QUser.select(QUser.id).where(QUser.name == name)
    found = start.cte("tree", lambda t: QUser.select(QUser.id).join(t, on=QUser.boss == t.id))
    return found.select(found.id)


def table(n: int) -> Any:
    made = QNote.select(QNote.author, count().as_("n")).group_by(QNote.author).as_table("t")
    return made.select().where(made.n > n)


BUILDERS: dict[str, Callable[[int], Any]] = {
    "path": lambda n: QNote.select().where(QNote.author.team.name == f"x{n}"),
    "window": lambda n: QNote.select().where(row_number().over(order_by=QNote.id) <= n),
    "lag": lambda n: QNote.select(lag(QNote.id, n, n).over(order_by=QNote.id)),
    "cte": lambda n: tree(f"x{n}"),
    "table": table,
    "union": lambda n: QNote.select().where(QNote.id > n).union(QNote.select()).limit(n),
    "json": lambda n: QNote.select().where(QNote.data[f"k{n}"]["x"] == n),
    "json list": lambda n: QNote.select().where(QNote.data[f"k{n}"].contains([n])),
    "match": lambda n: FtPaper.select().where(match(f"word{n}", FtPaper.title)),
    "function": lambda n: QNote.select(function("ABS", QNote.id + n)),
    "moments": lambda n: QNote.select(date_trunc(shift(QNote.at, days=n), "month")),
    "round": lambda n: QNote.select(round_(QNote.price * n, 2)),
    "aggregates": lambda n: QNote.select(
        group_concat(QNote.title, order_by=-QNote.id, filter=QNote.id > n),
        sum_(case(when(QNote.id > n, 1), default=0)),
    ),
    "annotation": lambda n: QUser.select().annotate(
        r=rank().over(order_by=QUser.id), n=QUser.id + n
    ),
    "raw": lambda n: QNote.select().where(raw("id > ?", [n])),
    "only": lambda n: QNote.select().only(QNote.title).where(QNote.id == n).order_by("-title"),
}


@pytest.mark.parametrize("name", BUILDERS)
def test_orm_O41_the_shape_is_the_same_and_the_values_are_not(name: str) -> None:
    traces, compiled = [], []
    for number in (3, 4):
        shape = BUILDERS[name](number)._shape
        trace = Trace(compile_rows)
        shape.trace(trace)
        assert trace.is_complete
        traces.append(trace)
        compiled.append(compile_now(shape, compile_rows, SQLITE_DIALECT))
    assert traces[0].key == traces[1].key
    hash(tuple(traces[0].key))
    assert compiled[0][0] == compiled[1][0]
    assert compiled[0][1] != compiled[1][1]
