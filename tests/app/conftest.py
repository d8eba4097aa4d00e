"""The notice board on an empty SQLite database of each test's own, and people to use it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import orm
from mvc import Application, Role, User
from mvc.layers import load_settings
from mvc.loading import load_package
from mvc.testing import Client

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"

# Every model is imported with the application; the modules under test come from there.
load_package(ROOT / "app")

from app.models import Board, Comment, Post, Tag  # noqa: E402
from app.permissions import ADMINISTRATOR, ROLES, grant  # noqa: E402


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Application]:
    database = f"sqlite:///{tmp_path}/board.db?synchronous=OFF"
    settings = load_settings({}, {"database_url": database}, folder=ROOT / "app")
    settings = replace(settings, data_root=tmp_path)
    application = Application(settings=settings, registry=load_package(ROOT / "app"))
    application.start()
    yield application
    application.stop()
    orm.close()


@pytest.fixture
def client(app: Application) -> Client:
    """A visitor who is not logged in."""
    return Client(app)


@pytest.fixture
def person(app: Application) -> Callable[..., User]:
    """Makes users: `person("ann")`, `person("mod", role="moderator")`."""

    def make(name: str, role: str | None = None, password: str | None = None) -> User:
        user = User(username=name, email=f"{name}@example.org")
        if password:
            user.set_password(password)
        user.save()
        if role:
            user.roles.add(_role(role))
        return user

    return make


def _role(name: str) -> Role:
    role = Role.select().where(Role.name == name).first() or Role.insert(name=name)
    grant(role, list(ROLES.get(name, ())))
    return role


@pytest.fixture
def logged_in(app: Application, person: Callable[..., User]) -> Callable[..., Client]:
    """A client of a new user: `logged_in("ann")`, `logged_in("mod", role="moderator")`."""

    def make(name: str, role: str | None = None) -> Client:
        client = Client(app)
        client.login(person(name, role))
        return client

    return make


@pytest.fixture
def admin(logged_in: Callable[..., Client]) -> Client:
    return logged_in("root", role=ADMINISTRATOR)


@pytest.fixture
def board(app: Application) -> Board:
    return Board.insert(slug="talk", name="Across the fence", description="All the rest.")


@pytest.fixture
def ann(person: Callable[..., User]) -> User:
    return person("ann")


@pytest.fixture
def as_ann(app: Application, ann: User) -> Client:
    client = Client(app)
    client.login(ann)
    return client


@pytest.fixture
def post(board: Board, ann: User) -> Post:
    """A post of Ann's, with a tag and a comment of hers."""
    post = Post.insert(board=board, author=ann, title="Kingfisher", body="At the weir.")
    post.tags.add(Tag.insert(name="birds"))
    Comment.insert(post=post, author=ann, body="Two of them now.")
    return post
