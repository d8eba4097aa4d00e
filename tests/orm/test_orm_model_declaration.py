"""What a class body becomes, and which declarations are refused with which advice."""

import types
from typing import Any

import pytest

from orm import (
    BigInteger,
    Boolean,
    Check,
    Decimal,
    Enum,
    ForeignKey,
    Index,
    Integer,
    ManyToMany,
    Model,
    ModelError,
    OneToOne,
    OrmError,
    String,
    Text,
    Unique,
    create_all,
)
from orm.engine.dialect import SQLITE_DIALECT
from orm.metadata import registry
from orm.names import snake_case
from tests.support.orm_models import Entry, Person


class OrmBase(Model):
    name = String(20)
    kind = String(5, default="k")

    class Meta:
        abstract = True
        database = "archive"
        indexes = [Index("name")]


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models of this file are forgotten after their test: create_all() elsewhere means all."""
    monkeypatch.setattr(registry, "_models", dict(registry._models))
    monkeypatch.setattr(registry, "_waiting", list(registry._waiting))


def test_conventions() -> None:
    info = Entry._meta
    assert next(iter(info.fields)) == "id"
    assert info.primary_key.is_auto
    assert info.columns == ["id", "title", "body", "author_id", "editor_id", "created_at"]
    (index,) = info.indexes
    assert index.columns == (("author_id", False), ("created_at", True))
    assert index.name == "orm_entries_author_id_created_at_idx"
    (labels,) = info.many_to_many
    through = labels.through
    assert (through.table, through.source_column, through.target_column) == (
        "entry_labels",
        "entry_id",
        "label_id",
    )
    assert Person._meta.many_to_many[0].through.target_column == "to_person_id"
    assert [key.name for key in info.foreign_keys] == ["author", "editor"]
    assert info.fields["author"].kind == info.primary_key.kind == "bigint"


@pytest.mark.parametrize(
    ("name", "snake"),
    [("Note", "note"), ("BlogPost", "blog_post"), ("HTTPLog", "http_log"), ("A1B", "a1_b")],
)
def test_snake_case(name: str, snake: str) -> None:
    assert snake_case(name) == snake


def test_orm_O38_fields_are_inherited_as_copies() -> None:
    class OrmChild(OrmBase):
        extra = Integer(null=True)

    class OrmGrandchild(OrmChild):
        name = Text()
        kind = None  # type: ignore[assignment]

        class Meta:
            indexes = []

    assert list(OrmChild._meta.fields) == ["id", "name", "kind", "extra"]
    assert (OrmChild._meta.table, OrmChild._meta.database) == ("orm_child", "archive")
    assert OrmChild._meta.fields["name"] is not OrmBase._declared["name"]
    assert OrmChild._meta.indexes[0].name == "orm_child_name_idx"
    assert list(OrmGrandchild._meta.fields) == ["id", "name", "extra"]
    assert OrmGrandchild._meta.table == "orm_grandchild"
    assert OrmGrandchild._meta.fields["name"].kind == "text"
    assert OrmChild._meta.fields["name"].kind == "string"
    assert OrmBase not in registry.models()
    assert registry.models()[-2:] == [OrmChild, OrmGrandchild]


def test_an_abstract_model_has_no_rows() -> None:
    for use in (OrmBase, OrmBase.select, OrmBase.all, lambda: OrmBase.get(1)):
        with pytest.raises(ModelError, match="is abstract"):
            use()


def test_models_made_by_hand() -> None:
    body = {"name": String(10), "__module__": __name__}
    made = types.new_class("OrmMade", (Model,), exec_body=lambda ns: ns.update(body))
    assert list(made._meta.fields) == ["id", "name"]


def test_a_column_may_be_called_otherwise() -> None:
    class OrmRenamed(Model):
        update_ = Boolean(column="update")
        owner = ForeignKey(Person, column="owned_by")
        code = String(5, primary_key=True)

        class Meta:
            table = "renamed"

    assert OrmRenamed._meta.columns == ["update", "owned_by", "code"]
    sql, _ = OrmRenamed.select().where(OrmRenamed.owner == 1).compile(SQLITE_DIALECT)
    assert sql.endswith('WHERE "renamed"."owned_by" = ?')
    assert OrmRenamed(code="x", owner=1, update_=True).owner_id == 1


def test_names_in_quotes_are_looked_up_late() -> None:
    class OrmEarly(Model):
        later = ForeignKey("OrmLater", null=True, back="earlies")
        many = ManyToMany("OrmLater", back="many_earlies")

    with pytest.raises(ModelError, match=r"'OrmLater'.*import the module"):
        OrmEarly.select().where(OrmEarly.many.any()).compile(SQLITE_DIALECT)

    class OrmLater(Model):
        code = String(3, primary_key=True)

    assert OrmEarly._meta.fields["later"].kind == "string"
    assert OrmEarly._meta.fields["later"].length == 3
    assert OrmLater.earlies.relation.target_model is OrmEarly
    assert OrmLater.many_earlies.relation.target_model is OrmEarly


def test_a_class_body_that_is_run_again_replaces_the_model() -> None:
    def define() -> Any:
        class OrmAgain(Model):
            person = ForeignKey(Person, back="orm_again")

        return OrmAgain

    first, second = define(), define()
    assert first not in registry.models()
    assert second in registry.models()
    assert Person.orm_again.relation.target_model is second


REFUSED = [
    ({"a-b": String(5)}, "cannot be a field"),
    ({"_hidden": String(5)}, "do not begin with '_'"),
    ({"get": String(5)}, "would hide Model.get"),
    ({"a": String(5, column='x"; DROP')}, "cannot be the column"),
    ({"a": Integer(primary_key=True), "b": Integer(primary_key=True)}, "exactly one primary key"),
    ({"a": ForeignKey(Person), "a_id": Integer(column="b")}, "attribute of its own"),
    ({"a": String(5), "b": String(5, column="a")}, "of its own"),
    ({"a": ForeignKey(Person, back="name")}, "has 'name' already"),
    ({"a": ForeignKey(Person, back="entries")}, "has 'entries' already"),
    ({"a": ForeignKey(Person, back="x"), "b": ForeignKey(Person, back="x")}, "has 'x' already"),
    ({"a": ForeignKey(Person, back="x y")}, "cannot be the back-reference"),
    ({"a": ForeignKey(5)}, "points at a model"),
    ({"a": ForeignKey(OrmBase)}, "points at a model"),
    ({"id": Integer()}, "not the primary key"),
    ({"title": String}, r"title = String is no field yet: write String\(\)"),
    ({"tags": ManyToMany}, r"tags = ManyToMany is no field yet"),
]


@pytest.mark.parametrize(("body", "message"), REFUSED)
def test_a_wrong_class_body(body: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        types.new_class("OrmWrong", (Model,), exec_body=lambda ns: ns.update(body))


META = [
    ({"tabel": "x"}, "no option 'tabel'. Did you mean 'table'"),
    ({"table": "x; DROP"}, "cannot be the table"),
    ({"table": "x" * 64}, "cannot be the table"),
    ({"indexes": ["a"]}, "takes Index, Unique and Check"),
    ({"indexes": [Index("tittle")]}, "no field 'tittle'. Did you mean 'title'"),
]


@pytest.mark.parametrize(("options", "message"), META)
def test_a_wrong_meta(options: dict[str, Any], message: str) -> None:
    body = {"title": String(5), "Meta": type("Meta", (), options)}
    with pytest.raises(ModelError, match=message):
        types.new_class("OrmWrong", (Model,), exec_body=lambda ns: ns.update(body))


DECLARATIONS = [
    (lambda: String(5, uniqe=True), "no option 'uniqe'. Did you mean 'unique'"),
    (lambda: String("5"), "takes its length"),
    (lambda: String(0), "takes its length"),
    (lambda: Decimal(5, 6), "digits"),
    (lambda: Decimal(66, 2), "digits"),
    (lambda: Enum(["a"]), "takes an enum class"),
    (lambda: ForeignKey(Person, on_delete="casade"), "Did you mean 'cascade'"),
    (lambda: OneToOne(Person, on_delete="set_null"), "needs null=True"),
    (lambda: Index(), "takes names of fields"),
    (lambda: Unique(5), "takes names of fields"),
    (lambda: Index("a", name="b c"), "cannot be the name of an index"),
    (lambda: Check(5), "takes SQL text or a function"),
]


@pytest.mark.parametrize(("make", "message"), DECLARATIONS)
def test_a_wrong_declaration(make: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        make()


def test_a_model_of_nothing_but_a_key(db: Any) -> None:
    class OrmBare(Model):
        pass

    create_all([OrmBare])
    assert [OrmBare.insert().id, OrmBare.insert().id] == [1, 2]
    assert OrmBare.insert_many([{}, {"id": 9}]) == 2
    assert OrmBare.select().order_by(OrmBare.id).scalars() == [1, 2, 3, 9]
    bare = OrmBare.get(9)
    bare.save(all=True)
    assert bare.__json__() == {"id": 9}


def test_an_abstract_field_has_no_column() -> None:
    assert not hasattr(OrmBase, "name")


def test_checks_hold_in_the_database(db: Any) -> None:
    class OrmChecked(Model):
        amount = BigInteger(check=lambda column: column >= 0)
        limit = Integer(check="amount < 100")

        class Meta:
            table = "orm_checked"
            indexes = [Check(lambda model: model.amount < model.limit, name="orm_below_limit")]

    create_all([OrmChecked])
    OrmChecked.insert(amount=1, limit=2)
    for amount, limit in ((-1, 2), (3, 2), (100, 101)):
        with pytest.raises(OrmError):
            OrmChecked.insert(amount=amount, limit=limit)
