"""The tables of the guide to models say what the code does."""

import enum

import pytest

import orm
from orm import errors
from orm.engine.options import MysqlOptions, SqliteOptions
from orm.records import Record, defaults
from orm.schema.types import Collations, column_type
from tests.support.documents import table_rows

PAGE = "docs/guides/models.md"

PUBLIC = {name: getattr(orm, name) for name in orm.__all__}


class State(enum.Enum):
    DRAFT = "draft"


@pytest.mark.parametrize("row", table_rows(PAGE, "field"), ids=lambda row: row[0])
def test_field_has_the_column_types_it_says(row: list[str]) -> None:
    declaration = row[0].strip("`")
    field = eval(declaration, {"State": State, **PUBLIC})
    for dialect, written in zip(("sqlite", "mysql"), row[-2:], strict=True):
        column = column_type(field.value_type, dialect, Collations())
        assert column.startswith(written)


def test_every_field_has_its_row() -> None:
    kinds = {name for name, each in PUBLIC.items() if is_plain_field(each)}
    assert {row[0].strip("`").partition("(")[0] for row in table_rows(PAGE, "field")} == kinds


def is_plain_field(each: object) -> bool:
    others = (orm.Field, orm.ForeignKey, orm.OneToOne, orm.Custom)
    return isinstance(each, type) and issubclass(each, orm.Field) and each not in others


@pytest.mark.parametrize(
    ("heading", "options"), [("option of SQLite", SqliteOptions), ("option of MySQL", MysqlOptions)]
)
def test_every_option_has_its_row_and_default(heading: str, options: type[Record]) -> None:
    written = {row[0].strip("`"): row[1] for row in table_rows(PAGE, heading)}
    expected = {
        name: f"{default:g}" if isinstance(default, float) else str(default)
        for name, default in defaults(options).items()
    }
    assert written == expected


def test_every_error_has_its_row() -> None:
    written = {name.strip("` ") for row in table_rows(PAGE, "error") for name in row[0].split(",")}
    known = {name for name in vars(errors) if isinstance(getattr(errors, name), type)}
    assert written == known - {"Sequence", "OrmError"}
