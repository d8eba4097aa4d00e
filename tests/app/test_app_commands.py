"""The commands for whoever runs the site."""

import re

import pytest

from app.controllers.commands import make_admin, new_password
from mvc import Application, User
from mvc.testing import Client


def log_in(app: Application, output: str) -> Client:
    """A client logged in by what a command printed."""
    name, password = re.findall(r"Log in as (\S+) with the password (\S+)", output)[0]
    client = Client(app)
    answer = client.post("/login", form={"username": name, "password": password})
    assert answer.status == 303
    return client


def test_make_admin_makes_a_user_who_may_administrate(
    app: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_admin(app, ["root"]) == 0
    client = log_in(app, capsys.readouterr().out)
    assert client.get("/admin/roles").status == 200
    assert client.get("/admin/boards").status == 200


def test_make_admin_leaves_the_password_of_an_existing_user(
    app: Application, ann: User, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_admin(app, ["ANN"]) == 0
    assert "password" not in capsys.readouterr().out
    assert ann.has_role("administrator")


def test_sec_S3_new_password_ends_the_sessions(
    app: Application, ann: User, as_ann: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert new_password(app, ["ann"]) == 0
    assert as_ann.get("/profile").status == 303
    log_in(app, capsys.readouterr().out)


@pytest.mark.parametrize("arguments", [[], ["a", "b"]])
def test_wrong_arguments_are_explained(
    app: Application, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_admin(app, arguments) == 1
    assert new_password(app, arguments) == 1
    assert capsys.readouterr().err.count("usage: python -m mvc") == 2


def test_an_unknown_user_gets_no_password(
    app: Application, capsys: pytest.CaptureFixture[str]
) -> None:
    assert new_password(app, ["nobody"]) == 1
    assert "there is no user 'nobody'" in capsys.readouterr().err
