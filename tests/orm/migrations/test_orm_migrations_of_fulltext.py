"""Full-text indexes in migrations: they come, follow a rename and a new table, and go."""

from pathlib import Path
from typing import Any

import orm
from orm.engine.database import Database
from orm.migrations.drift import find_drift
from orm.migrations.migrator import Migrator
from orm.schema.introspect import existing_tables, read_schema
from tests.support.evolving import write_folder
from tests.support.schema_models import new_model


def models(text: str, was: str | None = None, *, is_searched: bool = True) -> list[Any]:
    field = orm.Text() if was is None else orm.Text(was=was)
    meta: dict[str, Any] = {"table": "papers"}
    if is_searched:
        meta["indexes"] = [orm.FullText(text, name="papers_words")]
    rest = {} if was is None else {"pages": orm.Integer(default=1, check="pages > 0")}
    return [new_model("Paper", **{text: field}, **rest, Meta=meta)]


def found(db: Database, word: str) -> int:
    if db.dialect.name == "mysql":
        match = "SELECT COUNT(*) FROM papers WHERE MATCH (papers_words_g1) AGAINST (?)"
    else:
        match = "SELECT COUNT(*) FROM papers_words WHERE papers_words MATCH ?"
    return int(db.execute(match, (word,)).rows[0][0])


def test_orm_O35_full_text_through_migrations(db: Database, tmp_path: Path) -> None:
    versions = models("text"), models("body", "text"), models("body", "text", is_searched=False)
    migrator = Migrator(db, write_folder(tmp_path / "migrations", *versions))
    migrator.migrate("0001")
    assert list(find_drift(db, versions[0])) == []
    assert existing_tables(db) == ["papers", "treadle_migrations"]
    db.execute("INSERT INTO papers (text) VALUES ('elephants'), ('mice')")
    assert found(db, "elephants") == 1
    migrator.migrate("0002")
    assert list(find_drift(db, versions[1])) == []
    db.execute("INSERT INTO papers (body, pages) VALUES ('more elephants', 2)")
    assert found(db, "elephants") == 2
    migrator.migrate("0001")
    assert found(db, "elephants") == 2
    db.execute("DELETE FROM papers WHERE id = 3")
    assert found(db, "elephants") == 1
    migrator.migrate()
    assert list(find_drift(db, versions[2])) == []
    assert "papers_words_g1" not in [c.name for c in read_schema(db)["papers"].columns]
    db.execute("INSERT INTO papers (body, pages) VALUES ('x', 2)")
