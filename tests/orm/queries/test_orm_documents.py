"""JSON in queries: the same answers on both engines."""

import datetime as dt
import itertools
import json
import random
from decimal import Decimal
from typing import Any

import pytest

from orm import DataError, QueryError, count, sum_
from orm.engine.sqlite.documents import contains
from tests.support.databases import on_mysql
from tests.support.orm_queries import QNote, make_rows

DOCUMENTS: list[Any] = [
    {"a": {"b": [1, 2, {"c": "x"}]}, "n": 5, "s": "five", "t": True, "z": None},
    {"a": {"b": []}, "n": 5.5, "s": "5", "t": False},
    {"n": "5", "s": "Five ", "t": 1, 'qu"ote': 1, "back\\slash": 2, "tab\t": 3, "ünï.$[0]": 4},
    [1, "two", [3]],
    None,
]


@pytest.fixture
def rows(db: Any) -> None:
    make_rows()
    for note, document in zip(QNote.select().order_by(QNote.title), DOCUMENTS, strict=True):
        note.data = document
        note.save()


def found(condition: Any) -> str:
    return "".join(QNote.select().where(condition).order_by(QNote.title).scalars(QNote.title))


def read(expression: Any) -> list[Any]:
    return QNote.select(expression).order_by(QNote.title).scalars()


data = QNote.data

TESTS = [
    (data["n"] == 5, "a"),
    (data["n"] == 5.5, "b"),
    (data["n"] == Decimal("5.5"), "b"),
    (data["n"] == "5", "c"),
    (data["n"] > 5, "b"),
    (data["n"] <= 5.5, "ab"),
    (data["n"] != 5, "bc"),
    (data["s"] == "five", "a"),
    (data["s"] == "Five", ""),
    (data["s"] == "Five ", "c"),
    (data["s"] < "G", "bc"),
    (data["s"].as_str().startswith("fi"), "a"),
    (data["t"] == True, "a"),  # noqa: E712
    (data["t"] == False, "b"),  # noqa: E712
    (data["t"] == 1, "c"),
    (data["z"] == None, "abcde"),  # noqa: E711
    (data["n"] != None, "abc"),  # noqa: E711
    (data["z"].is_json_null(), "a"),
    (data["z"].exists(), "a"),
    (~data.has_key("n"), "de"),
    (data.has_keys("n", "z"), "a"),
    (data.has_any_key("z", 'qu"ote'), "ac"),
    (data['qu"ote'] == 1, "c"),
    (data["back\\slash"] == 2, "c"),
    (data["tab\t"] == 3, "c"),
    (data["ünï.$[0]"] == 4, "c"),
    (data["a"]["b"][0] == 1, "a"),
    (data["a"]["b"][-1]["c"] == "x", "a"),
    (data["a"]["b"][-2] == 2, "a"),
    (data[1] == "two", "d"),
    (data[2][0] == 3, "d"),
    (data["a"]["b"] == [], "b"),
    (data["a"] == {"b": [1.0, 2, {"c": "x"}]}, "a"),
    (data == [1, "two", [3]], "d"),
    (data == DOCUMENTS[1], "b"),
    (data.is_null(), "e"),
    (data.contains({"n": 5}), "a"),
    (data.contains([3]), "d"),
    (data.contains("two"), "d"),
    (data["a"]["b"].contains([2, 1]), "a"),
    (data["a"]["b"].contains({"c": "x"}), "a"),
    (data["n"].in_([5, "5"]), "ac"),
    (data["n"].not_in([5, "5"]), "b"),
    (data["n"].in_([]), ""),
    (data["a"]["b"].length() == 3, "a"),
    (data.length() == 3, "d"),
    (data["n"] == data["s"].as_str(), ""),
]


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(("condition", "expected"), TESTS, ids=range(len(TESTS)))
def test_orm_O36_conditions_on_documents(condition: Any, expected: str) -> None:
    assert found(condition) == expected


