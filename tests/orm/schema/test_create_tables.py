"""create_all and drop_all with real models on both engines."""

import enum
import itertools
import types as python_types
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal as PyDecimal
from typing import Any
from uuid import uuid4

import pytest

import orm
from orm.engine.database import Database
from orm.errors import DataError, IntegrityError, ModelError, OperationalError
from orm.schema.introspect import existing_tables
from tests.support.databases import on_mysql, on_sqlite

numbers = itertools.count()


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


def new_model(name: str, /, **namespace: Any) -> Any:
    """A model of this test alone: a class made at run time."""
    return python_types.new_class(name, (orm.Model,), exec_body=lambda ns: ns.update(namespace))


def meta(**options: Any) -> Any:
    return type("Meta", (), options)


@pytest.fixture
def everything(db: Database) -> Iterator[Any]:
    model = new_model(
        "SchemaEverything",
        name=orm.String(20, unique=True),
        nick=orm.String(20, ci=True, unique=True, null=True),
        body=orm.Text(default=""),
        count=orm.Integer(default=0, index=True),
        big=orm.BigInteger(default=2**40),
        small=orm.SmallInteger(default=1),
        flag=orm.Boolean(default=False),
        at=orm.DateTime(default=orm.now),
        day=orm.Date(default=date(2024, 5, 6)),
        price=orm.Decimal(8, 2, default=PyDecimal("1.50")),
        exact=orm.Decimal(30, 10, default=PyDecimal("12345678901234567890.0123456789")),
        ratio=orm.Float(default=0.5),
        data=orm.Json(default=lambda: {"a": [1, None, "ä"]}),
        key=orm.Uuid(default=uuid4),
        blob=orm.Bytes(default=b"\0\xff"),
        color=orm.Enum(Color, default=Color.RED),
        Meta=meta(table="everything", indexes=[orm.Index("flag", "-at")]),
    )
    orm.create_all([model])
    return model


def test_orm_O1_every_field_type_has_a_column_that_keeps_its_value(everything: Any) -> None:
    given = everything.insert(name="a")
    kept = everything.get(given.id)
    for field in everything._meta.fields:
        assert getattr(kept, field) == getattr(given, field), field
    assert isinstance(kept.at, datetime)


def test_feat_M8_create_all_twice_and_drop_all(db: Database, everything: Any) -> None:
    everything.insert(name="a")
    with db.log_queries() as log:
        orm.create_all([everything])
    # Serving needs no right to create what is there.
    assert not [each.sql for each in log if "CREATE" in each.sql]
    assert everything.select().count() == 1
    orm.drop_all([everything])
    assert existing_tables(db) == []
    orm.drop_all([everything])


def test_text_is_compared_exactly_unless_ci(everything: Any) -> None:
    everything.insert(name="Ann", nick="Ann")
    for other in ("ann", "Ann ", "Ánn"):
        assert everything.select().where(everything.name == other).count() == 0
    assert everything.select().where(everything.nick == "aNN").count() == 1
    assert everything.select().where(everything.nick == "Ánn").count() == 0
    everything.insert(name="ann")
    everything.insert(name="Ann ")
    with pytest.raises(IntegrityError) as caught:
        everything.insert(name="x", nick="ANN")
    assert caught.value.columns == ("nick",)
    assert caught.value.constraint == "everything_nick_key"


def test_orm_O4_a_unique_violation_names_constraint_and_columns(everything: Any) -> None:
    everything.insert(name="a")
    with pytest.raises(IntegrityError) as caught:
        everything.insert(name="a")
    assert caught.value.constraint == "everything_name_key"
    assert caught.value.columns == ("name",)


def test_orm_O4_descending_index(db: Database, everything: Any) -> None:
    if db.dialect.name == "sqlite":
        sql = "SELECT sql FROM sqlite_master WHERE name = 'everything_flag_at_idx'"
        assert '("flag", "at" DESC)' in db.execute(sql).rows[0][0]
    else:
        create = db.execute("SHOW CREATE TABLE everything").rows[0][1]
        assert "`everything_flag_at_idx` (`flag`,`at` DESC)" in create
        assert "ENGINE=InnoDB" in create
        assert "utf8mb4" in create


