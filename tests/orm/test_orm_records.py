"""Records: what is expected of dataclasses holds for them, too."""

import copy
import dataclasses
import pickle
from threading import Barrier, Thread
from typing import ClassVar

import pytest

from orm.records import Record, defaults, field, replace


class Point(Record):
    kind: ClassVar[str] = "point"

    x: int
    y: int = 0


class Secretive(Record):
    name: str
    key: str = field(default="", shown=False)
    seen: list[int] = field(default_factory=list)


class Count(Record, frozen=False):
    number: int = 0


class Node(Record, eq=False):
    name: str


class Doubled(Point):
    z: int = 5

    def __post_init__(self) -> None:
        self.__dict__["twice"] = 2 * self.z


def test_record_takes_its_fields_by_place_and_name() -> None:
    assert (Point(1).x, Point(1).y, Point(y=3, x=2).y) == (1, 0, 3)
    for wrong in (lambda: Point(), lambda: Point(1, 2, 3), lambda: Point(1, z=2)):
        with pytest.raises(TypeError, match=r"Point\.__init__"):
            wrong()


def test_record_is_frozen_unless_it_says_otherwise() -> None:
    point, count = Point(1), Count()
    with pytest.raises(AttributeError, match="Point is frozen: 'x' cannot be changed"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="frozen"):
        del point.x
    count.number += 1
    assert count == Count(1)


def test_record_is_equal_by_fields() -> None:
    assert Point(1, 2) == Point(1, 2) != Point(2, 1)
    assert hash(Point(1, 2)) == hash(Point(1, 2))
    assert Point(1) != Doubled(1)
    assert Point(1) != (1, 0)
    with pytest.raises(TypeError, match="unhashable"):
        hash(Count())


def test_record_without_eq_is_equal_to_itself_only() -> None:
    node = Node("a")
    assert len({node, Node("a"), node}) == 2


def test_record_shows_its_fields_but_no_secret() -> None:
    assert repr(Point(1)) == "Point(x=1, y=0)"
    assert repr(Secretive("a", "b")) == "Secretive(name='a', seen=[])"


def test_record_makes_defaults_for_each_object() -> None:
    assert Secretive("a").seen is not Secretive("a").seen


def test_record_of_a_record_has_the_fields_of_both() -> None:
    Point(1)  # whose __init__ is compiled by now
    assert Doubled(1, 2, 3).__dict__ == {"x": 1, "y": 2, "z": 3, "twice": 6}
    assert Doubled.field_names == ("x", "y", "z")


def test_record_may_have_an_init_of_its_own_that_calls_the_one_it_inherits() -> None:
    class Base(Record):
        x: int

    class Own(Base):
        def __init__(self, x: int) -> None:
            super().__init__(x + 1)

    assert [Own(1).x, Own(1).x, Base(1).x] == [2, 2, 1]


def test_record_is_replaced_copied_and_pickled() -> None:
    assert replace(Point(1, 2), y=5) == Point(1, 5)
    assert copy.copy(Point(1, 2)) == pickle.loads(pickle.dumps(Point(1, 2))) == Point(1, 2)
    with pytest.raises(TypeError, match="unexpected keyword"):
        replace(Point(1), z=1)


def test_record_tells_its_defaults() -> None:
    assert defaults(Point) == {"y": 0}


def test_record_is_a_dataclass_for_those_who_ask() -> None:
    assert dataclasses.is_dataclass(Point)
    assert dataclasses.asdict(Secretive("a", "b", [1])) == {"name": "a", "key": "b", "seen": [1]}
    assert [each.name for each in dataclasses.fields(Doubled)] == ["x", "y", "z"]


def test_record_is_first_made_by_two_threads_at_once() -> None:
    for _ in range(20):

        class Fresh(Record):
            x: int

        barrier, made = Barrier(2), []

        def make(kind: type[Fresh] = Fresh, together: Barrier = barrier) -> None:
            together.wait(10)
            made.append(kind(3))  # noqa: B023

        threads = [Thread(target=make) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert made == [Fresh(3), Fresh(3)]
