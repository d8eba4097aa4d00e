"""What a plan says of locks and rewriting is what the server does (feat:V19, orm:A11)."""

from typing import Any

import pytest

import orm
from orm.engine.database import Database
from orm.errors import OperationalError
from orm.migrations.diff import diff
from orm.migrations.impact import Blocks, Cost, impact
from orm.migrations.lint import is_additive, lint
from orm.migrations.mysql import MysqlPlanner
from orm.migrations.operations import Operation
from orm.schema.ddl import DdlCompiler
from orm.schema.describe import describe_all
from orm.schema.tables import Renames, Schema, SqlText
from orm.schema.types import find_collations
from tests.support.schema_models import new_model

# The order in which the server tries them.
ALGORITHMS = ("INSTANT", "NOCOPY", "INPLACE", "COPY")

FIELDS: dict[str, Any] = {
    "short": lambda: orm.String(20),
    "middle": lambda: orm.String(50),
    "long": lambda: orm.String(100, null=True),
    "number": lambda: orm.Integer(default=0),
    "checked": lambda: orm.Integer(null=True, check="checked >= 0"),
    "body": lambda: orm.Text(null=True),
}

# Name, what changes, and what speaks against it.
CHANGES: list[tuple[str, dict[str, Any], set[str]]] = [
    ("add", {"extra": lambda: orm.Integer(null=True)}, set()),
    ("add filled", {"extra": lambda: orm.Integer(default=3)}, set()),
    ("add default", {"extra": lambda: orm.Integer(db_default=3)}, set()),
    ("add text", {"extra": lambda: orm.Text(default="")}, set()),
    ("add virtual", {"extra": lambda: orm.Integer(generated="number + 1", null=True)}, set()),
    (
        "add stored",
        {"extra": lambda: orm.Integer(generated="number + 1", stored=True, null=True)},
        {"rewrites", "locks"},
    ),
    ("drop", {"body": None}, {"drop"}),
    ("drop checked", {"checked": None}, {"drop"}),
    ("longer short", {"short": lambda: orm.String(200)}, set()),
    ("longer middle", {"middle": lambda: orm.String(200)}, {"rewrites", "locks"}),
    ("shorter", {"long": lambda: orm.String(50, null=True)}, {"type-change", "rewrites", "locks"}),
    ("bigger", {"number": lambda: orm.BigInteger(default=0)}, {"rewrites", "locks"}),
    ("to null", {"number": lambda: orm.Integer(null=True)}, {"rewrites"}),
    ("default", {"number": lambda: orm.Integer(default=0, db_default=5)}, set()),
    ("comment", {"number": lambda: orm.Integer(default=0, comment="how many")}, set()),
    ("index", {"number": lambda: orm.Integer(default=0, index=True)}, set()),
    ("unique", {"short": lambda: orm.String(20, unique=True)}, {"validates"}),
    (
        "check",
        {"number": lambda: orm.Integer(default=0, check="number < 9")},
        {"validates", "rewrites", "locks"},
    ),
]


def model(changes: dict[str, Any]) -> Any:
    fields = {name: make() for name, make in (FIELDS | changes).items() if make is not None}
    return new_model("Costly", **fields, Meta={"table": "costly"})


def operation_of(changes: dict[str, Any]) -> tuple[Schema, Operation]:
    before, after = describe_all([model({})]), describe_all([model(changes)])
    fills = {("costly", "extra"): SqlText.same("''" if "Text" in str(changes) else "3")}
    text = any(c.type.kind == "text" for t in after.tables for c in t.columns if c.name == "extra")
    if text:
        fills = {("costly", "extra"): SqlText.same("''")}
    operations = diff(before, after, Renames(), fills)
    for operation in operations[:-1]:  # what makes way for it, the check of a dropped column
        before = operation.apply(before)
    return before, operations[-1]


def is_accepted(db: Database, statement: str) -> bool:
    """Does the server do it this way? It says so by two errors when it does not."""
    try:
        db.run(statement)
    except OperationalError as error:
        if error.code not in (1845, 1846):
            raise
        return False
    return True


@pytest.mark.mysql
@pytest.mark.parametrize(
    ("changes", "rules"), [row[1:] for row in CHANGES], ids=[r[0] for r in CHANGES]
)
def test_feat_V19_the_algorithm_is_the_one_the_server_takes(
    mysql_url: str, changes: dict[str, Any], rules: set[str]
) -> None:
    db = orm.connect(mysql_url)
    before, operation = operation_of(changes)
    compiler = DdlCompiler(db.dialect, find_collations(db))
    expected = impact(operation, before, compiler)
    assert {finding.rule for finding in lint(operation, before, compiler)} == rules
    statement = MysqlPlanner(compiler).steps(operation, before)[-1].label[0]
    for algorithm in ALGORITHMS:
        db.run("DROP TABLE IF EXISTS costly")
        for text in compiler.create(before["costly"]):
            db.run(text)
        db.execute("INSERT INTO costly (short, middle, number) VALUES ('a', 'b', 1)")
        lock = "" if algorithm == "INSTANT" else f", LOCK={'SHARED' if expected.blocks else 'NONE'}"
        if is_accepted(db, f"{statement}, ALGORITHM={algorithm}{lock}"):
            break
    db.run("DROP TABLE costly")
    orm.close()
    assert algorithm == expected.algorithm


@pytest.mark.parametrize(
    ("changes", "is_safe"),
    [
        ({"extra": lambda: orm.Integer(null=True)}, True),
        ({"extra": lambda: orm.Integer(default=3)}, True),
        ({"short": lambda: orm.String(200)}, True),
        ({"short": lambda: orm.Text()}, True),
        ({"number": lambda: orm.BigInteger(default=0)}, True),
        ({"number": lambda: orm.Integer(null=True)}, True),
        ({"number": lambda: orm.Integer(default=0, index=True)}, True),
        ({"number": lambda: orm.SmallInteger(default=0)}, False),
        ({"number": lambda: orm.Integer(default=0, unique=True)}, False),
        ({"long": lambda: orm.String(100)}, False),
        ({"short": lambda: orm.String(20, ci=True)}, False),
        ({"body": None}, False),
    ],
)
def test_feat_V19_what_only_adds_is_known(changes: dict[str, Any], is_safe: bool) -> None:
    before = describe_all([model({})])
    fills = dict.fromkeys((("costly", "extra"), ("costly", "long")), SqlText.same("3"))
    (operation,) = diff(before, describe_all([model(changes)]), Renames(), fills)
    assert is_additive(operation, before) is is_safe


def test_feat_V19_sqlite_says_when_it_builds_a_table_anew(tmp_path: Any) -> None:
    db = orm.connect(f"sqlite:///{tmp_path}/x.db")
    compiler = DdlCompiler(db.dialect, find_collations(db))
    costs = {}
    for name, changes, _ in CHANGES:
        before, operation = operation_of(changes)
        found = impact(operation, before, compiler)
        costs[name] = found.cost
        assert found.blocks is (Blocks.WRITES if found.cost else Blocks.NOTHING)
    orm.close()
    at_once = {"add", "add filled", "add default", "add text", "add virtual", "longer short"}
    at_once |= {"longer middle", "shorter", "bigger", "comment"}  # the same to SQLite
    assert {name for name, cost in costs.items() if cost is Cost.METADATA} == at_once
    assert {name for name, cost in costs.items() if cost is Cost.SCAN} == {"index", "unique"}
