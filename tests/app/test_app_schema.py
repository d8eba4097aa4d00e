"""The tables of the notice board and of the framework are found as they were made."""

from pathlib import Path

import pytest

import orm
from app.models import Attachment, Board, Comment, Post, Tag
from mvc.storage import LoginFailures, Permission, Role, SessionRecord, User
from orm.fixtures import dump, load
from orm.migrations.drift import find_drift
from orm.migrations.migrator import Migrator
from tests.support.databases import db, db_url, empty_database, mariadb, mysql_url
from tests.support.evolving import write_folder

__all__ = ["db", "db_url", "mariadb", "mysql_url"]

MODELS = [
    *(Permission, Role, User, SessionRecord, LoginFailures),
    *(Board, Tag, Post, Comment, Attachment),
]


def test_orm_A9_no_drift_in_tables_just_made(db: orm.Database) -> None:
    orm.create_all(MODELS)
    assert list(find_drift(db, MODELS)) == []


def test_orm_A9_no_drift_in_tables_made_by_migrations(db: orm.Database, tmp_path: Path) -> None:
    Migrator(db, write_folder(tmp_path / "migrations", MODELS)).migrate()
    assert list(find_drift(db, MODELS)) == []


@pytest.mark.parametrize("natural", [False, True])
def test_orm_O34_the_board_moves_to_another_database(db: orm.Database, natural: bool) -> None:
    orm.create_all(MODELS)
    ann = User(username="ann")
    ann.save()
    post = Post.insert(board=Board.insert(slug="b", name="B"), author=ann, title="t", body="")
    post.tags.add(Tag.insert(name="red"), Tag.insert(name="blue"))
    Comment.insert(post=post, author=ann, body="c")
    lines = list(dump(models=MODELS, natural=natural))
    empty_database(db)
    orm.create_all(MODELS)
    load(lines, models=MODELS)
    assert list(dump(models=MODELS, natural=natural)) == lines
