"""Writes by prepared functions do what the long way does (orm:O41, orm:O2, orm:O18)."""

import datetime as dt
import enum
from collections.abc import Iterator
from typing import Any

import pytest

from orm import (
    Boolean,
    DataError,
    Date,
    DateTime,
    DoesNotExist,
    Enum,
    Float,
    ForeignKey,
    IntegrityError,
    Json,
    Model,
    MultipleRows,
    QueryError,
    SmallInteger,
    String,
    create_all,
    transaction,
)
from orm.engine.database import Database
from orm.models.construct import gate_of
from orm.types.numbers import IntegerType

NOON = dt.datetime(2024, 5, 6, 12, 0, 0, 123456)


class OrmKind(enum.Enum):
    A = "a"
    B = "b"


class OrmPort(Model):
    name = String(20, unique=True)


class OrmShip(Model):
    name = String(20)
    size = SmallInteger(default=3)
    kind = Enum(OrmKind, default=OrmKind.A)
    is_new = Boolean(default=True)
    speed = Float(null=True)
    built = Date(null=True)
    seen = DateTime(default=lambda: NOON)
    port = ForeignKey(OrmPort, null=True, back="ships")


class OrmCrate(Model):
    code = String(10, primary_key=True)
    data = Json(default={})


class OrmEven(IntegerType):
    """Even numbers: an accept() of its own under the gate of its base."""

    def accept(self, value: Any) -> int:
        if value % 2:
            raise self.refuse(value)
        return super().accept(value)


@pytest.fixture(autouse=True)
def tables(db: Database) -> Database:
    create_all([OrmPort, OrmShip, OrmCrate])
    return db


def stored(key: Any) -> dict[str, Any]:
    return dict(OrmShip.get(key).__json__())


def test_insert_gives_what_the_database_has() -> None:
    for values in (
        {"name": "a"},
        {"name": "b", "size": 7, "speed": 1.5, "built": dt.date(2020, 1, 2), "seen": NOON},
        {"name": "c", "speed": 2, "built": "2020-01-02", "seen": "2024-05-06 12:00:00"},  # long way
        {"name": "ü", "kind": "b", "is_new": False, "speed": None},
    ):
        made = OrmShip.insert(**values)
        assert made._is_stored
        assert dict(made.__json__()) == stored(made.id)
        made.save()  # nothing has changed


def test_insert_names_what_is_wrong_and_stores_nothing() -> None:
    wrong: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"name": 5}, DataError, r"OrmShip\.name takes a str"),
        ({"name": "x" * 21}, DataError, "at most 20 characters"),
        ({"name": "a", "size": 40_000}, DataError, "32767"),
        ({"name": "a", "size": True}, DataError, "takes an int"),
        ({"name": "a", "speed": float("nan")}, DataError, "finite"),
        ({"name": "a", "is_new": 1}, DataError, "a bool"),
        ({"name": "a", "seen": dt.datetime.now(dt.UTC)}, DataError, "naive"),
        ({"name": "a", "built": NOON}, DataError, "a date"),
        ({"name": "a", "nmae": 1}, QueryError, "Did you mean 'name'"),
        ({"size": 1}, DataError, "name needs a value"),
        ({"name": None}, DataError, "cannot be None"),
        ({"name": "a", "port": 1, "port_id": 1}, QueryError, "together"),
    ]
    for values, error, text in wrong:
        for act in (lambda v: OrmShip.insert(**v), lambda v: OrmShip.insert_many([v])):
            with pytest.raises(error, match=text):
                act(values)
    assert OrmShip.select().count() == 0


def test_insert_keeps_a_related_object_and_a_key_of_ones_own(tables: Database) -> None:
    port = OrmPort.insert(name="p")
    ship = OrmShip.insert(id=700, name="a", port=port)
    with tables.log_queries() as log:
        assert ship.port is port
    assert (len(log), stored(700)["port_id"]) == (0, port.id)
    assert OrmShip.insert(name="b", port_id=port.id).port == port
    crate = OrmCrate.insert(code="x", data={"a": 1})
    crate.data["a"] = 2
    crate.save()
    assert OrmCrate.get("x").data == {"a": 2}


def test_an_object_whose_insert_failed_is_no_row() -> None:
    OrmPort.insert(name="p")
    with pytest.raises(IntegrityError):
        OrmPort.insert(name="p")
    assert OrmPort.select().count() == 1