@pytest.mark.usefixtures("rows")
def test_orm_O36_parts_as_values() -> None:
    assert read(data["a"]) == [{"b": [1, 2, {"c": "x"}]}, {"b": []}, None, None, None]
    assert read(data["n"]) == [5, 5.5, "5", None, None]
    assert read(data["t"]) == [True, False, 1, None, None]
    assert read(data['qu"ote']) == [None, None, 1, None, None]
    assert read(data["n"].as_int()) == [5, 5, None, None, None]
    assert read(data["n"].as_float()) == [5.0, 5.5, None, None, None]
    assert read(data["n"].as_decimal(2))[:2] == [Decimal("5.00"), Decimal("5.50")]
    assert read(data["s"].as_str()) == ["five", "5", "Five ", None, None]
    assert read(data["t"].as_bool()) == [True, False, None, None, None]
    assert read(data["a"]["b"].length()) == [3, 0, None, None, None]
    assert read(data.length()) == [5, 4, 7, 3, None]
    assert QNote.select(sum_(data["n"].as_int())).scalars() == [10]
    by_kind = QNote.select(data["t"].as_bool().as_("t"), count()).group_by("t").order_by("t")
    assert [tuple(row) for row in by_kind] == [(None, 3), (False, 1), (True, 1)]
    assert [n.title for n in QNote.select().order_by(data["s"].as_str().asc(nulls="last"))][:3] == [
        "b",
        "c",
        "a",
    ]


@pytest.mark.usefixtures("rows")
def test_orm_O36_dates_in_documents() -> None:
    moment = dt.datetime(2026, 3, 4, 5, 6, 7, 800000)
    QNote.update(data={"at": "2026-03-04T05:06:07.8", "on": "2026-03-04"}).execute()
    assert QNote.select(data["at"].as_datetime()).limit(1).scalars() == [moment]
    assert QNote.select(data["on"].as_date()).limit(1).scalars() == [dt.date(2026, 3, 4)]
    assert QNote.select().where(data["at"].as_datetime() == moment).count() == 5
    assert QNote.select().where(data["at"] > dt.datetime(2027, 1, 1)).count() == 0


@pytest.mark.usefixtures("rows")
def test_orm_O36_update_of_a_part() -> None:
    one = QNote.select().where(QNote.title == "a")

    def change(document: Any) -> Any:
        QNote.update(data=document).where(QNote.title == "a").execute()
        return one.one().data

    assert change(data["n"].set(6))["n"] == 6
    assert change(data["a"]["b"][0].set({"x": [None, True, "q\"'\\"]}))["a"]["b"][0] == {
        "x": [None, True, "q\"'\\"]
    }
    assert change(data["a"]["b"][9].set("end"))["a"]["b"][-1] == "end"
    assert change(data["missing"]["deep"].set(1)).keys() == DOCUMENTS[0].keys()
    assert change(data['new "key"'].set(None)["n"]["x"].set(1))['new "key"'] is None
    assert change(data['new "key"'].remove()).keys() == DOCUMENTS[0].keys()
    assert change(data["a"]["b"][0].remove())["a"]["b"] == [2, {"c": "x"}, "end"]
    assert change(data.merge({"s": None, "t": {"u": 1}})) == {
        "a": {"b": [2, {"c": "x"}, "end"]}, "n": 6, "t": {"u": 1}, "z": None,
    }  # fmt: skip
    changed = one.one()
    assert found(data == changed.data) == "a"
    changed.title = "a"
    changed.save()


def test_orm_O36_what_a_document_refuses() -> None:
    with pytest.raises(QueryError, match="takes a key or a position"):
        data[1.5]  # type: ignore[index]
    with pytest.raises(QueryError, match="takes a str, a number or a bool"):
        data["a"].__lt__(b"x")
    with pytest.raises(DataError, match="what JSON can hold"):
        data["a"].set(float("nan"))
    with pytest.raises(QueryError, match="whole document"):
        data.remove()
    with pytest.raises(TypeError, match="cannot be iterated"):
        list(data)


def _documents(chosen: random.Random, depth: int) -> Any:
    kind = chosen.randrange(7 if depth else 5)
    if kind == 5:
        return [_documents(chosen, depth - 1) for _ in range(chosen.randrange(3))]
    if kind == 6:
        return {
            chosen.choice("ab"): _documents(chosen, depth - 1) for _ in range(chosen.randrange(3))
        }
    return chosen.choice([1, 2, 1.5, "a", "1", True, False, None])


@on_mysql  # which answers; our function for SQLite is compared
@pytest.mark.usefixtures("rows")
def test_orm_O36_containment_is_that_of_mysql(db: Any) -> None:
    chosen = random.Random(36)
    pairs = [(_documents(chosen, 3), _documents(chosen, 2)) for _ in range(400)]
    for document, candidate in itertools.chain(pairs):
        one, other = json.dumps(document), json.dumps(candidate)
        (answer,) = db.execute("SELECT JSON_CONTAINS(?, ?)", [one, other]).rows[0]
        assert bool(answer) is contains(one, other), (one, other)
