"""No name, key or keyword that comes from outside becomes part of SQL text (sec:D1-D3)."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orm import OrmError, QueryError, alias, count, raw
from orm.engine.dialect import MYSQL_DIALECT, SQLITE_DIALECT
from tests.support.orm_models import Entry, Label, Person

EVIL = [
    "title; DROP TABLE x",
    'a" = 1 OR "1" = "1',
    "a` OR 1=1 -- ",
    "a'b",
    "a.b",
    "a b",
    "a\x00",
    "a\\",
    "a%s",
    "a#",
    "a/*",
    "\uff41",
    "\u2018a\u2019",
    "",
    "a\n",
]
# Identifiers by their looks: harmless as a label, which is quoted, but no name of anything.
IDENTIFIERS = ["title__contains", "_connector", "_meta", "__class__"]

LABELS: list[Callable[[Any], Any]] = [
    lambda name: Entry.title.as_(name),
    lambda name: count(Entry.id).as_(name),
    lambda name: alias(Entry, name),
]

NAMES: list[Callable[[Any], Any]] = [
    lambda name: Entry.insert(**{name: "x"}),
    lambda name: Entry(**{name: "x"}),
    lambda name: Entry.one(**{name: "x"}),
    lambda name: Entry.all(**{name: "x"}),
    lambda name: Entry.update(**{name: "x"}),
    lambda name: Entry.insert_many([{name: "x"}]),
    lambda name: Label.upsert({name: "x"}, key=["name"]),
    lambda name: Label.upsert({"name": "x"}, key=[name]),
    lambda name: Entry.select(name),
    lambda name: Entry.select().order_by(name),
    lambda name: Entry.select().group_by(name),
    lambda name: Entry.select().having(name),
    lambda name: Entry.select().where(name),
    lambda name: Entry.select().values(name),
    lambda name: Entry.select().dicts(name),
    lambda name: Entry.select().scalars(name),
    lambda name: Entry.select().join(name),
    lambda name: Entry.select().with_related(name),
    lambda name: Entry.select().prefetch(name),
    lambda name: Entry.select().limit(name),
    lambda name: Entry.select().offset(name),
    lambda name: Entry.select().page(name),
]


@pytest.mark.parametrize("use", [*NAMES, *LABELS])
def test_sec_D1_a_hostile_name_is_an_error(use: Callable[[Any], Any]) -> None:
    for name in EVIL if use in LABELS else EVIL + IDENTIFIERS:
        with pytest.raises(OrmError):
            use(name)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.text(max_size=12), st.one_of(st.text(), st.integers(), st.none())))
def test_sec_D2_keywords_reach_fields_only(evil: dict[str, Any]) -> None:
    for use in (Entry.update, Entry._filtered):
        if not evil.keys() <= Entry._meta.fields.keys():
            with pytest.raises(OrmError):
                use(evil) if use == Entry._filtered else use(**evil)  # type: ignore[operator]


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=60))
def test_sec_G9_values_never_change_the_text(value: str) -> None:
    for dialect in (SQLITE_DIALECT, MYSQL_DIALECT):
        texts = {
            Entry.select()
            .where((Entry.title == text) | Entry.body.contains(text) | Entry.title.in_([text]))
            .compile(dialect)[0]
            for text in (value, "x")
        }
        assert len(texts) == 1


@pytest.mark.parametrize("value", [{"a) OR 1=1-- ": 1}, ["x"], {"x"}, ("x",), object()])
def test_sec_D3_containers_are_no_values(value: object) -> None:
    for use in (
        lambda: Person.get(value),
        lambda: Person.one(name=value),
        lambda: Person.name == value,
        lambda: Person.name.in_([value]),
        lambda: Person.update(name=value),
        lambda: Person(name=value),
    ):
        with pytest.raises(OrmError):
            use()


@pytest.mark.parametrize("params", [{"a": 1}, "a", b"a", {1}, 1, None])
def test_sec_D3_parameters_are_a_list(db: Any, params: Any) -> None:
    for run in (db.execute, raw, lambda sql, given: Person.raw(sql, given).all()):
        with pytest.raises(QueryError, match="parameters come as a list"):
            run("SELECT ?", params)
