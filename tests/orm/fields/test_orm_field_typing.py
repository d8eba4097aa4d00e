"""What a type checker says of fields, hooks and deletions (orm:O39)."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

TYPED = """
import datetime
from typing import Any, NamedTuple, assert_type

from orm import (
    Custom,
    Duration,
    ForeignKey,
    Integer,
    Json,
    LinkChange,
    ManyToMany,
    Model,
    OneToOne,
    String,
    Time,
    TinyInteger,
    Type,
    Version,
    at_least,
    on,
)
from orm.expressions.columns import Column
from orm.fields.custom import CustomColumn


class Point(NamedTuple):
    x: int
    y: int


class PointType(Type[Point]):
    base = String(30)

    def bind(self, value: Point) -> str:
        return f"{value.x},{value.y}"

    def result(self, stored: str) -> Point:
        return Point(*map(int, stored.split(",")))


class Tag(Model):
    name = String(20)


class Author(Model):
    name = String(20)


class Note(Model):
    title = String(20, secret=True, validators=[at_least("a")])
    place = Custom(PointType())
    other = Custom(PointType(), null=True)
    starts = Time()
    took = Duration(null=True)
    level = TinyInteger()
    count = Integer(db_default=3, on_update=lambda: 4)
    number = Version()
    author = ForeignKey(Author, back="notes")
    cover = OneToOne(Author, null=True)
    tags = ManyToMany(Tag, through="Tagging")
    data = Json(null=True)

    class Meta:
        soft_delete = True


@on(Note, "after_save")
def listen(note: Note) -> None: ...


@on(Note, "after_links", on_commit=True)
def links(change: LinkChange) -> None: ...


assert_type(links(LinkChange(1, "tags", "add", ())), None)
note = Note.get(1)
assert_type(note.place, Point)
assert_type(note.other, Point | None)
assert_type(note.starts, datetime.time)
assert_type(note.took, datetime.timedelta | None)
assert_type(note.level, int)
assert_type(note.count, int)
assert_type(note.number, int)
assert_type(note.author.name, str)
assert_type(note.cover, Author | None)
assert_type(note.tags.all(), list[Tag])
assert_type(note.tags.first(), Tag | None)
assert_type(Note.place, CustomColumn[Point])
assert_type(Note.took, Column[datetime.timedelta | None])
assert_type(note.delete(hard=True), None)
assert_type(Note.delete(hard=True).where(Note.level == 3).with_deleted().execute(), int)
assert_type(Note.select().with_deleted(Author).only_deleted().all(), list[Note])
assert_type(note.restore(), None)
assert_type(note.full_check(), None)
note.tags.add(Tag.get(1), position=3)
"""

# Each line is an error to the checker.
WRONG = [
    "note.author.name + 1",
    "note.author.name.years",
    "Note.select().wehre()",
    "Note.title.contians('x')",
    "String(secret='yes')",
    "String(40, valdators=[])",
    "Time(tz=True)",
    "Custom(PointType)",
    "note.delete(hrad=True)",
    "on(Note, 5)",
    "x: int = note.place",
]


def _mypy(folder: Path, text: str) -> str:
    program = folder / "typed.py"
    program.write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder), str(program)],
        cwd=ROOT,
        env={"MYPYPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.stdout


@pytest.mark.slow
def test_orm_O39_fields_and_hooks_are_typed(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    wrong = "\n".join(WRONG)
    printed = _mypy(tmp_path, f"{TYPED}\n{wrong}\n")
    first = len(f"{TYPED}\n".splitlines()) + 1
    lines = [line for line in printed.splitlines() if "typed.py:" in line and "error:" in line]
    told = {int(line.split(":")[1]) for line in lines}
    assert told == set(range(first, first + len(WRONG))), printed