def test_a_constructor_of_ones_own_is_called() -> None:
    made: list[str] = []

    class OrmLoud(Model):
        name = String(20)

        def __init__(self, **values: Any) -> None:
            made.append(values["name"])
            super().__init__(**{**values, "name": values["name"].upper()})

    create_all([OrmLoud])
    assert OrmLoud.insert(name="a").name == "A"
    OrmLoud.insert_many([{"name": "b"}])
    assert OrmLoud.select().order_by(OrmLoud.id).scalars(OrmLoud.name) == ["A", "B"]
    assert made == ["a", "b"]


def rows() -> Iterator[dict[str, Any]]:
    for number in range(9_000):
        yield {"name": f"s{number}", "size": number % 7, "seen": NOON}


def test_orm_O18_insert_many_of_more_rows_than_fit_a_statement(tables: Database) -> None:
    with tables.log_queries() as log:
        assert OrmShip.insert_many(rows()) == 9_000
    assert len(log) == 3  # 30,000 parameters each at most
    assert OrmShip.select().count() == 9_000
    last = OrmShip.one(name="s8999")
    assert (last.size, last.seen, last.kind, last.is_new) == (8999 % 7, NOON, OrmKind.A, True)


def test_orm_O18_insert_many_takes_mixed_rows() -> None:
    port = OrmPort.insert(name="p")
    mixed: list[Any] = [
        {"name": "a", "port": port},
        {"name": "b", "port_id": port.id, "size": 1},
        OrmShip(name="c"),
        {"name": "d", "built": "2020-02-03"},
    ]
    assert OrmShip.insert_many(mixed) == 4
    assert OrmShip.insert_many(mixed[:2]) == 2
    assert OrmShip.insert_many([]) == 0
    assert OrmShip.one(name="d").built == dt.date(2020, 2, 3)
    assert [ship.port_id for ship in OrmShip.all(name="a")] == [port.id, port.id]


def test_save_writes_what_changed_and_all_of_it_when_asked(tables: Database) -> None:
    ship = OrmShip.insert(name="a")
    ship.size = 9
    ship.is_new = False
    with tables.log_queries() as log:
        ship.save()
        ship.save()
    assert len(log) == 1
    assert "name" not in log[0].sql.split("WHERE")[0]
    with tables.log_queries() as log:
        ship.save(all=True)
    assert all(column in log[0].sql for column in ("name", "size", "seen", "port_id"))
    ship.id = 50
    ship.save(all=True)
    assert (stored(50)["size"], OrmShip.select().count()) == (9, 1)
    OrmShip.delete().execute()
    ship.name = "b"
    with pytest.raises(DoesNotExist, match="its row is gone"):
        ship.save()


def test_one_and_all_by_values() -> None:
    port = OrmPort.insert(name="p")
    for name, size in (("a", 1), ("b", 1), ("c", 2)):
        OrmShip.insert(name=name, size=size, port=port if size == 1 else None)
    for _ in range(2):  # compiled, then found
        assert OrmShip.one(name="a").size == 1
        assert [ship.name for ship in OrmShip.all(port=port)] == ["a", "b"]
        assert [ship.name for ship in OrmShip.all(port=None)] == ["c"]
        assert [ship.name for ship in OrmShip.all(port=port.id, size=1, name="b")] == ["b"]
        assert OrmShip.one(size=OrmShip.select(OrmShip.size).where(OrmShip.name == "c")).name == "c"
        assert len(OrmShip.all()) == 3
        assert OrmShip.all(kind=OrmKind.B) == []
        with pytest.raises(MultipleRows):
            OrmShip.one(size=1)
        with pytest.raises(DoesNotExist):
            OrmShip.one(size=5)
        with pytest.raises(DataError, match=r"OrmShip\.size takes"):
            OrmShip.one(size="x")
        with pytest.raises(QueryError, match="Did you mean 'size'"):
            OrmShip.all(siez=1)


def test_rows_of_a_transaction_that_was_undone_are_gone() -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        OrmShip.insert(name="a")
        OrmShip.insert_many([{"name": "b"}])
        raise ZeroDivisionError
    assert OrmShip.all() == []


def test_a_gate_is_never_wider_than_what_the_field_accepts() -> None:
    class OrmGated(Model):
        level = SmallInteger()
        choice = SmallInteger(choices=[1, 2])

    OrmGated.level.field._value_type = OrmEven(16)
    assert gate_of(OrmGated.level.field, "value") is None
    assert gate_of(OrmGated.choice.field, "value") is None
