"""What is known of statements: log, slow queries, statistics, hooks, plans (orm:O40, feat:M10)."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from orm import (
    ConfigurationError,
    Database,
    IntegrityError,
    Model,
    QueryError,
    String,
    assert_queries,
    create_all,
    pipeline,
)
from orm.engine import tally
from orm.engine.context import set_context
from tests.support.orm_models import Label, Person, Team, create_tables


class Account(Model):
    name = String(40)
    password = String(80, secret=True)


@pytest.fixture(autouse=True)
def tables(db: Any) -> None:
    create_tables()
    create_all([Account])


@pytest.fixture
def request_context() -> Iterator[None]:
    set_context(lambda: {"request": "r-17"})
    yield
    set_context(None)


@pytest.mark.usefixtures("request_context")
def test_feat_M10_time_rows_caller_and_request_of_each_statement(db: Any) -> None:
    with db.log_queries() as log:
        Label.insert_many([{"name": "a"}, {"name": "b"}])
        found = Label.select().all()  # here
        Label.update(name="c").where(Label.name == "b").execute()
    line = next(
        number
        for number, text in enumerate(Path(__file__).read_text().splitlines(), 1)
        if text.endswith("# here")
    )
    assert len(found) == 2
    assert [statement.rows for statement in log] == [2, 2, 1]
    assert all(statement.seconds > 0 for statement in log)
    caller = log[1].caller
    assert (caller.path, caller.line) == (__file__, line)
    assert caller.function == "test_feat_M10_time_rows_caller_and_request_of_each_statement"
    assert log[1].context == {"request": "r-17"}
    assert f"2 rows  SELECT" in str(log[1])  # noqa: F541
    assert str(log[1]).endswith(f"({caller}, request r-17)")


def test_feat_M10_secrets_are_masked(db: Any) -> None:
    with db.log_queries() as log:
        Account.insert(name="ann", password="hunter2")
        Account.select().where(Account.password == "hunter2").all()
    assert "hunter2" not in str(log)
    assert "hunter2" not in repr([statement.params for statement in log])
    assert log[0].params == ("ann", "***")


def test_orm_O40_long_values_and_many_parameters_are_cut_in_the_line(db: Any) -> None:
    with db.log_queries() as log:
        Label.select().where(Label.name.in_(["x" * 40] * 50)).all()
    assert len(str(log[0]).partition("[")[2]) < 2000
    assert ", and 30 more]" in str(log[0])
    assert len(log[0].params) == 50


def test_orm_O40_what_is_sent_ahead_is_in_the_log(db: Any) -> None:
    label = Label.insert(name="a")
    with db.log_queries() as log, pipeline():
        label.name = "b"
        label.save()
    assert log[0].sql.startswith("UPDATE")


def test_orm_O40_slow_queries_are_logged(
    db: Any, reconnect: Callable[..., Database], caplog: pytest.LogCaptureFixture
) -> None:
    db.log_slow_queries(0.0000001)
    with caplog.at_level(logging.WARNING, "orm.slow_queries"):
        Account.select().where(Account.password == "hunter2").all()
        db.log_slow_queries(0)
        Label.select().all()
    (text,) = [r.getMessage() for r in caplog.records if r.name == "orm.slow_queries"]
    assert text.startswith("slow query: ")
    assert f"{__file__}:" in text
    assert "hunter2" not in text
    other = reconnect(slow_query=30)
    other.execute("SELECT 1")
    assert len([r for r in caplog.records if r.name == "orm.slow_queries"]) == 1
    with pytest.raises(ConfigurationError, match="give seconds"):
        reconnect(slow_query="often")
    other.close()


def test_orm_O40_statistics_by_text(db: Any) -> None:
    with db.query_statistics() as statistics:
        for name in "abc":
            Label.insert(name=name)
        for name in "abcd":
            assert Label.select().where(Label.name == name).limit(7).count() <= 1
        with pytest.raises(IntegrityError):
            Label.insert(name="a")
    Label.select().all()
    found = {item.sql[:6]: item for item in statistics}
    assert len(statistics) == 2
    insert, select = found["INSERT"], found["SELECT"]
    assert (insert.count, insert.failed, insert.rows) == (4, 1, 3)
    assert (select.count, select.rows) == (4, 4)
    assert (select.compiled, select.cache_hits) in {(1, 3), (0, 4)}
    assert select.seconds >= select.slowest >= select.average > 0
    assert str(statistics).count("\n") == 2


def test_orm_O40_statistics_are_bounded(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "_MOST_TEXTS", 2)
    with db.query_statistics() as statistics:
        for number in range(5):
            db.execute(f"SELECT {number:d}")  # type: ignore[arg-type]
    assert {item.sql: item.count for item in statistics} == {
        "SELECT 0": 1,
        "SELECT 1": 1,
        tally.OTHERS: 3,
    }


def test_orm_O31_a_hook_sees_and_rewrites_any_statement(db: Any) -> None:
    seen: list[str] = []

    def tag(sql: str, params: Sequence[Any]) -> tuple[str, Sequence[Any]] | None:
        seen.append(sql[:6])
        return (f"/* app */ {sql}", params) if sql.startswith("SELECT") else None

    db.add_statement_hook(tag)
    label = Label.insert(name="a")
    with db.log_queries() as log:
        assert Label.get(label.id).name == "a"
        assert [each.name for each in Label.select().stream()] == ["a"]
        with pipeline():
            label.name = "b"
            label.save()
    db.remove_statement_hook(tag)
    assert Label.select().count() == 1
    assert seen == ["INSERT", "SELECT", "SELECT", "UPDATE"]
    assert log[0].sql.startswith("/* app */ SELECT")

    def refuse(sql: str, params: Sequence[Any]) -> None:
        raise PermissionError(sql)

    db.add_statement_hook(refuse)
    with pytest.raises(PermissionError):
        Label.insert(name="c")
    db.remove_statement_hook(refuse)
    assert Label.select().count() == 1


def test_orm_O40_explain_is_readable(db: Any) -> None:
    Person.insert(name="ann", team=Team.insert(name="red"))
    query = Person.select().with_related(Person.team).where(Person.name == "ann")
    text = query.explain()
    assert text == db.explain(query)
    if db.dialect.name == "sqlite":
        assert "SEARCH orm_people USING INDEX" in text
        with pytest.raises(QueryError, match="SQLite cannot analyze"):
            query.explain(analyze=True)
        nested = Person.select().where(Person.id.in_(Person.select(Person.boss_id))).explain()
        assert "\n  " in nested
    else:
        head, *lines = text.splitlines()
        assert head.split()[:2] == ["id", "select_type"]
        assert len(lines) == 2
        assert "r_rows" in Person.select().where(Person.age.is_null()).explain(analyze=True)


def test_orm_A6_assert_queries(db: Any) -> None:
    with assert_queries(2) as log:
        Label.insert(name="a")
        Label.all()
    assert len(log) == 2
    message = r"expected 1 statements, 2 were sent:\n.*SELECT"
    with pytest.raises(AssertionError, match=message), assert_queries(1):
        Label.all()
        Label.all()
    with assert_queries(at_most=2):
        Label.all()
    with pytest.raises(AssertionError, match="at most 0"), assert_queries(at_most=0):
        Label.all()


def test_orm_A6_a_count_is_of_one_thread(db: Any) -> None:
    with db.count_queries() as counted:
        for _ in range(3):
            Label.all()
        Team.all()
        thread = threading.Thread(target=Label.all)
        thread.start()
        thread.join()
    assert counted.count == 4
    assert counted.seconds > 0
    text, number = counted.most_frequent
    assert (number, "orm_labels" in text) == (3, True)
