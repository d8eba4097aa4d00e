"""What `import orm`, connecting and a first model load: nothing that only some programs need."""

import subprocess
import sys
from pathlib import Path

import pytest

import orm

CONNECTION = """
import sys
import orm
orm.connect("sqlite:///{folder}/some.db")
assert orm.database.execute("SELECT 1").rows == [(1,)]
print(*sys.modules)
"""
MODEL = """
import sys
from orm import Integer, Model, String, connect, database
class Note(Model):
    title = String(50)
    rank = Integer(default=0)
connect("sqlite:///{folder}/some.db")
database.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, title TEXT, rank INTEGER)")
Note(title="first").save()
assert [note.title for note in Note.select().where(Note.rank == 0)] == ["first"]
print(*sys.modules)
"""
THREADS = """
import sys
import threading
import orm
sys.setswitchinterval(1e-5)
together = threading.Barrier(16)
faults = []
def ask(place):
    names = orm.__all__[place * 8:] + orm.__all__[:place * 8]
    together.wait()
    try:
        for name in names:
            getattr(orm, name)
    except BaseException as fault:
        faults.append(fault)
threads = [threading.Thread(target=ask, args=(place,)) for place in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(*faults)
"""
# Packages of ours, and modules that bring many others or take milliseconds.
COSTLY = {
    "asyncio", "dataclasses", "difflib", "hashlib", "html", "inspect", "json", "logging",
    "msgspec", "mvc", "orm.engine.mysql", "orm.engine.sqlite.backup", "orm.expressions.search",
    "orm.fixtures", "orm.migrations", "orm.schema", "pathlib", "pymysql", "random", "ssl",
    "urllib",
}  # fmt: skip
OF_MODELS = {"uuid", "orm.expressions", "orm.fields", "orm.models", "orm.queries"}


@pytest.mark.parametrize(
    ("program", "spared"),
    [(CONNECTION, COSTLY | OF_MODELS), (MODEL, COSTLY)],
    ids=["connect", "model"],
)
def test_orm_import_loads_what_the_program_needs(
    program: str, spared: set[str], tmp_path: Path
) -> None:
    assert spared & set(_printed_by(program.format(folder=tmp_path)).split()) == set()


@pytest.mark.parametrize("attempt", range(3))
def test_orm_import_on_demand_by_many_threads_at_once(attempt: int) -> None:
    assert _printed_by(THREADS) == "\n"


def test_orm_import_on_demand_gives_what_is_listed() -> None:
    for name in orm.__all__:
        assert getattr(orm, name) is not None
    assert set(orm.__all__) <= set(dir(orm))
    assert orm.create_all is orm.create_all
    with pytest.raises(AttributeError, match="module 'orm' has no attribute 'create_al'"):
        orm.create_al  # type: ignore[attr-defined]  # noqa: B018


def test_orm_import_lists_what_type_checkers_see() -> None:
    source = Path(orm.__file__).read_text("utf-8")
    lines = [line.split() for line in source.splitlines() if line.startswith("    from orm.")]
    assert {line[5] for line in lines} == set(orm.__all__)
    for _, home, _, name, _, public, *_ in lines:
        assert getattr(sys.modules[home], name) is getattr(orm, public)


def _printed_by(program: str) -> str:
    # -S: what the installation itself loads at the start is not ours.
    finished = subprocess.run(
        [sys.executable, "-S", "-c", program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return finished.stdout
