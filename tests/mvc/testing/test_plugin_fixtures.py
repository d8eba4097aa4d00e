"""The pytest fixtures, on the application in `plugin_app`."""

import pytest
import requests

from mvc import Application, User
from mvc.testing import Client, LiveServer


@pytest.fixture
def ann(db) -> User:
    user = User(username="ann", email="ann@example.org")
    user.save()
    return user


def test_the_application_is_started_on_a_database_of_its_own(
    app: Application, db, tmp_path
) -> None:
    assert str(tmp_path) in app.settings.database
    assert app.settings.data_dir == tmp_path / "var"
    assert User.select().count() == 0


def test_each_test_starts_empty(ann: User) -> None:
    assert User.select().count() == 1


def test_login_and_logout_are_real(client: Client, app: Application, ann: User) -> None:
    client.login(ann)
    stolen = client.cookies["session"]
    assert client.get("/profile").status == 200
    client.logout()
    client.logout()
    assert "session" not in client.cookies
    client.cookies.set("session", stolen)
    assert client.get("/profile").status == 303


def test_login_over_tls_uses_the_bound_cookie(app: Application, ann: User) -> None:
    client = Client(app, base_url="https://localhost")
    client.login(ann)
    assert [cookie.name for cookie in client.cookies] == ["__Host-session"]
    assert client.get("/profile").status == 200
    client.logout()
    assert client.get("/profile").status == 303


def test_assert_queries_counts_statements(assert_queries, db) -> None:
    with assert_queries(2):
        User.select().count()
        User.select().count()
    with (
        pytest.raises(
            pytest.fail.Exception, match=r"expected 1 statements, 2 were sent:(\n|.)*SELECT"
        ),
        assert_queries(1),
    ):
        User.select().count()
        User.select().count()


def test_live_server_serves_the_same_application(live_server: LiveServer, ann: User) -> None:
    answer = requests.get(f"{live_server.url}/login", timeout=10)
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_static_files_are_served_with_the_security_fields(client: Client) -> None:
    style, missing = client.get("/static/site.css"), client.get("/static/none.css")
    assert (style.status, missing.status) == (200, 404)
    for answer in (style, missing):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
