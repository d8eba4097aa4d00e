"""What a live database says of its schema, and that it is what the models say."""

from dataclasses import replace

import pytest

import orm
from orm.engine.database import Database
from orm.errors import IntegrityError, ModelError
from orm.migrations.drift import find_drift
from orm.schema.describe import describe_all
from orm.schema.introspect import read_schema
from orm.schema.live import LiveSchema
from orm.schema.reflect import Reflector, reflect_schema
from orm.schema.source import write_models
from orm.schema.tables import Schema
from orm.schema.types import find_collations
from tests.support import evolving, orm_models
from tests.support.databases import empty_database
from tests.support.schema_models import Size, new_model, rich_models


def test_orm_O33_what_was_created_is_read_as_it_was_declared(db: Database) -> None:
    models = rich_models()
    orm.create_all(models)
    wanted = describe_all(models)
    found = reflect_schema(db, wanted)
    for table in wanted.tables:
        assert found[table.name] == table


def test_orm_O33_facts_of_a_table(db: Database) -> None:
    orm.create_all(rich_models())
    live = read_schema(db)
    things = live["rich_things"]
    assert things.primary_key == ("id",)
    assert things.column("id").is_auto
    assert things.column("big").null
    assert not things.column("title").null
    index = things.index("rich_things_owner_id_at_idx")
    assert [(m.column, m.is_descending) for m in index.members] == [
        ("owner_id", False),
        ("at", True),
    ]
    key = things.foreign_key("rich_things_owner_id_fkey")
    assert (key.columns, key.target_table, key.on_delete) == (
        ("owner_id",),
        "rich_owners",
        "CASCADE",
    )
    assert "rich_price" in {check.name for check in things.checks}
    assert set(live) == {"rich_owners", "rich_things", "rich_thing_friends"}


def test_orm_O33_comments_are_read_where_the_engine_keeps_them(db: Database) -> None:
    noted = new_model(
        "Noted",
        name=orm.String(10, comment="what it's called, 100%"),
        Meta={"comment": "things with names"},
    )
    orm.create_all([noted])
    live = read_schema(db)["noted"]
    is_kept = db.dialect.name == "mysql"
    assert live.comment == ("things with names" if is_kept else "")
    assert live.column("name").comment == ("what it's called, 100%" if is_kept else "")
    assert reflect_schema(db, describe_all([noted])) == describe_all([noted])


def test_orm_O33_tables_that_others_made(db: Database) -> None:
    if db.dialect.name == "mysql":
        db.run(
            "CREATE TABLE foreign_one (a INT UNSIGNED NOT NULL, b ENUM('x','yyy'), "
            "c TIMESTAMP NULL, d JSON, e VARCHAR(9) DEFAULT 'q''s', PRIMARY KEY (a), "
            "UNIQUE (b), CHECK (a < 9))"
        )
    else:
        db.run(
            "CREATE TABLE [foreign_one] (a INT UNSIGNED NOT NULL CHECK (a < 9), `b` VARCHAR(3),"
            ' "c" TIMESTAMP, d JSON, -- a, comment\n'
            "e VARCHAR(9) DEFAULT 'q''s', PRIMARY KEY (a), UNIQUE (b))"
        )
    table = reflect_schema(db, describe_all([])) and read_schema(db)["foreign_one"]
    assert [column.name for column in table.columns] == ["a", "b", "c", "d", "e"]
    assert table.primary_key == ("a",)
    assert [index.columns for index in table.indexes if index.unique] == [("b",)]
    assert len([c for c in table.checks if "json" not in c.condition]) == 1


def test_orm_O4_partial_and_expression_uniques_hold(db: Database) -> None:
    account = new_model(
        "Account",
        name=orm.String(20),
        is_open=orm.Boolean(default=True),
        Meta={
            "indexes": [
                orm.Unique(
                    lambda m: orm.lower(m.name), condition=lambda m: m.is_open, name="one_open"
                )
            ]
        },
    )
    orm.create_all([account])
    account.insert(name="Ann")
    account.insert(name="ann", is_open=False)
    account.insert(name="ANN", is_open=False)
    with pytest.raises(IntegrityError) as caught:
        account.insert(name="ANN")
    assert caught.value.constraint == "one_open"


def test_orm_O4_nulls_that_are_not_distinct_collide(db: Database) -> None:
    seat = new_model(
        "Seat",
        row=orm.Integer(),
        number=orm.Integer(null=True),
        Meta={"indexes": [orm.Unique("row", "number", nulls_distinct=False, name="one_seat")]},
    )
    orm.create_all([seat])
    seat.insert(row=1, number=None)
    seat.insert(row=1, number=0)
    seat.insert(row=2, number=None)
    for number in (None, 0):
        with pytest.raises(IntegrityError) as caught:
            seat.insert(row=1, number=number)
        assert caught.value.constraint == "one_seat"


