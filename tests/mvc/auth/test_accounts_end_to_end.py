"""Accounts in a whole application: routes, sessions in the database, guards on real models."""

import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import orm
from mvc.application import Application
from mvc.auth import (
    authenticate,
    list_sessions,
    login,
    login_required,
    logout,
    logout_everywhere,
    owner_required,
    permission_required,
)
from mvc.config import Settings
from mvc.requests import Request
from mvc.security.csrf import csrf_exempt
from mvc.storage import Permission, SessionRecord, User
from mvc.testing import Client
from orm import ForeignKey, Model, String

PASSWORD = "correct horse"
HEADERS = [
    "X-Content-Type-Options",
    "Referrer-Policy",
    "X-Frame-Options",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Content-Security-Policy",
]


class Letter(Model):
    text = String(100)
    author = ForeignKey(User, back="letters", on_delete="cascade")

    class Meta:
        table = "end_to_end_letters"


def sign_in(request: Request) -> Any:
    user = authenticate(request, request.form["username"], request.form["password"])
    if user is None:
        return {"error": "no"}, 401
    login(request, user)
    return {"user": user}


def sign_in_and_fail(request: Request) -> None:
    sign_in(request)
    raise RuntimeError("after the login")


def sign_out(request: Request) -> None:
    logout(request)


def leave_everywhere(request: Request) -> None:
    logout_everywhere(request)


@login_required
def me(request: Request) -> dict[str, Any]:
    return {"name": request.user.username, "sessions": len(list_sessions(request))}


@permission_required("stats.view")
def stats(request: Request) -> str:
    return "figures"


@owner_required(Letter)
def burn(request: Request, letter: Letter, **params: int) -> str:
    letter.delete()
    return "ashes"


@csrf_exempt
def hook(request: Request) -> str:
    return "heard"


def plain(request: Request) -> str:
    return "public"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Application]:
    url = f"sqlite:///{tmp_path}/test.db?synchronous=OFF"
    app = Application(settings=Settings(database_url=url))
    app.add_route("/", plain)
    app.add_route("/me", me)
    app.add_route("/stats", stats)
    app.add_route("/login", sign_in, methods="POST", transaction=False)
    app.add_route("/slow-login", sign_in, methods="POST")
    app.add_route("/failing-login", sign_in_and_fail, methods="POST")
    app.add_route("/logout", sign_out, methods="POST")
    app.add_route("/everywhere", leave_everywhere, methods="POST")
    app.add_route("/letters/<id:int>/burn", burn, methods="POST")
    app.add_route("/hook", hook, methods="POST")
    app.start()
    yield app
    app.stop()
    orm.close()


@pytest.fixture
def ann(site: Application) -> User:
    user = User(username="ann", email="ann@example.org")
    user.set_password(PASSWORD)
    user.save()
    return user


def credentials(password: str = PASSWORD) -> dict[str, str]:
    return {"username": "ANN", "password": password}


@pytest.mark.parametrize("path", ["/login", "/slow-login"])
def test_login_and_logout(site: Application, ann: User, path: str) -> None:
    client = Client(site)
    assert client.post(path, form=credentials("wrong")).status == 401
    assert SessionRecord.select().count() == 0
    answer = client.post(path, form=credentials())
    assert answer.json()["user"]["username"] == "ann"
    assert "password_hash" not in answer.text
    assert client.get("/me").json() == {"name": "ann", "sessions": 1}
    assert User.get(ann.id).last_login is not None
    assert client.post("/logout").status == 204
    assert SessionRecord.select().count() == 0
    assert client.get("/me").status == 303


def test_login_of_a_request_that_fails_is_none(site: Application, ann: User) -> None:
    client = Client(site)
    assert client.post("/failing-login", form=credentials()).status == 500
    assert client.get("/me").status == 303
    assert SessionRecord.select().count() == 0


def test_sec_S1_database_holds_no_usable_id(site: Application, ann: User) -> None:
    client = Client(site)
    client.login(ann)
    session_id = client.cookies.get("session")
    assert session_id
    rows = orm.database.execute("SELECT * FROM sessions").rows
    assert len(rows) == 1
    assert session_id not in str(rows)


def test_sec_S11_visitors_without_a_cookie_cause_no_rows(site: Application, ann: User) -> None:
    client = Client(site)
    for _ in range(100):
        assert client.get("/").status == 200
        assert client.get("/me").status == 303
    assert SessionRecord.select().count() == 0
    assert client.cookies.get("session") is None


