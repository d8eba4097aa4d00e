"""People on the notice board, and something on it.

`app` and `client` are those of `mvc.testing`: the application on an empty database of the test's
own, with a data folder in `tmp_path`.
"""

from collections.abc import Callable

import pytest

from app.models import Board, Comment, Post, Tag
from app.permissions import ADMINISTRATOR, ensure_role
from mvc import Application, User
from mvc.testing import Client
from tests.support.databases import mariadb

__all__ = ["mariadb"]


@pytest.fixture
def person(app: Application) -> Callable[..., User]:
    """Makes users: `person("ann")`, `person("mod", role="moderator")`."""

    def make(name: str, role: str | None = None, password: str | None = None) -> User:
        user = User(username=name, email=f"{name}@example.org")
        if password:
            user.set_password(password)
        user.save()
        if role:
            user.roles.add(ensure_role(role))
        return user

    return make


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
