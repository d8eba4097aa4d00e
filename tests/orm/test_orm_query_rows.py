"""Queries against rows: results, shapes of rows, pages, streams, text search."""

import functools
import json
import operator
import random
from typing import Any

import pytest

from orm import (
    DataError,
    DoesNotExist,
    Integer,
    MultipleRows,
    QueryError,
    String,
    TransactionError,
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
    transaction,
    upper,
    when,
)
from tests.support.orm_models import Entry, Label, Person, create_tables


@pytest.fixture
def tables(db: Any) -> None:
    create_tables()


@pytest.fixture
def ages(tables: None) -> None:
    Person.insert_many({"name": f"p{age}", "age": age} for age in range(1, 8))


@pytest.mark.usefixtures("ages")
def test_results() -> None:
    query = Person.select().where(Person.age > 2).order_by(-Person.age)
    assert [person.age for person in query] == [7, 6, 5, 4, 3]
    assert query.count() == 5
    assert query.limit(2).count() == 2
    assert query.offset(4).count() == 1
    assert query.exists()
    assert not query.where(Person.age < 1).exists()
    assert query.first().age == 7  # type: ignore[union-attr]
    assert query.where(Person.age > 9).first() is None
    assert query.where(Person.age == 3).one().age == 3
    with pytest.raises(DoesNotExist):
        query.where(Person.age > 9).one()
    with pytest.raises(MultipleRows):
        query.one()
    assert query.limit(1).one().age == 7


@pytest.mark.usefixtures("ages")
def test_orm_O17_rows_as_tuples_dicts_and_scalars() -> None:
    query = Person.select().where(Person.age < 3).order_by(Person.age)
    assert [(row.id, row.name) for row in query.values(Person.id, Person.name)] == [
        (1, "p1"),
        (2, "p2"),
    ]
    assert query.values()[0]._fields == ("id", "name", "age", "team_id", "boss_id")
    assert query.dicts(Person.name, Person.boss)[0] == {"name": "p1", "boss_id": None}
    assert query.scalars(Person.name) == ["p1", "p2"]


@pytest.mark.usefixtures("ages")
def test_selected_columns_are_rows() -> None:
    query = Person.select(Person.name, (Person.age * 2).as_("double"), Person.name)
    (row,) = query.where(Person.age == 3)
    assert row == ("p3", 6, "p3")
    assert (row._fields, row.double) == (("name", "double", "name_2"), 6)
    assert query.limit(1).scalars() == ["p1"]
    assert query.count() == 7
    assert len(list(query.stream(2))) == 7
    assert query.page(1, size=3).__json__()["items"][0] == {
        "name": "p1",
        "double": 2,
        "name_2": "p1",
    }


@pytest.mark.usefixtures("ages")
def test_orm_O16_pages() -> None:
    query = Person.select().order_by(Person.age)
    page = query.page(2, size=3)
    assert [person.age for person in page] == [4, 5, 6]
    assert (page.page, page.size, page.total, page.pages, len(page)) == (2, 3, 7, 3, 3)
    assert (page.has_prev, page.has_next) == (True, True)
    last = query.page(3, size=3)
    assert ([person.age for person in last], last.has_next) == ([7], False)
    for beyond in (4, 10**40):
        assert query.page(beyond, size=3).items == []
    for below in (0, -5):
        assert query.page(below, size=3).page == 1
    empty = query.where(Person.age > 99).page(1)
    assert (empty.items, empty.pages, empty.has_next) == ([], 1, False)
    shown = json.loads(json.dumps(page.__json__()))
    assert shown["items"][0] == {
        "id": 4,
        "name": "p4",
        "age": 4,
        "team_id": None,
        "boss_id": None,
    }
    assert {key: shown[key] for key in ("page", "size", "total", "pages")} == {
        "page": 2,
        "size": 3,
        "total": 7,
        "pages": 3,
    }


@pytest.mark.parametrize("number", ["2", 1.5, None, True])
def test_a_page_number_that_is_no_int_is_refused(number: object) -> None:
    with pytest.raises(QueryError, match="takes the page's number"):
        Person.select().page(number)


@pytest.mark.parametrize("value", [-1, "1", 1.0, True, 2**63, None])
def test_sec_D1_limit_and_offset_take_counts_only(value: object) -> None:
    for method in (Person.select().limit, Person.select().offset):
        with pytest.raises(QueryError, match="an int of 0 or more"):
            method(value)
    with pytest.raises(QueryError):
        Person.select().page(1, size=value)


