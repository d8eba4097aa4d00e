"""The exact SQL of each clause in each dialect; no database is asked."""

from typing import Any

import pytest

from orm import (
    Boolean,
    Model,
    QueryError,
    String,
    alias,
    case,
    cast,
    coalesce,
    concat,
    count,
    exists,
    lower,
    raw,
    when,
)
from orm.engine.dialect import MYSQL_DIALECT, SQLITE_DIALECT
from tests.support.orm_models import Entry, Label, Person, Team

PERSON = (
    'SELECT "orm_people"."id", "orm_people"."name", "orm_people"."age", "orm_people"."team_id", '
    '"orm_people"."boss_id" FROM "orm_people"'
)


def sqlite(query: Any) -> tuple[str, list[Any]]:
    sql, params = query.compile(SQLITE_DIALECT)
    return sql.removeprefix(PERSON), params


def mysql(query: Any) -> tuple[str, list[Any]]:
    sql, params = query.compile(MYSQL_DIALECT)
    return sql.removeprefix(PERSON.replace('"', "`")), params


def where(condition: Any) -> tuple[str, list[Any]]:
    sql, params = sqlite(Person.select().where(condition))
    return sql.removeprefix(" WHERE ").replace('"orm_people".', ""), params


CONDITIONS = [
    (Person.name == "x", '"name" = ?', ["x"]),
    (Person.name != "x", '"name" <> ?', ["x"]),
    (Person.age < 1, '"age" < ?', [1]),
    (Person.age <= 1, '"age" <= ?', [1]),
    (Person.age > 1, '"age" > ?', [1]),
    (Person.age >= 1, '"age" >= ?', [1]),
    (Person.age == None, '"age" IS NULL', []),  # noqa: E711
    (Person.age != None, '"age" IS NOT NULL', []),  # noqa: E711
    (Person.age.is_null(), '"age" IS NULL', []),
    (Person.age.is_null(False), '"age" IS NOT NULL', []),
    (Person.age.in_([1, 2]), '"age" IN (?, ?)', [1, 2]),
    (Person.age.not_in([1]), '"age" NOT IN (?)', [1]),
    (Person.age.in_([]), "1 = 0", []),
    (Person.age.not_in([]), "1 = 1", []),
    (Person.age.between(1, 2), '"age" BETWEEN ? AND ?', [1, 2]),
    (Person.name.contains("a%"), 'INSTR("name", ?) > 0', ["a%"]),
    (Person.name.startswith("ab"), '("name" >= ? AND "name" < ?)', ["ab", "ac"]),
    (Person.name.startswith("\ud7ff"), '("name" >= ? AND "name" < ?)', ["\ud7ff", "\ue000"]),
    (Person.name.startswith("a\U0010ffff"), '("name" >= ? AND "name" < ?)', ["a\U0010ffff", "b"]),
    (Person.name.startswith(""), '("name" >= ?)', [""]),
    (Person.name.like("a*[?%"), '"name" GLOB ?', ["a[*][[][?]*"]),
    (Person.name.endswith("a"), '"name" GLOB ?', ["*a"]),
    (Person.name.like(r"a_b%\%*"), '"name" GLOB ?', ["a?b*%[*]"]),
    (Person.name.regexp("^a"), '"name" REGEXP ?', ["^a"]),
    (Person.age + 1 == 2, '("age" + ?) = ?', [1, 2]),
    (Person.age * 2.5 > 2, '("age" * ?) > ?', [2.5, 2]),
    (10 - Person.age > 2, '(? - "age") > ?', [10, 2]),
    (Person.age / 2 > 0.5, '("age" * 1e0 / ?) > ?', [2, 0.5]),
    (Person.age % 2 == 0, '("age" % ?) = ?', [2, 0]),
    (-Person.age < 0, '(-"age") < ?', [0]),
    ((Person.age < 1) & (Person.age > 0), '("age" < ? AND "age" > ?)', [1, 0]),
    ((Person.age < 1) | (Person.age > 0), '("age" < ? OR "age" > ?)', [1, 0]),
    (~(Person.age < 1), 'NOT ("age" < ?)', [1]),
    ((Person.age < 1) == (Person.id > 2), '("age" < ?) = ("id" > ?)', [1, 2]),
    (lower(Person.name) == "x", 'LOWER("name") = ?', ["x"]),
    (coalesce(Person.age, 0) > 1, 'COALESCE("age", ?) > ?', [0, 1]),
    (concat(Person.name, "-", Person.age) == "a-1", '("name" || ? || "age") = ?', ["-", "a-1"]),
    (cast(Person.age, str) == "1", 'CAST("age" AS TEXT) = ?', ["1"]),
    (
        case(when(Person.age > 1, "old"), default="new") == "old",
        'CASE WHEN "age" > ? THEN ? ELSE ? END = ?',
        [1, "old", "new", "old"],
    ),
    (raw("length(name) > ?", [3]), "(length(name) > ?)", [3]),
]


