"""What `import orm` and connecting load: nothing that only tools need."""

import subprocess
import sys
from pathlib import Path

import pytest

import orm

PROGRAM = """
import sys
import orm
orm.connect("sqlite://")
assert orm.database.execute("SELECT 1").rows == [(1,)]
print(*sys.modules)
"""
COSTLY = ("orm.schema", "orm.migrations", "orm.fixtures", "orm.engine.mysql", "pymysql", "asyncio",
          "ssl", "mvc", "msgspec")  # fmt: skip


def test_orm_import_loads_what_every_program_needs() -> None:
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert not set(COSTLY) & set(finished.stdout.split())


def test_orm_import_on_demand_gives_what_is_listed() -> None:
    for name in orm.__all__:
        assert getattr(orm, name) is not None
    assert orm.create_all is orm.create_all
    with pytest.raises(AttributeError, match="module 'orm' has no attribute 'create_al'"):
        orm.create_al  # type: ignore[attr-defined]  # noqa: B018
