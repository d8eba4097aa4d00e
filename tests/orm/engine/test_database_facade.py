"""`orm.database`, and a second database by name, with real models."""

import types as python_types
from pathlib import Path
from typing import Any

import pytest

import orm
from orm.engine.database import Database
from orm.errors import ConfigurationError


def new_model(name: str, /, **namespace: Any) -> Any:
    return python_types.new_class(name, (orm.Model,), exec_body=lambda ns: ns.update(namespace))


def test_orm_O40_the_default_database_explains_and_logs_queries(db: Database) -> None:
    model = new_model("FacadeNote", title=orm.String(20, index=True))
    orm.create_all([model])
    model.insert(title="a")
    with orm.database.log_queries() as log:
        assert model.select().where(model.title == "a").count() == 1
    assert [statement.params for statement in log] == [("a",)]
    assert "facade_note" in orm.database.explain(model.select().where(model.title == "a"))
    with orm.database.read_only(), pytest.raises(orm.ReadOnly):
        model.insert(title="b")


def test_orm_O30_a_model_lives_in_the_database_its_meta_names(db: Database, tmp_path: Path) -> None:
    meta = type("Meta", (), {"database": "facade_archive", "table": "kept"})
    model = new_model("FacadeKept", title=orm.String(20), Meta=meta)
    with pytest.raises(ConfigurationError, match=r"orm\.connect\(url, name='facade_archive'\)"):
        orm.create_all([model])
    archive = orm.connect("sqlite:///archive.db", "facade_archive", base=tmp_path)
    orm.create_all([model])
    with orm.transaction(database="facade_archive") as block:
        model.insert(title="undone")
        block.rollback()
    model.insert(title="kept")
    assert archive.execute("SELECT title FROM kept").rows == [("kept",)]


def test_closing_forgets_the_databases() -> None:
    orm.connect("sqlite://", "facade_gone")
    orm.close()
    with pytest.raises(ConfigurationError, match="none is connected"):
        orm.get_database("facade_gone")
    with pytest.raises(ConfigurationError):
        orm.database.execute("SELECT 1")