@pytest.mark.parametrize(("condition", "sql", "params"), CONDITIONS, ids=lambda x: str(x)[:30])
def test_orm_O11_a_condition_writes_itself(condition: Any, sql: str, params: list[Any]) -> None:
    assert where(condition) == (sql, params)


def test_what_differs_on_mysql() -> None:
    query = Person.select().where(
        Person.name.contains("50%|_"),
        Person.age % 2 == 0,
        Person.age / 2 > 1,
        concat(Person.name, "x") == "y",
        raw("name LIKE '%a' AND age = ?", [1]),
    )
    sql, params = mysql(query)
    assert sql == (
        " WHERE `orm_people`.`name` LIKE %s ESCAPE '|' AND MOD(`orm_people`.`age`, %s) = %s"
        " AND (`orm_people`.`age` * 1e0 / %s) > %s AND CONCAT(`orm_people`.`name`, %s) = %s"
        " AND (name LIKE '%%a' AND age = %s)"
    )
    assert params == ["%50|%|||_%", 2, 0, 2, 1.0, "x", "y", 1]


def test_order_limit_offset_and_lock() -> None:
    query = Person.select().order_by(-Person.age, Person.name.asc(), Person.id.desc())
    order = ' ORDER BY "orm_people"."age" DESC, "orm_people"."name", "orm_people"."id" DESC'
    assert sqlite(query) == (order, [])
    assert sqlite(query.order_by().limit(5)) == (" LIMIT ?", [5])
    assert sqlite(query.order_by().offset(5)) == (" LIMIT -1 OFFSET ?", [5])
    assert mysql(Person.select().offset(5)) == (" LIMIT 18446744073709551615 OFFSET %s", [5])
    assert mysql(Person.select().for_update()) == (" FOR UPDATE", [])
    assert mysql(Person.select().for_update(skip_locked=True)) == (" FOR UPDATE SKIP LOCKED", [])
    assert sqlite(Person.select().for_update()) == ("", [])


def test_a_query_is_immutable() -> None:
    base = Person.select()
    base.where(Person.age > 1).order_by(Person.id).limit(1)
    assert sqlite(base) == ("", [])


def test_grouping() -> None:
    number = count(Entry.id).as_("n")
    query = (
        Entry.select(Person.name, number)
        .distinct()
        .join(Entry.author)
        .group_by(Person.id)
        .having(number > 3)
        .order_by(-number)
    )
    sql, params = sqlite(query)
    assert sql == (
        'SELECT DISTINCT "orm_people"."name", COUNT("orm_entries"."id") AS "n" FROM "orm_entries"'
        ' JOIN "orm_people" ON "orm_entries"."author_id" = "orm_people"."id"'
        ' GROUP BY "orm_people"."id" HAVING COUNT("orm_entries"."id") > ?'
        ' ORDER BY COUNT("orm_entries"."id") DESC'
    )
    assert params == [3]
    assert "COUNT(DISTINCT" in sqlite(Entry.select(count(Entry.author, distinct=True)))[0]
    assert sqlite(Entry.select(count())) == ('SELECT COUNT(*) FROM "orm_entries"', [])