def test_ids_of_deleted_rows_are_not_given_out_again(everything: Any) -> None:
    last = everything.insert(name="a").id
    everything.delete().where(everything.id == last).execute()
    assert everything.insert(name="b").id > last


@pytest.mark.parametrize(
    ("action", "outcome"), [("cascade", 0), ("set_null", None), ("restrict", IntegrityError)]
)
def test_orm_O5_on_delete_is_the_database_s(db: Database, action: str, outcome: Any) -> None:
    parent = new_model("SchemaParent", name=orm.String(10))
    child = new_model("SchemaChild", parent=orm.ForeignKey(parent, null=True, on_delete=action))
    orm.create_all([child, parent])  # the order does not matter
    owner = parent.insert(name="p")
    child.insert(parent=owner)
    if outcome is IntegrityError:
        with pytest.raises(IntegrityError):
            owner.delete()
        return
    owner.delete()
    kept = [row.parent_id for row in child.all()]
    assert kept == ([] if outcome == 0 else [None])


def test_orm_O6_link_table_of_many_to_many(db: Database) -> None:
    tag = new_model("SchemaTag", name=orm.String(10))
    note = new_model("SchemaNote", tags=orm.ManyToMany(tag))
    orm.create_all([note, tag])
    assert existing_tables(db) == ["schema_note", "schema_note_tags", "schema_tag"]
    db.execute("INSERT INTO schema_tag (name) VALUES ('a')")
    one = note.insert()
    db.execute("INSERT INTO schema_note_tags VALUES (?, 1)", (one.id,))
    with pytest.raises(IntegrityError):
        db.execute("INSERT INTO schema_note_tags VALUES (?, 1)", (one.id,))
    one.delete()
    assert db.execute("SELECT * FROM schema_note_tags").rows == []
    orm.drop_all([note, tag])
    assert existing_tables(db) == []


def test_feat_M8_a_table_that_another_one_refers_to_is_not_dropped(db: Database) -> None:
    """And neither are the others, which MySQL would have lost by then."""
    shelf = new_model("SchemaShelf", name=orm.String(10), Meta=meta(table="shelf"))
    book = new_model("SchemaBook", shelf=orm.ForeignKey(shelf), Meta=meta(table="book"))
    orm.create_all([shelf, book])
    row = shelf.insert(name="a")
    kind = "INTEGER" if db.dialect.name == "sqlite" else "BIGINT"
    db.run(f"CREATE TABLE loan (shelf_id {kind}, FOREIGN KEY (shelf_id) REFERENCES shelf (id))")
    db.run(f"INSERT INTO loan VALUES ({row.id})")
    told = "Table shelf cannot be dropped: table loan, .* refers to it by shelf_id"
    with pytest.raises(IntegrityError, match=told):
        orm.drop_all([shelf, book])
    assert existing_tables(db) == ["book", "loan", "shelf"]
    db.run("DROP TABLE loan")
    orm.drop_all([shelf, book])
    assert existing_tables(db) == []


@on_sqlite
def test_feat_M8_a_reference_without_rows_keeps_no_table_of_sqlite(db: Database) -> None:
    shelf = new_model("SchemaShelf", Meta=meta(table="shelf"))
    orm.create_all([shelf])
    db.run("CREATE TABLE loan (shelf_id INTEGER REFERENCES shelf (id))")
    orm.drop_all([shelf])
    assert existing_tables(db) == ["loan"]


@on_mysql
def test_orm_O1_row_that_is_too_wide_is_refused_with_what_to_do(db: Database) -> None:
    names = ("first", "second")
    wide = new_model("SchemaWide", **{name: orm.String(12_000) for name in names})
    with pytest.raises(OperationalError, match="make the longest String a Text") as caught:
        orm.create_all([wide])
    assert caught.value.code == 1118


