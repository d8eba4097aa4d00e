"""orm:O41 A query is compiled once for each shape of it, and never taken for another shape."""

import dataclasses
import random
import types
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import orm.expressions as expressions_package
from orm import (
    Model,
    alias,
    avg,
    case,
    cast,
    coalesce,
    concat,
    count,
    exists,
    lower,
    max_,
    min_,
    raw,
    sum_,
    upper,
    when,
)
from orm.engine import cache as cache_module
from orm.engine.cache import BoundedCache
from orm.engine.database import Database
from orm.engine.dialect import MYSQL_DIALECT, SQLITE_DIALECT
from orm.expressions.base import Value, literal
from orm.expressions.trace import Trace, Traceable
from orm.queries.plans import Prepared, compile_now, prepare
from orm.queries.select import Query
from orm.queries.shape import Shape
from orm.queries.statements import compile_count, compile_existence, compile_rows
from orm.queries.write import compile_write
from tests.support.orm_models import Entry, Label, Person, Team

DIALECTS = (SQLITE_DIALECT, MYSQL_DIALECT)
COMPILES = (compile_rows, compile_count, compile_existence)


def same(prepared: Prepared, fresh: Prepared) -> bool:
    # 1, 1.0 and True are equal, and not the same parameter.
    kinds = [[type(item) for item in params] for _, params, _ in (prepared, fresh)]
    return (*prepared[:2], kinds[0]) == (*fresh[:2], kinds[1])


def key_of(item: Any, purpose: Any = compile_rows) -> tuple[Any, ...] | None:
    trace = Trace(purpose)
    item.trace(trace)
    return tuple(trace.key) if trace.is_complete else None


# -- random queries --------------------------------------------------------------------------------

TEXTS = ("a", "%", "", "é", "x_y")
NUMBERS = (0, 1, -3, 2**40)


def any_condition(pick: random.Random, depth: int = 0) -> Any:
    number = pick.choice(NUMBERS)
    text = pick.choice(TEXTS)
    makers: list[Callable[[], Any]] = [
        lambda: Person.age == pick.choice((number % 1000, None)),
        lambda: Person.age != pick.choice((number % 1000, None)),
        lambda: Person.age < number % 1000,
        lambda: Person.age.between(1, number % 1000),
        lambda: Person.age.in_([pick.choice((1, 2, 3)) for _ in range(pick.randrange(4))]),
        lambda: Person.age.not_in([number % 1000]),
        lambda: Person.name.contains(text),
        lambda: Person.name.startswith(text),
        lambda: Person.name.endswith(text),
        lambda: Person.name.like(f"{text}%b"),
        lambda: Person.name.regexp(pick.choice(("a+", "b"))),
        lambda: Person.age.is_null(pick.choice((True, False))),
        lambda: Person.age + pick.choice((1, 1.5)) > 2,
        lambda: Person.age % pick.choice((2, 2.5)) == 0,
        lambda: lower(Person.name) == text,
        lambda: concat(Person.name, text) == text,
        lambda: coalesce(Person.age, number % 1000) > 0,
        lambda: cast(Person.age, pick.choice((str, int, float))) == cast(number, str),
        lambda: case(when(Person.age > 1, text), default=pick.choice((None, "z"))) == "z",
        lambda: raw("length(name) > ?", [number]),
        lambda: Person.team.any(Team.name == text),
        lambda: Person.boss.any(Person.age > number % 1000),
        lambda: exists(Entry.select().where(Entry.author == Person.id, Entry.title == text)),
        lambda: Person.id.in_(Entry.select(Entry.author).where(Entry.title == text).limit(3)),
        lambda: Person.team == pick.choice((1, 2)),
    ]
    if depth < 2:
        makers += [
            lambda: any_condition(pick, depth + 1) & any_condition(pick, depth + 1),
            lambda: any_condition(pick, depth + 1) | any_condition(pick, depth + 1),
            lambda: ~any_condition(pick, depth + 1),
        ]
    return pick.choice(makers)()


def any_query(structure: int, values: int) -> Any:
    """The query of a structure; `values` changes values alone where the structure leaves it to."""
    pick = random.Random(structure)
    query: Any = Person.select()
    if pick.random() < 0.3:
        query = Person.select(Person.name, (Person.age + 1).as_("next"), upper(Person.name))
    elif pick.random() < 0.2:
        query = Person.select(Person.team, count().as_("n"), avg(Person.age)).group_by(Person.team)
    for _ in range(pick.randrange(3)):
        query = query.where(any_condition(pick))
    query = query.where(Person.name == f"value {values}", Person.id > values)
    if pick.random() < 0.3:
        query = query.join(Person.team) if pick.random() < 0.5 else query.left_join(Person.team)
    if pick.random() < 0.2:
        boss: Any = alias(Person)
        query = query.left_join(boss, on=Person.boss == boss.id).where(boss.age > values)
    if pick.random() < 0.4:
        query = query.order_by(-Person.age, Person.name)
    if pick.random() < 0.5:
        query = query.limit(values)
    if pick.random() < 0.3:
        query = query.offset(values + 1)
    return query.distinct() if pick.random() < 0.2 else query