def test_subqueries_see_the_query_around_them() -> None:
    written = Entry.select().where(Entry.author == Person.id)
    inner = (
        'SELECT "orm_entries"."id" FROM "orm_entries"'
        ' WHERE "orm_entries"."author_id" = "orm_people"."id"'
    )
    assert where(exists(written)) == (f"EXISTS ({inner})".replace('"orm_people".', ""), [])
    teams = Team.select().where(Team.name == "red")
    assert where(Person.team.in_(teams)) == (
        '"team_id" IN (SELECT "orm_teams"."id" FROM "orm_teams" WHERE "orm_teams"."name" = ?)',
        ["red"],
    )
    newest = Entry.select(Entry.author).order_by(-Entry.id).limit(3)
    assert "IN (SELECT * FROM (SELECT" in mysql(Person.select().where(Person.id.in_(newest)))[0]
    with pytest.raises(QueryError, match="one column"):
        Person.id.in_(Entry.select(Entry.id, Entry.title))


def test_any_inside_its_own_model_keeps_the_two_apart() -> None:
    sql, _ = sqlite(Person.select().where(Person.boss.any(Person.age > Person.id)))
    assert sql == (
        ' WHERE EXISTS (SELECT 1 FROM "orm_people" AS "orm_people_2" WHERE "orm_people_2"."id" ='
        ' "orm_people"."boss_id" AND "orm_people_2"."age" > "orm_people_2"."id")'
    )


def test_aliases() -> None:
    boss = alias(Person, "boss")
    query = Person.select(Person.name, boss.name).left_join(boss, on=Person.boss == boss.id)
    assert sqlite(query)[0] == (
        'SELECT "orm_people"."name", "boss"."name" FROM "orm_people"'
        ' LEFT JOIN "orm_people" AS "boss" ON "orm_people"."boss_id" = "boss"."id"'
    )
    assert sqlite(boss.select(boss.id))[0] == 'SELECT "boss"."id" FROM "orm_people" AS "boss"'
    with pytest.raises(AttributeError, match="Did you mean 'name'"):
        boss.nmae  # noqa: B018


def test_update_and_delete() -> None:
    query = Person.update(age=Person.age + 1, boss=None).where(Person.name == "x")
    sql, params = sqlite(query)
    assert sql == (
        'UPDATE "orm_people" SET "age" = ORM_FIT_INTEGER(("orm_people"."age" + ?), 32, 0, ?),'
        ' "boss_id" = ? WHERE "orm_people"."name" = ?'
    )
    assert params == [1, "Person.age", None, "x"]
    assert mysql(query)[0] == (
        "UPDATE `orm_people` SET `age` = (`orm_people`.`age` + %s), `boss_id` = %s"
        " WHERE `orm_people`.`name` = %s"
    )
    assert mysql(Label.delete()) == ("DELETE FROM `orm_labels`", [])


def test_a_condition_has_no_truth_value() -> None:
    with pytest.raises(QueryError, match="no truth value"):
        bool(Person.age > 1)
    with pytest.raises(QueryError, match="not a condition"):
        Person.select().where(True)
    with pytest.raises(QueryError, match="not a condition"):
        (Person.age > 1) & Person.name


class OrmDoor(Model):
    is_open = Boolean()


def test_a_boolean_column_is_a_condition() -> None:
    sql, params = OrmDoor.select().where(OrmDoor.is_open).compile(SQLITE_DIALECT)
    assert sql.endswith('WHERE "orm_door"."is_open" = ?')
    assert params == [1]


class OrmArchived(Model):
    name = String(10)

    class Meta:
        database = "archive"


def test_a_join_stays_in_its_database() -> None:
    with pytest.raises(QueryError, match="one statement cannot read both"):
        Person.select().join(OrmArchived, on=OrmArchived.id == Person.id)


def test_a_column_and_a_query_show_what_they_are() -> None:
    assert (repr(Person.age), repr(Person.select())) == ("<Column Person.age>", "<Query of Person>")