@pytest.mark.parametrize("action", ["restrict", "cascade"])
def test_tables_in_a_circle(db: Database, action: str) -> None:
    # A name in quotes means the model of that name that is known already: not another run's.
    member_name = f"SchemaMember{next(numbers)}"
    team = new_model("SchemaTeam", lead=orm.ForeignKey(member_name, null=True, on_delete=action))
    member = new_model(
        member_name,
        team=orm.ForeignKey(team, on_delete=action),
        boss=orm.ForeignKey("self", null=True, on_delete=action),
    )
    for _ in range(2):
        orm.create_all([team, member])
    first = team.insert()
    first.lead = member.insert(team=first)
    first.save()
    member.insert(team=first, boss=first.lead)
    with pytest.raises(IntegrityError):
        member.insert(team=99)
    with pytest.raises(IntegrityError):
        team.insert(lead=99)
    orm.drop_all([team, member])
    assert existing_tables(db) == []
    orm.create_all([team, member])
    with pytest.raises(IntegrityError):
        team.insert(lead=99)


def test_a_table_whose_rows_refer_to_each_other_is_dropped(db: Database) -> None:
    node = new_model("TreeNode", parent=orm.ForeignKey("self", null=True, back="children"))
    orm.create_all([node])
    root = node.insert()
    node.insert(parent=root)
    orm.drop_all([node])
    assert existing_tables(db) == []
    orm.create_all([node])
    with pytest.raises(IntegrityError):
        node.insert(parent=99)


def test_orm_O4_checks_as_text_and_as_conditions(db: Database) -> None:
    model = new_model(
        "SchemaChecked",
        age=orm.Integer(check=lambda column: column >= 18),
        name=orm.String(20, check="name <> 'it''s 5%'"),
        end=orm.Integer(default=100),
        Meta=meta(
            indexes=[
                orm.Check(lambda model: model.age < model.end, name="age_before_end"),
                orm.Check(lambda model: model.name != "a\\'b%"),
            ]
        ),
    )
    orm.create_all([model])
    model.insert(age=18, name="ok")
    wrong = {
        "schema_checked_age_check": {"age": 17, "name": "x"},
        "schema_checked_name_check": {"age": 18, "name": "it's 5%"},
        "age_before_end": {"age": 101, "name": "x"},
        "schema_checked_2_check": {"age": 18, "name": "a\\'b%"},
    }
    for constraint, values in wrong.items():
        with pytest.raises(IntegrityError) as caught:
            model.insert(**values)
        assert caught.value.constraint == constraint


def test_choices_are_no_checks(db: Database) -> None:
    model = new_model("SchemaChoice", size=orm.String(5, choices=["s", "m"]))
    orm.create_all([model])
    db.execute("INSERT INTO schema_choice (size) VALUES ('xl')")
    with pytest.raises(DataError):
        model.insert(size="xl")


def test_text_may_be_indexed_but_not_unique_on_mysql(db: Database) -> None:
    indexed = new_model("SchemaIndexed", body=orm.Text(index=True))
    orm.create_all([indexed])
    indexed.insert(body="a" * 1000)
    unique = new_model("SchemaUnique", body=orm.Text(unique=True))
    if db.dialect.name == "mysql":
        with pytest.raises(ModelError, match=r"String\(length\)"):
            orm.create_all([unique])
    else:
        orm.create_all([unique])


def test_a_relation_to_a_model_nobody_defined_is_explained(db: Database) -> None:
    lost = new_model("SchemaLost", other=orm.ForeignKey("NobodyDefinedThis"))
    with pytest.raises(ModelError, match="import the module"):
        orm.create_all([lost])


def test_a_model_with_a_text_key_and_a_reference_to_it(db: Database) -> None:
    country = new_model("SchemaCountry", code=orm.String(2, primary_key=True))
    city = new_model("SchemaCity", country=orm.ForeignKey(country, on_delete="cascade"))
    orm.create_all([city, country])
    country.insert(code="no")
    assert city.insert(country="no").country_id == "no"
    with pytest.raises(IntegrityError) as caught:
        country.insert(code="no")
    assert caught.value.constraint == "PRIMARY"