@pytest.mark.usefixtures("ages")
def test_orm_O24_streams_hold_few_rows_and_may_be_left() -> None:
    ages = []
    for person in Person.select().order_by(Person.age).stream(size=2):
        ages.append(person.age)
        if person.age == 3:
            break
    assert ages == [1, 2, 3]
    assert Person.select().count() == 7
    with pytest.raises(QueryError):
        next(Person.select().stream(0))


@pytest.mark.usefixtures("ages")
def test_orm_O12_aggregates() -> None:
    row = Person.select(
        count(),
        count(Person.team),
        sum_(Person.age),
        avg(Person.age),
        min_(Person.age),
        max_(Person.name),
    ).one()
    assert tuple(row) == (7, 0, 28, 4.0, 1, "p7")
    assert Person.select(sum_(Person.age)).where(Person.age > 99).one()[0] is None
    by_rest = Person.select((Person.age % 2).as_("rest"), count(Person.id).as_("n"))
    groups = by_rest.group_by(Person.age % 2).having(count(Person.id) > 3)
    assert [tuple(group) for group in groups] == [(1, 4)]
    assert groups.count() == 1
    assert groups.exists()
    rests = Person.select(Person.age % 2).distinct()
    assert rests.count() == 2
    assert rests.offset(1).exists()
    assert not rests.offset(2).exists()


@pytest.mark.usefixtures("ages")
def test_orm_O11_functions_give_the_same_on_both_engines() -> None:
    row = Person.select(
        lower(Person.name),
        upper(Person.name),
        concat(Person.name, "-", Person.age),
        coalesce(Person.team, 9),
        cast(Person.age, str),
        cast(concat("4", "2"), int),
        cast("42", Integer),
        cast(Person.age, String(5)),
        (Person.age / 2).as_("half"),
        case(when(Person.age > 2, "old"), (Person.age > 1, "mid"), default="new"),
        -Person.age,
    )
    assert tuple(row.where(Person.age == 1).one()) == (
        "p1",
        "P1",
        "p1-1",
        9,
        "1",
        42,
        42,
        "1",
        0.5,
        "new",
        -1,
    )
    assert Person.select(lower(Person.name)).where(lower(Person.name) == "ärger").all() == []
    Person.insert(name="ÄRGER")
    assert Person.select().where(lower(Person.name) == "ärger").count() == 1


@pytest.mark.usefixtures("ages")
def test_orm_O13_subqueries() -> None:
    ann = Person.insert(name="ann")
    Entry.insert(title="x", author=ann)
    written = Entry.select().where(Entry.author == Person.id)
    assert Person.select().where(exists(written)).all() == [ann]
    assert Person.select().where(~exists(written)).count() == 7
    assert Person.select().where(Person.id.in_(Entry.select(Entry.author))).all() == [ann]
    newest = Person.select().order_by(-Person.id).limit(1)
    assert Entry.select().where(Entry.author.in_(newest)).count() == 1
    oldest = Person.select(max_(Person.age))
    assert Person.select().where(Person.age == oldest).scalars(Person.age) == [7]
    number = Entry.select(count(Entry.id)).where(Entry.author == Person.id).as_("entries")
    row = Person.select(Person.name, number).order_by(-number, Person.id).first()
    assert (row.name, row.entries) == ("ann", 1)


TEXTS = [
    "50%",
    "50",
    "a_b",
    "axb",
    "A_B",
    "x\\y",
    "x|y",
    "[a]",
    "a*b",
    "q?",
    "Ünï",
    "🎈!",
    "",
    " ",
    "'",
]


@pytest.mark.usefixtures("tables")
def test_sec_D4_search_is_what_python_says() -> None:
    Label.insert_many({"name": text} for text in TEXTS)
    names = Label.select()
    for part in [*TEXTS, "%", "_", "*", "?", "[", "]", "\\", "|", "a", "ü"]:
        for condition, holds in (
            (Label.name.contains(part), lambda text, part: part in text),
            (Label.name.startswith(part), str.startswith),
            (Label.name.endswith(part), str.endswith),
        ):
            found = set(names.where(condition).scalars(Label.name))
            assert found == {text for text in TEXTS if holds(text, part)}, part


