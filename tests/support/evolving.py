"""A schema in several versions, and migrations between them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orm
from orm.migrations.diff import diff
from orm.migrations.files import Migration, Migrations, load_migrations
from orm.migrations.fills import fills_of
from orm.migrations.operations import Operation
from orm.migrations.source import write_migration
from orm.schema.describe import declared_renames, describe_all
from orm.schema.tables import Schema
from tests.support.schema_models import new_model


def first_models() -> list[Any]:
    author = new_model("EvoAuthor", name=orm.String(40, unique=True), Meta={"table": "authors"})
    note = new_model(
        "EvoNote",
        title=orm.String(50, index=True),
        body=orm.Text(null=True),
        state=orm.String(10, default="new"),
        words=orm.SmallInteger(default=0),
        author=orm.ForeignKey(author, on_delete="cascade"),
        Meta={
            "table": "notes",
            "indexes": [orm.Index("author", "state"), orm.Check("words >= 0", name="words_ok")],
        },
    )
    old = new_model("EvoOld", name=orm.String(9), Meta={"table": "old_things"})
    return [author, note, old]


def second_models() -> list[Any]:
    """Every operation there is leads from the first to these."""
    author = new_model(
        "EvoAuthor",
        full_name=orm.String(40, unique=True, was="name"),
        mail=orm.String(60, null=True),
        Meta={"table": "writers", "was": "authors"},
    )
    tag = new_model("EvoTag", name=orm.String(20, unique=True), Meta={"table": "tags"})
    note = new_model(
        "EvoNote",
        title=orm.String(200),
        body=orm.Text(default=""),
        words=orm.Integer(default=0),
        pages=orm.Integer(default=1, check=lambda column: column > 0),
        author=orm.ForeignKey(author, on_delete="cascade"),
        editor=orm.ForeignKey(author, null=True, on_delete="set_null"),
        tags=orm.ManyToMany(tag),
        Meta={
            "table": "notes",
            "comment": "what people wrote",
            "indexes": [
                orm.Index("author", "-words"),
                orm.Unique(lambda m: orm.lower(m.title), "author", name="one_title"),
                orm.Check("words >= 0 AND words < 9999", name="words_ok"),
            ],
        },
    )
    return [author, tag, note]


def operations_between(old: Schema, models: Sequence[Any]) -> list[Operation]:
    return diff(old, describe_all(models), declared_renames(models), fills_of(models))


def write_folder(folder: Path, *versions: Sequence[Any]) -> Migrations:
    """A migration file for each version of the models, as `makemigrations` writes them."""
    folder.mkdir(exist_ok=True)
    schema, after = Schema(), []
    for number, models in enumerate(versions, 1):
        operations = operations_between(schema, models)
        name = f"{number:04}_version"
        (folder / f"{name}.py").write_text(write_migration(f"Version {number}.", after, operations))
        schema = Migration(name, tuple(operations)).apply(schema)
        after = [name]
    return load_migrations(folder)


def insert_rows(database: Any) -> None:
    database.execute("INSERT INTO authors (name) VALUES ('ann'), ('bob')")
    database.execute(
        "INSERT INTO notes (title, body, state, words, author_id)"
        " VALUES ('one', NULL, 'new', 3, 1), ('two', 'b', 'old', 4, 2)"
    )