def test_sec_S2_old_id_is_dead_for_every_racing_thread(site: Application, ann: User) -> None:
    client = Client(site)
    client.login(ann)
    old = client.cookies.get("session")
    client.post("/login", form=credentials())
    assert client.cookies.get("session") != old
    statuses: list[int] = []

    def replay() -> None:
        thief = Client(site)
        cookie = {"Cookie": f"session={old}"}
        statuses.extend(thief.get("/me", headers=cookie).status for _ in range(5))

    threads = [threading.Thread(target=replay) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert statuses == [303] * 40


def test_sec_S3_everywhere_means_everywhere(site: Application, ann: User) -> None:
    here, there = Client(site), Client(site)
    here.login(ann)
    there.login(ann)
    assert here.get("/me").json()["sessions"] == 2
    here.post("/everywhere")
    assert there.get("/me").status == here.get("/me").status == 303
    assert SessionRecord.select().count() == 0


def test_sec_H8_page_of_a_user_is_private(site: Application, ann: User) -> None:
    client = Client(site)
    client.login(ann)
    answer = client.get("/me")
    assert answer.headers["Cache-Control"] == "private"
    assert "Cookie" in answer.headers["Vary"]
    assert "Cookie" not in client.get("/").headers.get("Vary", "")


def test_sec_A6_guards_hold_for_every_method_and_spelling(site: Application, ann: User) -> None:
    client = Client(site)
    client.login(ann)
    for path in ("/stats", "/%73tats"):
        assert client.get(path).status == 403
        assert client.head(path).status == 403
    for path in ("/stats/", "//stats", "/STATS", "/./stats"):
        assert client.get(path).status in (400, 404)
    ann.permissions.add(Permission.insert(code="stats.view"))
    assert client.get("/stats").text == "figures"


def test_feat_A13_owner_alone_burns_the_letter(site: Application, ann: User) -> None:
    bob = User.insert(username="bob")
    letter = Letter.insert(text="dear", author=ann)
    owner, other = Client(site), Client(site)
    owner.login(ann)
    other.login(bob)
    path = f"/letters/{letter.id}/burn"
    assert Client(site).post(path).status == 303
    assert Client(site).post(path, headers={"Accept": "application/json"}).status == 401
    assert other.post(path).status == 403
    assert other.post("/letters/999/burn").status == 404
    assert owner.post(path).text == "ashes"
    assert owner.post(path).status == 404


@pytest.mark.parametrize(
    ("guard", "problem"),
    [
        (owner_required(Letter), r"finds its row by 'id': put <id:int> there, or say by='number'"),
        (owner_required(Letter, by="number", owner="sender"), "the model has no field 'sender'"),
    ],
)
def test_feat_A13_an_owner_nobody_could_find_is_an_error_at_start(
    site: Application, guard: Any, problem: str
) -> None:
    @guard
    def shred(request: Request, number: int) -> None: ...

    site.add_route("/letters/<number:int>/shred", shred)
    with pytest.raises(TypeError, match=rf"\.py:\d+: owner_required\(Letter\).*{problem}"):
        site.compile()


def test_feat_A13_the_owner_of_a_row_that_is_no_models_is_an_attribute_of_it(
    site: Application, ann: User
) -> None:
    class Draft:
        def __init__(self, key: int) -> None:
            self.author = key

        @classmethod
        def get(cls, key: int) -> "Draft":
            return cls(key)

    @owner_required(Draft)
    def keep(request: Request, id: int) -> str:  # noqa: A002
        return "kept"

    site.add_route("/drafts/<id:int>", keep)
    owner, other = Client(site), Client(site)
    owner.login(ann)
    other.login(User.insert(username="bob"))
    assert [each.get(f"/drafts/{ann.id}").status for each in (owner, other)] == [200, 403]


def test_sec_H5_forged_request_reaches_no_handler(site: Application, ann: User) -> None:
    letter = Letter.insert(text="dear", author=ann)
    client = Client(site)
    client.login(ann)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": None}):
        answer = client.post(f"/letters/{letter.id}/burn", headers=headers)
        assert answer.status == 403
        assert "text/html" in answer.headers["Content-Type"]
    assert Letter.select().count() == 1
    assert client.post("/hook", headers={"Sec-Fetch-Site": "cross-site"}).text == "heard"


def test_sec_H1_every_answer_has_the_fields(site: Application, ann: User) -> None:
    client = Client(site)
    client.login(ann)
    answers = [
        client.get("/"),
        client.get("/nothing"),
        client.put("/"),
        client.get("/stats"),
        client.post("/failing-login", form=credentials()),
        client.options("/"),
        client.get("/", headers={"Host": "evil.test"}),
    ]
    assert [answer.status for answer in answers] == [200, 404, 405, 403, 500, 204, 400]
    for answer in answers:
        assert [len(answer.headers.get_all(name)) for name in HEADERS] == [1] * len(HEADERS)


def test_user_model_that_extends_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Member(User):
        nickname = String(40, default="")

        class Meta:
            table = "end_to_end_members"

    module = types.ModuleType("end_to_end_models")
    module.Member = Member  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/members.db", user_model="end_to_end_models.Member"
    )
    app = Application(settings=settings)
    app.add_route("/login", sign_in, methods="POST")
    app.add_route("/me", lambda request: {"nick": request.user.nickname})
    app.start()
    member = Member(username="Ann", nickname="annie")
    member.set_password(PASSWORD)
    member.save()
    client = Client(app)
    assert client.post("/login", form=credentials()).status == 200
    assert client.get("/me").json() == {"nick": "annie"}
    assert User.select().count() == 0
    app.stop()
    orm.close()
