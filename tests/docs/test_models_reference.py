"""The tables of the guide to models say what the code does."""

import enum
from dataclasses import fields

import pytest

import orm
from orm import errors
from orm.engine.options import MysqlOptions, SqliteOptions
from orm.schema.types import Collations, column_type
from tests.support.documents import table_rows

PAGE = "docs/guides/models.md"


class State(enum.Enum):
    DRAFT = "draft"


@pytest.mark.parametrize("row", table_rows(PAGE, "field"), ids=lambda row: row[0])
def test_field_has_the_column_types_it_says(row: list[str]) -> None:
    declaration = row[0].strip("`")
    field = eval(declaration, {"State": State, **vars(orm)})
    for dialect, written in zip(("sqlite", "mysql"), row[-2:], strict=True):
        column = column_type(field.value_type, dialect, Collations())
        assert column.startswith(written)


def test_every_field_has_its_row() -> None:
    kinds = {name for name, each in vars(orm).items() if is_plain_field(each)}
    assert {row[0].strip("`").partition("(")[0] for row in table_rows(PAGE, "field")} == kinds


def is_plain_field(each: object) -> bool:
    others = (orm.Field, orm.ForeignKey, orm.OneToOne, orm.Custom)
    return isinstance(each, type) and issubclass(each, orm.Field) and each not in others


@pytest.mark.parametrize(
    ("heading", "options"), [("option of SQLite", SqliteOptions), ("option of MySQL", MysqlOptions)]
)
def test_every_option_has_its_row_and_default(heading: str, options: type) -> None:
    written = {row[0].strip("`"): row[1] for row in table_rows(PAGE, heading)}
    expected = {
        each.name: f"{each.default:g}" if isinstance(each.default, float) else str(each.default)
        for each in fields(options)
    }
    assert written == expected


def test_every_error_has_its_row() -> None:
    written = {name.strip("` ") for row in table_rows(PAGE, "error") for name in row[0].split(",")}
    known = {name for name in vars(errors) if isinstance(getattr(errors, name), type)}
    assert written == known - {"Sequence", "OrmError"}
