"""Registering, logging in and out, the profile page and its sessions."""

from collections.abc import Callable

import pytest

from mvc import Application, User
from mvc.testing import Client

JSON = {"Accept": "application/json"}
PASSWORD = "correct horse battery"
NEW = {"username": "ann", "email": "ann@example.org", "password": PASSWORD}


def log_in(client: Client, **form: str) -> int:
    return client.post("/login", form={"username": "ann", "password": PASSWORD} | form).status


@pytest.fixture
def ann(person: Callable[..., User]) -> User:
    return person("ann", password=PASSWORD)


def test_registering_logs_in_and_welcomes(client: Client) -> None:
    answer = client.post("/register", form=NEW, follow_redirects=True)
    assert "Welcome, ann." in answer.text
    assert client.get("/profile").status == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "a"}, "username"),
        ({"username": "a b"}, "username"),
        ({"email": "nowhere"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 1025}, "password"),
    ],
)
def test_a_wrong_registration_comes_back(
    client: Client, change: dict[str, str], field: str
) -> None:
    answer = client.post("/register", form=NEW | change)
    assert answer.status == 422
    assert f'id="error-{field}"' in answer.text
    assert not User.select().exists()


def test_sec_A11_a_password_is_never_shown_again(client: Client) -> None:
    text = client.post("/register", form=NEW | {"username": "x"}).text
    assert PASSWORD not in text


@pytest.mark.parametrize("name", ["ann", "ANN", "\uff21nn"])
def test_sec_D9_a_name_is_taken_in_any_spelling(client: Client, ann: User, name: str) -> None:
    answer = client.post("/register", form=NEW | {"username": name})
    assert answer.status == 422
    assert "taken" in answer.text
    assert User.select().count() == 1


def test_logging_in_and_out(client: Client, ann: User) -> None:
    assert log_in(client) == 303
    assert client.get("/profile").status == 200
    assert client.post("/logout").status == 303
    assert client.get("/profile").headers["Location"].startswith("/login")


@pytest.mark.parametrize(
    "change", [{"password": "wrong password"}, {"username": "nobody"}, {"password": ""}]
)
def test_a_wrong_login_says_the_same_for_every_reason(
    client: Client, ann: User, change: dict[str, str]
) -> None:
    answer = client.post("/login", form={"username": "ann", "password": PASSWORD} | change)
    assert answer.status == 422
    assert "The name or the password is not right." in answer.text


def test_a_deactivated_user_cannot_log_in(client: Client, ann: User) -> None:
    ann.is_active = False
    ann.save()
    assert log_in(client) == 422


def test_after_logging_in_one_is_where_one_wanted_to_be(client: Client, ann: User) -> None:
    target = client.get("/profile").headers["Location"]
    assert target == "/login?next=/profile"
    page = client.get(target).text
    assert '<input type="hidden" name="next" value="/profile">' in page
    form = {"username": "ann", "password": PASSWORD, "next": "/profile"}
    assert client.post("/login", form=form).headers["Location"] == "/profile"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_sec_H11_a_login_leads_nowhere_else(client: Client, ann: User, target: str) -> None:
    form = {"username": "ann", "password": PASSWORD, "next": target}
    assert client.post("/login", form=form).headers["Location"] == "/"


def test_sec_S2_the_session_id_changes_at_login(client: Client, ann: User) -> None:
    client.post("/logout")  # leaves a message, so the visitor has a session
    before = client.cookies.get("session")
    log_in(client)
    assert client.cookies.get("session") not in (None, before)


def test_the_profile_lists_sessions_and_marks_this_one(app: Application, ann: User) -> None:
    here, there = Client(app), Client(app)
    here.post("/login", form={"username": "ann", "password": PASSWORD})
    there.post("/login", form={"username": "ann", "password": PASSWORD})
    sessions = here.get("/profile", headers=JSON).json()["sessions"]
    assert sorted(session["is_current"] for session in sessions) == [False, True]


def test_one_session_can_be_ended_from_another(app: Application, ann: User) -> None:
    here, there = Client(app), Client(app)
    here.login(ann)
    there.login(ann)
    sessions = here.get("/profile", headers=JSON).json()["sessions"]
    other = next(each for each in sessions if not each["is_current"])
    assert here.post(f"/profile/sessions/{other['handle']}/end").status == 303
    assert there.get("/profile").status == 303
    assert here.get("/profile").status == 200


def test_nobody_ends_the_sessions_of_others(
    app: Application, ann: User, logged_in: Callable[..., Client]
) -> None:
    mine, theirs = Client(app), logged_in("ben")
    mine.login(ann)
    handle = mine.get("/profile", headers=JSON).json()["sessions"][0]["handle"]
    assert theirs.post(f"/profile/sessions/{handle}/end").status == 404
    assert mine.get("/profile").status == 200


def test_sec_S3_logging_out_everywhere_ends_every_session(app: Application, ann: User) -> None:
    clients = [Client(app) for _ in range(3)]
    for client in clients:
        client.login(ann)
    assert clients[0].post("/profile/sessions/end").headers["Location"] == "/login"
    assert [client.get("/profile").status for client in clients] == [303, 303, 303]


def test_sec_S3_a_new_password_ends_the_other_sessions(app: Application, ann: User) -> None:
    here, there = Client(app), Client(app)
    here.login(ann)
    there.login(ann)
    form = {"current": PASSWORD, "password": "another long password"}
    assert here.post("/profile/password", form=form).status == 303
    assert here.get("/profile").status == 200
    assert there.get("/profile").status == 303
    assert log_in(there, password="another long password") == 303


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"current": "wrong", "password": "another long password"}, "current"),
        ({"current": PASSWORD, "password": "short"}, "password"),
        ({}, "current"),
    ],
)
def test_a_wrong_change_of_password_comes_back(
    app: Application, ann: User, form: dict[str, str], field: str
) -> None:
    client = Client(app)
    client.login(ann)
    answer = client.post("/profile/password", form=form)
    assert answer.status == 422
    assert f'id="error-{field}"' in answer.text
    assert log_in(client) == 303


def test_sec_H5_a_form_of_another_site_is_refused(app: Application, ann: User) -> None:
    client = Client(app)
    client.login(ann)
    answer = client.post("/profile/sessions/end", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 403
    assert client.get("/profile").status == 200


def test_an_api_client_logs_in_and_writes_with_json_and_a_token(
    app: Application, ann: User
) -> None:
    api = {"Accept": "application/json", "Sec-Fetch-Site": None}
    client = Client(app)
    answer = client.post("/login", json={"username": "ann", "password": PASSWORD}, headers=api)
    assert answer.status == 303
    form = {"current": PASSWORD, "password": "another long password"}
    assert client.post("/profile/password", json=form, headers=api).status == 403
    token = client.get("/profile", headers=api).json()["token"]
    with_token = api | {"X-CSRF-Token": token}
    assert client.post("/profile/password", json=form, headers=with_token).status == 303


@pytest.mark.parametrize("body", [[], "text", {"username": 7}, {}])
def test_odd_json_in_place_of_a_form_is_refused(client: Client, body: object) -> None:
    assert client.post("/register", json=body, headers=JSON).status in (400, 422)