def test_orm_O4_an_index_on_an_expression_is_refused_where_there_is_none(db: Database) -> None:
    word = new_model(
        "Word",
        text=orm.String(20),
        Meta={"indexes": [orm.Index(lambda m: orm.lower(m.text), name="lower_idx")]},
    )
    if db.dialect.name == "mysql":
        with pytest.raises(ModelError, match="MariaDB has no index on an expression"):
            orm.create_all([word])
        return
    orm.create_all([word])
    query = word.select().where(orm.lower(word.text) == "a")
    assert "lower_idx" in db.explain(query)


def test_orm_O4_an_expression_needs_a_name() -> None:
    with pytest.raises(ModelError, match="needs a name"):
        orm.Index(lambda m: m.text)
    with pytest.raises(ModelError, match="takes names of fields"):
        orm.Index(3)  # type: ignore[arg-type]


def written_models(db: Database) -> str:
    live = read_schema(db)
    reflector = Reflector(db, find_collations(db))
    schema = Schema.of([reflector.table(table) for table in live.values()])
    return write_models(schema, db.dialect.name)


def without_key_names(live: LiveSchema) -> LiveSchema:
    return {
        name: replace(
            table,
            foreign_keys=tuple(
                sorted((replace(k, name=None) for k in table.foreign_keys), key=str)
            ),
            columns=tuple(sorted(table.columns, key=str)),
        )
        for name, table in live.items()
    }


def test_orm_O33_written_models_make_the_same_tables(db: Database) -> None:
    orm.create_all(evolving.first_models())
    tag = new_model("WrittenTag", name=orm.String(20, unique=True), Meta={"table": "tags"})
    note = new_model(
        "Note",
        title=orm.String(200, index=True, comment="its name"),
        kind=orm.String(5, db_default="it's"),
        count=orm.Integer(db_default=3),
        upper=orm.String(200, generated="upper(title)", null=True),
        price=orm.Decimal(8, 2, null=True),
        key=orm.Uuid(unique=True),
        save_=orm.Boolean(column="save"),
        tags=orm.ManyToMany(tag),
        parent=orm.ForeignKey("self", null=True, on_delete="set_null"),
        Meta={
            "table": "notes_2",
            "comment": "notes",
            "indexes": [
                orm.Index("title", "-count"),
                orm.Unique("count", "price", name="odd_name"),
                orm.Check("count >= 0", name="count_ok"),
            ],
        },
    )
    orm.create_all([tag, note])
    before = read_schema(db)
    text = written_models(db)
    empty_database(db)
    assert read_schema(db) == {}
    namespace: dict[str, object] = {"__name__": "written_models"}
    exec(compile(text, "written_models.py", "exec"), namespace)
    orm.create_all([each for each in namespace.values() if _is_model(each)])
    assert without_key_names(read_schema(db)) == without_key_names(before), text
    assert written_models(db) == text


def _is_model(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, orm.Model) and value is not orm.Model


def test_orm_O33_what_a_model_cannot_say_is_a_comment(db: Database) -> None:
    db.run("CREATE TABLE pairs (a INT NOT NULL, b INT NOT NULL, c INT, PRIMARY KEY (a, b))")
    db.run("CREATE TABLE keyless (`class` INT)")
    text = written_models(db)
    assert "# pairs: a model needs a key of one column, and this one has a, b." in text
    assert "# keyless: a model needs a key of one column, and this one has none." in text


def test_orm_A9_nothing_differs_in_the_tables_of_every_kind(db: Database) -> None:
    defaults = new_model(
        "Defaulted",
        text=orm.String(20, db_default="it's 5%"),
        long=orm.Text(db_default=""),
        number=orm.Integer(db_default=-3),
        big=orm.BigInteger(db_default=2**40),
        flag=orm.Boolean(db_default=True),
        ratio=orm.Float(db_default=0.25),
        price=orm.Decimal(8, 2, db_default="1.50"),
        huge=orm.Decimal(30, 10, db_default=3),
        day=orm.Date(db_default="2026-01-02"),
        at=orm.DateTime(db_default=orm.now),
        moment=orm.DateTime(db_default="2026-01-02T03:04:05"),
        time=orm.Time(db_default="01:02:03"),
        span=orm.Duration(null=True),
        tiny=orm.TinyInteger(db_default=1),
        uid=orm.Uuid(db_default="00000000-0000-0000-0000-000000000001"),
        data=orm.Json(db_default={"a": 1}),
        blob=orm.Bytes(4, db_default=b"\x01"),
        size=orm.Enum(Size, db_default=Size.SMALL),
        upper=orm.String(20, generated=lambda m: orm.upper(m.text), null=True),
        twice=orm.Integer(generated=lambda m: m.number * 2 + 1, stored=True, null=True),
        rank=orm.Integer(null=True, check=lambda c: (c > 1) | ((c < -1) & (c != -7))),
        kind=orm.String(5, null=True, check=lambda c: c.in_(["a", "b'"]) | c.is_null()),
    )
    models = [*orm_models.MODELS, defaults]
    orm.create_all(models)
    assert list(find_drift(db, models)) == []
    defaults.insert()
