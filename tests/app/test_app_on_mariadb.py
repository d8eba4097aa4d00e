"""The notice board on MariaDB: one variable, the same board."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

import orm
from app import sample
from app.models import Attachment, Comment, Post, Tag
from mvc import Application, User
from mvc.layers import load_settings
from mvc.loading import load_package
from mvc.testing import Client
from orm.schema.provision import create_database
from tests.support.mariadb import MariaDb

pytestmark = pytest.mark.mysql

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))


@pytest.fixture
def app(mariadb: MariaDb, tmp_path: Path) -> Iterator[Application]:
    """The application as `DATABASE_URL=mysql://...` makes it, on emptied tables."""
    url = mariadb.url("board_of_app")
    create_database(url)
    settings = load_settings({"DATABASE_URL": url}, {}, folder=ROOT / "app")
    settings = replace(settings, data_root=tmp_path)
    application = Application(settings=settings, registry=load_package(ROOT / "app"))
    orm.drop_all()
    application.start()
    sample.create(120)
    yield application
    application.stop()
    orm.close()


@pytest.fixture
def member(app: Application) -> Client:
    client = Client(app)
    form = {"username": "Zoë", "email": "", "password": PASSWORD}
    assert client.post("/register", form=form).status == 303
    return client


def test_every_page_of_the_board_is_there(app: Application) -> None:
    admin = Client(app)
    admin.login(User.one(username="admin"))
    post, tag = Post.select().limit(1).one(), Tag.select().limit(1).one()
    for path in (
        "/",
        "/boards/for-sale?page=2",
        f"/posts/{post.id}",
        "/search?q=garden%20THE",
        "/tags",
        f"/tags/{tag.name}",
        "/profile",
        "/admin/users",
        f"/admin/users/{post.author_id}",
        "/admin/roles",
        "/admin/boards",
    ):
        assert admin.get(path).status == 200, path
        assert admin.get(path, headers={"Accept": "application/json"}).status == 200, path


def test_writing_editing_and_deleting(member: Client, tmp_path: Path) -> None:
    form = {"title": "Bücher 📚 gratis", "body": "Zwei Kisten.", "tags": "bücher, free"}
    files = {"attachment": ("kiste.png", PNG)}
    answer = member.post("/boards/for-sale/write", form=form, files=files)
    post = Post.one(title="Bücher 📚 gratis")
    assert answer.headers["Location"] == f"/posts/{post.id}"
    member.post(f"/posts/{post.id}/comments", form={"body": "Noch da? 🙂"})
    page = member.get(f"/posts/{post.id}").text
    assert "Noch da? 🙂" in page
    assert f'href="/tags/{quote("bücher")}"' in page
    assert "Bücher" in member.get("/search", query={"q": "bÜCHER"}).text
    assert "Bücher" in member.get(f"/tags/{quote('bücher')}").text
    member.post(f"/posts/{post.id}/edit", form=form | {"title": "Bücher, reserviert"})
    post.refresh()
    assert post.title == "Bücher, reserviert"
    member.post(f"/posts/{post.id}/delete")
    assert not Comment.select().where(Comment.post == post.id).exists()
    assert not Attachment.select().exists()
    assert not list((tmp_path / "var" / "uploads").iterdir())


@pytest.mark.parametrize("name", ["zoë", "ZOË"])
def test_a_name_is_taken_in_any_spelling(member: Client, app: Application, name: str) -> None:
    form = {"username": name, "email": "", "password": PASSWORD}
    assert Client(app).post("/register", form=form).status == 422
    assert Client(app).post("/login", form={"username": name, "password": PASSWORD}).status == 303