@pytest.mark.usefixtures("tables")
def test_like_and_regexp_give_the_same_on_both_engines() -> None:
    Label.insert_many({"name": text} for text in TEXTS)

    def found(condition: Any) -> set[str]:
        return set(Label.select().where(condition).scalars(Label.name))

    assert found(Label.name.like("a_b")) == {"a_b", "axb", "a*b"}
    assert found(Label.name.like(r"a\_b")) == {"a_b"}
    assert found(Label.name.like("50%")) == {"50%", "50"}
    assert found(Label.name.like(r"50\%")) == {"50%"}
    assert found(Label.name.regexp("^a.b$")) == {"a_b", "axb", "a*b"}
    assert found(Label.name.regexp("[0-9]+")) == {"50%", "50"}
    with pytest.raises(QueryError, match="1000 characters"):
        Label.name.regexp("x" * 1001)
    with pytest.raises(QueryError, match="searched for a str"):
        Label.name.contains(5)  # type: ignore[arg-type]


@pytest.mark.usefixtures("ages")
def test_raw_is_a_condition_a_column_and_a_statement() -> None:
    assert Person.select().where(raw("age > ?", [6])).scalars(Person.age) == [7]
    assert Person.select(raw("age + ?", [1]).as_("next")).where(Person.age == 1).one().next == 2
    assert list(raw("SELECT age FROM orm_people WHERE age < ? ORDER BY age", [3])) == [(1,), (2,)]
    with pytest.raises(QueryError):
        Person.select().where(raw("age > ?", [])).all()


@pytest.mark.usefixtures("tables")
def test_sec_D4_a_broken_regular_expression_is_a_data_error() -> None:
    Person.insert(name="x")
    with pytest.raises(DataError):
        Person.select().where(Person.name.regexp("(")).all()


@pytest.mark.usefixtures("ages")
def test_orm_O11_a_long_chain_of_conditions() -> None:
    wanted = functools.reduce(operator.or_, [Person.age == age for age in range(6, 450)])
    unwanted = functools.reduce(operator.and_, [Person.age != age for age in range(7, 450)])
    assert Person.select().where(wanted & unwanted).scalars(Person.age) == [6]


@pytest.mark.usefixtures("tables")
def test_raw_is_run_by_all() -> None:
    assert raw("SELECT ?, '?%'", ["x"]).all() == [("x", "?%")]


@pytest.mark.usefixtures("ages")
def test_locked_rows_are_read_inside_a_transaction() -> None:
    with transaction():
        query = Person.select().where(Person.age == 1)
        assert query.for_update().one().age == 1
        assert query.for_update(skip_locked=True).count() == 1
        assert query.for_update().exists()
    with pytest.raises(TransactionError, match="there is none"):
        query.for_update().all()


@pytest.mark.usefixtures("ages")
def test_a_query_as_json() -> None:
    assert Person.select().where(Person.age == 1).__json__() == [
        {"id": 1, "name": "p1", "age": 1, "team_id": None, "boss_id": None}
    ]


@pytest.mark.usefixtures("tables")
def test_sec_D4_ten_thousand_random_searches() -> None:
    chosen = random.Random(4)
    signs = "aAäÄ%_|*?[]^-!\\'\" 🎈"

    def word(longest: int) -> str:
        return "".join(chosen.choices(signs, k=chosen.randint(0, longest)))

    texts = sorted({word(12) for _ in range(130)})
    Label.insert_many({"name": text} for text in texts)
    for _ in range(40):
        part = word(2)
        query = Label.select().where(Label.name.contains(part))
        assert sorted(query.scalars(Label.name)) == [text for text in texts if part in text]
        query = Label.select().where(Label.name.startswith(part))
        assert sorted(query.scalars(Label.name)) == [t for t in texts if t.startswith(part)]
        escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        like = Label.select().where(Label.name.like(f"{escaped}%"))
        assert sorted(like.scalars(Label.name)) == sorted(query.scalars(Label.name))


@pytest.mark.usefixtures("ages")
def test_a_query_is_true_when_it_has_a_row(db: Any) -> None:
    assert Person.select().where(Person.age == 1)
    assert not Person.select().where(Person.age == 99)
    assert db.explain(Person.select().where(Person.age == 1))