@settings(max_examples=300, deadline=None)
@given(structure=st.integers(0, 2**32), values=st.lists(st.integers(0, 99), min_size=2, max_size=2))
def test_orm_O41_a_cached_statement_is_what_compiling_gives(
    structure: int, values: list[int]
) -> None:
    for dialect in DIALECTS:
        plans: BoundedCache[Any, Any] = BoundedCache()
        for compile_into in COMPILES:
            for value in (*values, *reversed(values)):
                shape = any_query(structure, value)._shape
                cached = prepare(shape, compile_into, dialect, plans)
                assert same(cached, compile_now(shape, compile_into, dialect))
        assert len(plans) == len(COMPILES)  # so that all but the first of each have hit


SHARED: BoundedCache[Any, Any] = BoundedCache()


@settings(max_examples=300, deadline=None)
@given(structure=st.integers(0, 2**32), values=st.integers(0, 99))
def test_orm_O41_random_queries_share_one_cache_and_no_plans(structure: int, values: int) -> None:
    shape = any_query(structure, values)._shape
    cached = prepare(shape, compile_rows, SQLITE_DIALECT, SHARED)
    assert same(cached, compile_now(shape, compile_rows, SQLITE_DIALECT))


# -- queries that look alike -----------------------------------------------------------------------


def lookalikes() -> Iterator[Any]:
    """Queries of which no two have the same text, each close to its neighbours."""
    one, two = literal(1), literal(2)
    other: Any = alias(Person)
    named_boss: Any = alias(Person, "named")
    age, name = Person.age, Person.name
    yield Person.select()
    yield Person.select().distinct()
    yield Person.select().limit(1)
    yield Person.select().offset(1)
    yield Person.select().limit(1).offset(1)
    yield Person.select().for_update()
    yield Person.select().for_update(skip_locked=True)
    yield other.select()
    yield named_boss.select()
    yield Team.select()
    yield Person.select(Person.id)
    yield Person.select(Person.id, name)
    yield Person.select(name, Person.id)
    yield Person.select(Person.id.as_("a"))
    yield Person.select(Person.id.as_("b"))
    for condition in (
        age == 1, age == None, age != None, age != 1, age < 1, age > 1, age <= 1,  # noqa: E711
        age == age, age == Person.id, age == Person.team,
        age.in_([]), age.not_in([]), age.in_([1]), age.in_([1, 2]), age.not_in([1]),
        age.in_([None, 1]), age.between(1, 2), age.between(Person.id, 2), age.between(1, Person.id),
        (age == 1) & (name == "a"), (age == 1) | (name == "a"), ~(age == 1), ~~(age == 1),
        ((age == 1) & (age == 2)) | (age == 3), (age == 1) & ((age == 2) | (age == 3)),
        (age < 1) == (age > 1), age + 1 == 1, age + 1.5 == 1, age - 1 == 1, 1 - age == 1,
        age % 2 == 1, age % 2.5 == 1, age / 2 == 1, -age == 1,
        Person.team % 2 == 1, name.contains("a"), name.startswith("a"), name.startswith(""),
        name.endswith("a"), name.regexp("a"), lower(name) == "a", upper(name) == "a",
        concat(name, "a") == "a", concat("a", name) == "a", concat(name, name) == "a",
        coalesce(age, 1) == 1, coalesce(age, 1, 2) == 1, cast(age, str) == "1",
        cast(age, float) == 1.0, cast(name, int) == 1,
        case(when(age > 1, 1)) == 1, case(when(age > 1, 1), default=1) == 1,
        case(when(age > 1, 1), when(age < 1, 2)) == 1,
        raw("a = ?", [1]), raw("a  = ?", [1]), raw("b = ?", [1]), raw("a = ? + ?", [1, 2]),
        Person.team.any(), Person.boss.any(), Person.team.any(Team.name == "a"),
        Person.boss.any(age > 1), Person.boss.any(age > Person.id), Person.friends.any(),
        Person.entries.any(), Person.edited.any(),
        exists(Entry.select()), ~exists(Entry.select()), exists(Team.select()),
        exists(Entry.select().where(Entry.author == Person.id)),
        exists(Entry.select().where(Entry.editor == Person.id)),
        exists(Person.select().where(age > 1)), exists(other.select().where(other.age > age)),
        exists(other.select().where(age > other.age)),
        Person.id.in_(Entry.select(Entry.author)), Person.id.in_(Entry.select(Entry.editor)),
        Person.id.in_(Entry.select(Entry.author).limit(1)),
        Person.id.not_in(Entry.select(Entry.author)),
    ):  # fmt: skip
        yield Person.select().where(condition)
    # The same places share one value object here, and not there.
    yield Person.select().where(age > one, age < one, age != two)
    yield Person.select().where(age > one, age < two, age != one)
    yield Person.select().where(age > one, age < two, age != two)
    yield Person.select().join(Person.team)
    yield Person.select().left_join(Person.team)
    yield Person.select().join(other, on=age > other.age)
    yield Person.select().join(named_boss, on=age > named_boss.age)
    yield Person.select().with_related(Person.team)
    yield Person.select().with_related(Person.team).with_related(Person.boss)
    yield Person.select().with_related(Person.boss)
    for order in (age, -age, Person.id, age + 1, -(age + 1)):
        yield Person.select().order_by(order)
    yield Person.select().order_by(age, Person.id)
    yield Person.select().group_by(age)
    for column in (
        count(), count(age), count(age, distinct=True), sum_(age), sum_(age, distinct=True),
        avg(age), min_(age), max_(age), max_(name), count().as_("n"),
    ):  # fmt: skip
        yield Person.select(column)
        yield Person.select(age, column).group_by(age)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_orm_O41_shapes_that_differ_never_share_a_plan(dialect: Any) -> None:
    by_key: dict[Any, str] = {}
    for query in lookalikes():
        key = key_of(query._shape)
        assert key is not None, query.compile(dialect)[0]
        sql, _ = query.compile(dialect)
        assert by_key.setdefault(key, sql) == sql


