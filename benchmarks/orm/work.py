"""What is measured: the rows of the two tables of speed (orm, section 3).

Each is one call of the contender under the clock, between what prepares it and what looks whether
it was really done. Rates are of rows, objects or queries a second.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.figures import BenchmarkError
from benchmarks.orm import data
from benchmarks.orm.contender import Contender
from benchmarks.orm.stage import Stage

GETS = 300  # one after the other
PAGES = 40
PAIRS = 20  # of get and update in one transaction
TURNS = 10  # of such transactions; one alone, of 2 ms, is measured with cold caches
THREADS = 8

Prepared = Any


@dataclass(frozen=True)
class Work:
    """letter: of the row. amount: what one call handles, for the rate. prepare: what is measured is
    `run(contender, prepare(...))`; `check` raises BenchmarkError for a wrong result."""

    letter: str
    title: str
    amount: int
    run: Callable[[Contender, Prepared], Any]
    check: Callable[[Stage, Contender, Any], None]
    prepare: Callable[[Stage, Contender], Prepared] = lambda stage, contender: (
        stage.forget_new_rows()
    )
    engines: tuple[str, ...] = ("sqlite", "mysql")


def _equal(letter: str, got: object, wanted: object) -> None:
    if got != wanted:
        raise BenchmarkError(f"{letter} gave {got!r:.300}; right is {wanted!r:.300}")


# -- inserts ---------------------------------------------------------------------------------------

_NEW = [data.journal_row(data.JOURNAL_SIZE + number) for number in range(data.INSERTED)]


def _clean(stage: Stage, contender: Contender) -> list[dict[str, Any]]:
    stage.forget_new_rows()
    return _NEW


def _check_inserted(stage: Stage, contender: Contender, result: Any) -> None:
    _equal(f"an insert of {contender.name}", stage.new_rows(), [tuple(r.values()) for r in _NEW])


# -- reads -----------------------------------------------------------------------------------------


def _check_level(stage: Stage, contender: Contender, rows: Any) -> None:
    wanted = [n + 1 for n in range(data.JOURNAL_SIZE) if n % data.LEVELS == 2]
    _equal(f"D of {contender.name}", sorted(contender.key_of(row) for row in rows), wanted)
    _check_entry(contender, rows[5])


def _check_entry(contender: Contender, row: Any) -> None:
    key = contender.key_of(row)
    wanted = tuple(data.journal_row(key - 1).values())
    _equal(f"an entry of {contender.name}", contender.entry_of(row), wanted)


def _check_page(stage: Stage, contender: Contender, rows: Any) -> None:
    _equal(f"E of {contender.name}", [contender.key_of(row) for row in rows], list(range(101, 121)))


def _check_key(stage: Stage, contender: Contender, row: Any) -> None:
    _check_entry(contender, row)


def _check_world(stage: Stage, contender: Contender, row: Any) -> None:
    key, number = contender.world_of(row)
    _equal(f"L of {contender.name}", number, data.world_number(key))


def _check_wide(stage: Stage, contender: Contender, row: Any) -> None:
    if contender.name.startswith("raw"):
        return  # its tuples are not decoded
    wanted = data.wide_row(contender.key_of(row))
    got = {name: getattr(row, name) for name in wanted}
    _equal(f"the wide row of {contender.name}", got, wanted)


def _check_messages(stage: Stage, contender: Contender, rows: Any) -> None:
    wanted = [
        (f"title {key}", f"author {key % data.AUTHORS + 1}")
        for key in range(1, data.MESSAGES_A_PAGE + 1)
    ]
    got = sorted(contender.message_of(row) for row in rows)
    _equal(f"M of {contender.name}", got, sorted(wanted))


# -- changes ---------------------------------------------------------------------------------------


def _fill(stage: Stage, contender: Contender) -> Any:
    stage.forget_new_rows()
    stage.add_new_rows(_NEW)
    return contender.new_entries()


def _check_saved(stage: Stage, contender: Contender, result: Any) -> None:
    texts = {row[2] for row in stage.new_rows()}
    _equal(f"an update of {contender.name}", texts, {"changed"})


def _check_deleted(stage: Stage, contender: Contender, result: Any) -> None:
    _equal(f"K of {contender.name}", stage.new_rows(), [])


def _world_keys(stage: Stage, contender: Contender) -> list[int]:
    stage.reset_worlds()
    return _world_keys_of()


def _check_worlds(stage: Stage, contender: Contender, keys: Any) -> None:
    wanted = {key: data.world_number(key) + TURNS for key in _world_keys_of()}
    _equal(f"N of {contender.name}", stage.worlds(list(wanted)), wanted)


def _world_keys_of() -> list[int]:
    return [key * 37 % data.WORLDS + 1 for key in range(PAIRS)]


def _gets(contender: Contender, prepared: Any) -> Any:
    get = contender.entry
    for key in range(1, GETS + 1):
        row = get(key)
    return row


def _worlds(contender: Contender, prepared: Any) -> Any:
    get = contender.world
    for key in range(1, GETS + 1):
        row = get(key)
    return row


def _wides(contender: Contender, prepared: Any) -> Any:
    get = contender.wide
    for number in range(GETS):
        row = get(number % data.WIDE_ROWS + 1)
    return row


def _pages(contender: Contender, prepared: Any) -> Any:
    for _ in range(PAGES):
        rows = contender.page(20, 100)
    return rows


def _messages(contender: Contender, prepared: Any) -> Any:
    for _ in range(PAGES):
        rows = contender.messages(data.MESSAGES_A_PAGE)
    return rows


def _turns(contender: Contender, keys: Any) -> Any:
    for _ in range(TURNS):
        contender.get_and_update(keys)


def _levels(contender: Contender, prepared: Any) -> Any:
    return contender.of_level(2)


def _read_levels(contender: Contender, prepared: Any) -> Any:
    rows = contender.of_level(2)
    entry_of = contender.entry_of
    for row in rows:
        entry_of(row)
    return rows


WORKS = (
    Work(
        "A",
        "single inserts, a transaction each",
        data.INSERTED,
        lambda contender, rows: contender.insert_singly(rows),
        _check_inserted,
        _clean,
    ),
    Work(
        "B",
        "inserts in one transaction",
        data.INSERTED,
        lambda contender, rows: contender.insert_together(rows),
        _check_inserted,
        _clean,
    ),
    Work(
        "C",
        "bulk insert",
        data.INSERTED,
        lambda contender, rows: contender.insert_bulk(rows),
        _check_inserted,
        _clean,
    ),
    Work("D", "filter, 1,200 rows into objects", data.PER_LEVEL, _levels, _check_level),
    Work("T", "the same, every attribute read", data.PER_LEVEL, _read_levels, _check_level),
    Work("E", "20 rows with offset", 20 * PAGES, _pages, _check_page),
    Work("F", "one row by primary key", GETS, _gets, _check_key),
    Work(
        "F36",
        "one row of 36 columns by primary key",
        GETS,
        _wides,
        _check_wide,
        engines=("mysql",),
    ),
    Work("L", "one small row by primary key", GETS, _worlds, _check_world),
    Work(
        "I",
        "save every column, one transaction",
        data.INSERTED,
        lambda contender, rows: contender.save_whole(rows),
        _check_saved,
        _fill,
    ),
    Work(
        "J",
        "save one column, one transaction",
        data.INSERTED,
        lambda contender, rows: contender.save_one(rows),
        _check_saved,
        _fill,
    ),
    Work(
        "K",
        "delete, one transaction",
        data.INSERTED,
        lambda contender, rows: contender.delete(rows),
        _check_deleted,
        _fill,
    ),
    Work(
        "M",
        "12 rows of two joined tables",
        data.MESSAGES_A_PAGE * PAGES,
        _messages,
        _check_messages,
    ),
    Work(
        "N",
        "20 x get and update, one transaction",
        PAIRS * TURNS,
        _turns,
        _check_worlds,
        _world_keys,
    ),
)
