"""A type checker without a plugin sees values on instances, expressions on classes (orm:O39)."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TYPED = """
import datetime
import decimal
from typing import Any, assert_type

from orm import DateTime, Decimal, ForeignKey, Integer, ManyToMany, Model, Page, Query
from orm import Row, String, Upserted, count, incoming, lower, now
from orm.expressions.base import Condition, Expression
from orm.expressions.columns import Column


class Tag(Model):
    name = String(40, unique=True)


class Person(Model):
    name = String(50)
    age = Integer(null=True)
    joined = DateTime(default=now)


class Note(Model):
    title = String(200)
    price = Decimal(10, 2, null=True)
    author = ForeignKey(Person, back="notes")
    editor = ForeignKey(Person, null=True)
    tags = ManyToMany(Tag, back="notes")


note = Note.get(7)
assert_type(note, Note)
assert_type(note.title, str)
assert_type(Note.title, Column[str])
assert_type(note.price, decimal.Decimal | None)
assert_type(note.author, Person)
assert_type(note.author.joined, datetime.datetime)
assert_type(note.editor, Person | None)
assert_type(note.tags.all(), list[Tag])
assert_type(Note.select(), Query[Note])
assert_type(Note.select().where(Person.age > 3).first(), Note | None)
assert_type(Note.select().page(1), Page[Note])
assert_type((Person.age > 3) & Note.title.contains("x") | ~Note.tags.any(), Condition)
assert_type(Note.delete().where(Note.title == "x").execute(), int)
assert_type(Note.insert_many([{"title": "x"}]), int)
assert_type(Note.insert_many([{"title": "x"}], returning=True), list[Note])
assert_type(Note.get_or_create(title="x"), tuple[Note, bool])
assert_type(Note.update_or_create({"price": 1}, title="x"), tuple[Note, bool])
assert_type(Note.upsert_many([{"title": "x"}], ["title"]), list[Upserted])
assert_type(Note.update_many([note], ["title"]), int)
assert_type(Note.select().prefetch(Note.tags).lazy_loads("raise"), Query[Note])
assert_type(incoming(Note.title), Expression[str])
note.author = 3
note.author_id = 3
rows = Note.select(Note.title, Note.price.as_("cost"), Person.age).join(Note.author).all()
assert_type(rows, list[Row[str, decimal.Decimal | None, int | None]])
title, cost, age = rows[0]
assert_type(title, str)
assert_type(rows[0][1], decimal.Decimal | None)
assert_type(rows[0].cost, Any)
assert_type(Note.select().values(Note.title, Person.age)[0][1], int | None)
assert_type(Note.select().scalars(Note.title), list[str])
assert_type(Note.select(Note.title).first(), Row[str] | None)
ann = Person.get(1)
assert_type(Note.author.name, Column[str])
assert_type(Note.editor.name, Column[str])
assert_type(Note.author.name == "x", Condition)
assert_type(Note.author == ann, Condition)
assert_type(Note.select().scalars(Note.author.name), list[str])
fits = Note.select().where((Note.author == ann) & (Note.editor == None), Note.author.in_([1]))
fits.where(Note.price == 3, Note.price == "3.00", Person.joined == "2026-01-31", Person.age == None)
fits.where(Note.title == lower(Note.title), Note.title == Note.select(Note.title), count() == 3)
fits.where(Note.author.name == 3)  # type: ignore[arg-type]
fits.where(Note.title != 3)  # type: ignore[arg-type]
Note.update(title="x").where(Person.age == "x")  # type: ignore[arg-type]
"""


@pytest.mark.slow
def test_orm_O39_fields_are_typed_both_ways(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    program = tmp_path / "typed.py"
    program.write_text(TYPED)
    finished = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(program)],
        cwd=ROOT,
        env={"MYPYPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