def test_orm_O41_one_value_in_two_places_is_told_from_two_values() -> None:
    plans: BoundedCache[Any, Any] = BoundedCache()
    one, two = literal(1), literal(2)
    for first, second in ((one, one), (one, two), (two, one), (literal(7), literal(8))):
        query = Person.select().where(Person.age > first, Person.age < second)
        _, params, _ = prepare(query._shape, compile_rows, SQLITE_DIALECT, plans)
        assert params == [first.value, second.value]
    assert len(plans) == 2


def test_orm_O41_kinds_of_values_that_are_equal_keep_their_kind() -> None:
    plans: BoundedCache[Any, Any] = BoundedCache()
    for value in (1, True, 1.0):
        query = Person.select().where(literal(value) == Person.age)
        _, params, _ = prepare(query._shape, compile_rows, SQLITE_DIALECT, plans)
        assert [type(item) for item in params] == [int if value is True else type(value)]


def test_orm_O41_update_and_delete_have_plans_too() -> None:
    plans: BoundedCache[Any, Any] = BoundedCache()
    for age in (1, 2, None):
        for query in (
            Person.update(age=age).where(Person.name == f"n{age}"),
            Person.update(age=Person.age + 1).where(Person.name == f"n{age}"),
            Person.update(name="x", age=age),
            Person.update(age=age, name="x"),
            Person.delete().where(Person.name == f"n{age}"),
            Label.delete(),
        ):
            prepared = prepare(query, compile_write, SQLITE_DIALECT, plans)
            assert same(prepared, compile_now(query, compile_write, SQLITE_DIALECT))
    assert len(plans) == 6


# -- the parts -------------------------------------------------------------------------------------


def test_orm_O41_a_class_that_declares_nothing_is_compiled_each_time() -> None:
    class Shouted(type(lower(Person.name))):  # type: ignore[misc]
        """A function with more to it than its base knows."""

    node = Shouted("LOWER", (Person.name,), None)
    query = Person.select().where(node == "a")
    assert key_of(query._shape) is None
    plans: BoundedCache[Any, Any] = BoundedCache()
    _, params, _ = prepare(query._shape, compile_rows, SQLITE_DIALECT, plans)
    assert (params, len(plans)) == (["a"], 0)


def test_orm_O41_every_part_of_a_shape_is_in_its_key() -> None:
    known = {*Shape.parts, *Shape.traits, "prefetch", "into", "time_limit", "lazy"}
    assert {field.name for field in dataclasses.fields(Shape)} == known


def _classes(kind: type) -> Iterator[type]:
    each: type
    for each in kind.__subclasses__():
        yield each
        yield from _classes(each)


