"""The sample board: how much of it, that it hangs together, and how the work is shown."""

import io
import re

import pytest

from app import sample
from app.models import Board, Comment, Post, Tag
from app.progress import Progress
from mvc import Application, User
from mvc.testing import Client
from orm import now


@pytest.mark.parametrize("rows", [0, 1, 2, 50, 2500])
def test_rows_are_posts_and_comments_together(app: Application, rows: int) -> None:
    sample.create(rows)
    assert Post.select().count() + Comment.select().count() == rows


def test_everything_is_dated_in_the_past_and_comments_after_their_post(app: Application) -> None:
    sample.create(400)
    assert not Post.select().where(Post.created_at > now()).exists()
    late = Comment.select().join(Comment.post).where(Comment.created_at < Post.created_at)
    assert not late.exists()
    assert not Comment.select().where(Comment.created_at > now()).exists()


def test_the_same_rows_give_the_same_board(app: Application) -> None:
    def titles() -> list[str]:
        return Post.select().order_by(Post.id).scalars(Post.title)

    sample.create(200)
    first = titles()
    for model in (Comment, Post, Tag, Board, User):
        model.delete().execute()
    sample._fill_board(200)
    assert titles() == first


def test_no_text_has_a_slot_left_open(app: Application) -> None:
    sample.create(1000)
    texts = [*Post.select().scalars(Post.body), *Comment.select().scalars(Comment.body)]
    assert not [text for text in texts if "{" in text]
    assert all(title[0].isupper() for title in Post.select().scalars(Post.title))


def test_the_printed_passwords_log_in(
    app: Application, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    sample.create(10)
    accounts = dict(re.findall(r"Log in as (\w+) with the password (\S+)", capsys.readouterr().out))
    assert sorted(accounts) == ["admin", "demo"]
    form = {"username": "admin", "password": accounts["admin"]}
    assert client.post("/login", form=form).status == 303
    assert client.get("/admin/roles").status == 200


def test_sec_A1_nobody_logs_in_as_the_people_of_the_sample(app: Application) -> None:
    sample.create(10)
    people = User.select().where(User.username.not_in(["admin", "demo"])).all()
    assert people
    assert {user.password_hash for user in people} == {"!"}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_redraws_one_line_on_a_terminal() -> None:
    stream = Terminal()
    progress = Progress("Rows", 10, stream)
    for _ in range(10):
        progress.advance(1)
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().endswith("100% 10 of 10\n")


def test_progress_writes_a_line_each_tenth_elsewhere() -> None:
    stream = io.StringIO()
    progress = Progress("Rows", 1000, stream)
    for _ in range(1000):
        progress.advance(1)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 11
    assert lines[5].endswith("50% 500 of 1,000")
