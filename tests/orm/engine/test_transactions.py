"""Transactions on both engines (orm:O25): commit, undo, savepoints, callbacks, scopes."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

import orm.engine as engine
from orm.engine.database import Database
from orm.errors import (
    Deadlock,
    IntegrityError,
    LockTimeout,
    OrmError,
    ReadOnly,
    TransactionError,
)

DEADLINE = 10.0


@pytest.fixture
def notes(db: Database) -> Database:
    db.execute("CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY, title VARCHAR(20))")
    return db


def titles(database: Database) -> list[str]:
    return [row[0] for row in database.execute("SELECT title FROM notes ORDER BY id")]


def add(database: Database, number: int, title: str = "x") -> None:
    database.execute("INSERT INTO notes VALUES (?, ?)", (number, title))


class Boom(Exception):
    pass


def test_orm_O25_a_block_commits_at_its_end(notes: Database) -> None:
    with engine.transaction():
        add(notes, 1, "a")
        assert notes.in_transaction
    assert not notes.in_transaction
    assert titles(notes) == ["a"]


def test_orm_O25_an_exception_undoes_the_block(notes: Database) -> None:
    with pytest.raises(Boom), engine.transaction():
        add(notes, 1)
        raise Boom
    assert titles(notes) == []


def test_orm_O25_a_nested_block_is_a_savepoint(notes: Database) -> None:
    with engine.transaction():
        add(notes, 1, "outer")
        with pytest.raises(Boom), engine.transaction():
            add(notes, 2, "inner")
            with engine.transaction():
                add(notes, 3, "innermost")
            raise Boom
        with engine.transaction():
            add(notes, 4, "second")
    assert titles(notes) == ["outer", "second"]


def test_orm_O25_the_outer_block_undoes_what_inner_ones_kept(notes: Database) -> None:
    with pytest.raises(Boom), engine.transaction():
        with engine.transaction():
            add(notes, 1)
        raise Boom
    assert titles(notes) == []


def test_orm_O25_rollback_undoes_without_an_exception(notes: Database) -> None:
    with engine.transaction():
        add(notes, 1, "kept")
        with engine.transaction() as inner:
            add(notes, 2)
            inner.rollback()
    with engine.transaction(lazy=True) as unit:
        add(notes, 3)
        unit.rollback()
    assert titles(notes) == ["kept"]


def test_orm_O25_a_lazy_transaction_begins_with_its_first_statement(notes: Database) -> None:
    """Shown on SQLite by the writer staying free, on MySQL by the same code."""
    with engine.transaction(lazy=True):
        run_in_thread(lambda: add(notes, 1, "other thread"))
        add(notes, 2, "mine")
    assert titles(notes) == ["other thread", "mine"]


def test_orm_O25_a_transaction_reads_its_own_writes(notes: Database) -> None:
    with engine.transaction():
        add(notes, 1, "a")
        assert titles(notes) == ["a"]
        assert list(notes.stream("SELECT title FROM notes")) == [[("a",)]]


def test_orm_O25_other_threads_do_not_see_it_before_the_commit(notes: Database) -> None:
    seen: list[list[str]] = []
    with engine.transaction():
        add(notes, 1, "a")
        run_in_thread(lambda: seen.append(titles(notes)))
    run_in_thread(lambda: seen.append(titles(notes)))
    assert seen == [[], ["a"]]


def test_orm_O25_a_violated_constraint_undoes_itself_only(notes: Database) -> None:
    with engine.transaction():
        add(notes, 1, "first")
        with pytest.raises(IntegrityError):
            add(notes, 1, "again")
        add(notes, 2, "second")
    assert titles(notes) == ["first", "second"]


def test_orm_O25_callbacks_run_after_the_commit_in_order(notes: Database) -> None:
    ran: list[object] = []
    with engine.transaction():
        engine.on_commit(lambda: ran.append(("in transaction", notes.in_transaction)))
        with engine.transaction():
            engine.on_commit(lambda: ran.append(titles(notes)))
        add(notes, 1, "a")
        assert ran == []
    assert ran == [("in transaction", False), ["a"]]


def test_orm_O25_callbacks_are_dropped_with_what_is_undone(notes: Database) -> None:
    ran: list[str] = []
    with engine.transaction():
        engine.on_commit(lambda: ran.append("outer"))
        with engine.transaction() as inner:
            engine.on_commit(lambda: ran.append("inner"))
            inner.rollback()
    with pytest.raises(Boom), engine.transaction():
        engine.on_commit(lambda: ran.append("undone"))
        raise Boom
    assert ran == ["outer"]


def test_orm_O25_outside_a_transaction_a_callback_runs_at_once(db: Database) -> None:
    ran: list[str] = []
    engine.on_commit(lambda: ran.append("now"))
    assert ran == ["now"]


def test_orm_O25_every_callback_runs_though_one_fails(notes: Database) -> None:
    ran: list[str] = []

    def fail() -> None:
        raise Boom

    with pytest.raises(Boom) as caught, engine.transaction():
        add(notes, 1, "stored")
        engine.on_commit(fail)
        engine.on_commit(lambda: ran.append("second"))
    assert ran == ["second"]
    assert "is committed" in caught.value.__notes__[0]
    assert titles(notes) == ["stored"]


def test_orm_O25_as_decorator(notes: Database) -> None:
    @engine.transaction
    def plain(number: int) -> str:
        add(notes, number, "plain")
        return "done"

    @engine.transaction()
    def failing() -> None:
        add(notes, 9)
        raise Boom

    assert plain(1) == "done"
    with pytest.raises(Boom):
        failing()
    assert titles(notes) == ["plain"]


@pytest.mark.parametrize("error", [Deadlock, LockTimeout])
def test_sec_D13_retry_runs_the_whole_function_again(
    notes: Database, error: type[OrmError]
) -> None:
    tries: list[int] = []

    @engine.transaction(retry=2)
    def write() -> None:
        tries.append(len(tries))
        add(notes, len(tries))
        if len(tries) < 3:
            raise error("made up")

    write()
    assert len(tries) == 3
    assert len(titles(notes)) == 1


def test_sec_D13_retry_ends_and_only_the_outermost_retries(notes: Database) -> None:
    tries: list[int] = []

    @engine.transaction(retry=1)
    def write() -> None:
        tries.append(1)
        raise Deadlock("made up")

    with pytest.raises(Deadlock):
        write()
    assert len(tries) == 2
    with pytest.raises(Deadlock), engine.transaction():
        write()
    assert len(tries) == 3


def test_misuse_of_blocks_is_explained(db: Database) -> None:
    with pytest.raises(TransactionError, match="works on a function"), engine.transaction(retry=1):
        pass
    block = engine.transaction()
    with block, pytest.raises(TransactionError, match="in use"), block:
        pass

    def generator() -> Iterator[int]:
        yield 1

    with pytest.raises(TransactionError, match="its body runs later"):
        engine.transaction()(generator)
    with engine.transaction(), pytest.raises(TransactionError, match="closed inside"):
        db.close()


def test_a_block_can_be_used_again_after_it_ended(notes: Database) -> None:
    block = engine.transaction()
    for number in (1, 2):
        with block:
            add(notes, number)
            if number == 1:
                block.rollback()
    assert len(titles(notes)) == 1


def test_sec_D17_a_write_inside_a_read_only_scope_raises(notes: Database) -> None:
    add(notes, 1, "a")
    with notes.read_only():
        assert titles(notes) == ["a"]
        with pytest.raises(ReadOnly, match="read-only scope"):
            add(notes, 2)
        with pytest.raises(ReadOnly):
            notes.execute("DROP TABLE notes")
    add(notes, 2, "b")
    assert titles(notes) == ["a", "b"]


def test_orm_O26_a_read_only_scope_is_one_snapshot(notes: Database) -> None:
    with notes.read_only():
        assert titles(notes) == []
        run_in_thread(lambda: add(notes, 1, "later"))
        assert titles(notes) == []
    assert titles(notes) == ["later"]


def test_read_only_inside_a_transaction_only_forbids_writing(notes: Database) -> None:
    with engine.transaction():
        add(notes, 1, "a")
        with notes.read_only():
            assert titles(notes) == ["a"]
            with pytest.raises(ReadOnly):
                add(notes, 2)
        add(notes, 2, "b")
    assert titles(notes) == ["a", "b"]


def test_on_commit_in_a_read_only_scope_runs_at_its_end(notes: Database) -> None:
    ran: list[bool] = []
    with notes.read_only():
        engine.on_commit(lambda: ran.append(notes.in_transaction))
    assert ran == [False]


def run_in_thread(function: object) -> None:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            function()  # type: ignore[operator]
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(DEADLINE)
    assert not thread.is_alive()
    assert errors == []


def test_orm_O43_a_unit_of_work_runs_on_a_thread_of_a_loop(db: Database) -> None:
    """docs/orm/async.md: the whole function goes to a thread; a coroutine is refused."""
    with pytest.raises(TransactionError, match="its body runs later"):

        @engine.transaction()
        async def never() -> None: ...

    @engine.transaction()
    def work() -> bool:
        return db.in_transaction

    async def main() -> list[bool]:
        return await asyncio.gather(*(asyncio.to_thread(work) for _ in range(4)))

    # On a thread of its own: this one may have a loop that is the browser tests'.
    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(lambda: asyncio.run(main())).result(DEADLINE) == [True] * 4
    assert not db.in_transaction