def test_orm_O41_every_node_of_the_package_says_what_it_depends_on() -> None:
    abstract = {
        "Node", "Expression", "Condition", "Subselect", "Searchable", "Choice", "WriteQuery",
        "Enclosed", "Document", "Body", "Combining", "Narrowing",
    }  # fmt: skip
    # They come up only while a statement is written, from what its key tells already.
    written = {"FixedNumber", "InScope", "InnerColumn", "OfKinds"}
    package = expressions_package.__name__.partition(".")[0]
    silent = [
        each.__name__
        for each in _classes(Traceable)
        if each.__module__.split(".")[0] == package
        and each.parts is None  # type: ignore[attr-defined]
        and each.trace is Traceable.trace  # type: ignore[attr-defined]
    ]
    assert set(silent) <= abstract | written


def test_orm_O41_equal_chains_of_calls_hit_at_any_time(db: Database) -> None:
    def ask(age: int) -> Any:
        older_one: Any = alias(Person)
        older = exists(older_one.select().where(older_one.age > Person.age + age / 2))
        price = case(when(Person.age > age, 1.5), default=age)
        return Person.select(Person.name, price.as_("p")).where(older, Person.age * 1.5 > age)

    for age in range(20):
        prepared = prepare(ask(age)._shape, compile_rows, db.dialect, db.plans)
        assert same(prepared, compile_now(ask(age)._shape, compile_rows, db.dialect))
    assert len(db.plans) == 1


# -- the cache -------------------------------------------------------------------------------------


def test_orm_O41_a_further_model_makes_plans_anew() -> None:
    before = key_of(Person.select()._shape)
    types.new_class("OrmLatecomer", (Model,), {})
    assert key_of(Person.select()._shape) != before


def test_orm_O41_the_cache_is_bounded_by_number_and_by_weight() -> None:
    cache: BoundedCache[int, str] = BoundedCache()
    for number in range(10 * cache_module.MOST_ENTRIES):
        cache.put(number, "plan", 1)
    assert len(cache) <= 2 * cache_module.MOST_ENTRIES
    cache.clear()
    heavy = cache_module.HEAVIEST_ENTRY
    for number in range(1000):
        cache.put(number, "plan", heavy)
    assert len(cache) * heavy <= 2 * cache_module.MOST_WEIGHT
    cache.put(-1, "plan", heavy + 1)
    assert cache.get(-1) is None


def test_orm_O41_what_is_used_often_stays() -> None:
    cache: BoundedCache[int, str] = BoundedCache()
    cache.put(-1, "often", 1)
    for number in range(10 * cache_module.MOST_ENTRIES):
        cache.put(number, "once", 1)
        assert cache.get(-1) == "often"


def test_orm_O41_a_long_list_is_no_burden_for_the_cache() -> None:
    plans: BoundedCache[Any, Any] = BoundedCache()
    query = Person.select().where(Person.id.in_(range(20_000)))
    assert len(prepare(query._shape, compile_rows, SQLITE_DIALECT, plans)[1]) == 20_000
    assert len(plans) == 0


def test_orm_O41_threads_share_a_cache() -> None:
    plans: BoundedCache[Any, Any] = BoundedCache()

    def work(seed: int) -> bool:
        pick = random.Random(seed)
        agree = True
        for _ in range(100):
            shape = any_query(pick.randrange(50), pick.randrange(99))._shape
            prepared = prepare(shape, compile_rows, MYSQL_DIALECT, plans)
            agree = agree and same(prepared, compile_now(shape, compile_rows, MYSQL_DIALECT))
        return agree

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


def test_types_of_values_are_one_object_for_equal_arguments() -> None:
    first, second = literal(1), literal(2)
    assert isinstance(first, Value)
    assert first.type is second.type
    assert (Person.age + 1).type is (Person.age + 2).type
    assert (Person.age + 1).type is not (Person.age + 1.5).type


def test_orm_O41_queries_that_begin_alike_share_their_beginning() -> None:
    begun = Entry.select().with_related(Entry.author)
    assert Entry.select().with_related(Entry.author) is begun
    for refine in (
        lambda query: query,
        lambda query: query.where(Entry.title == "a"),
        lambda query: query.with_related(Entry.author.team),
        lambda query: query.limit(3).with_related(Entry.author.team).order_by(Entry.title),
    ):
        fresh = Query(Shape(Entry._meta.source)).with_related(Entry.author)
        assert key_of(refine(begun)._shape) == key_of(refine(fresh)._shape)


def test_orm_O41_relations_of_each_alias_are_their_own() -> None:
    fathers, sons = (alias(Entry) for _ in range(2))
    queries = [Entry.select().with_related(each.author) for each in (fathers, sons)]
    assert queries[0]._shape.related[0].source is not queries[1]._shape.related[0].source
