"""CORS: who may read answers, and what a preflight is told."""

from pathlib import Path
from typing import Any

import pytest

from httpcore import HTTPError
from mvc.application import Application
from mvc.config import ConfigError, Settings
from mvc.testing import Client

GOOD = "https://good.test"


def client_for(tmp_path: Path, **settings: Any) -> Client:
    app = Application(settings=Settings(database_url=f"sqlite:///{tmp_path}/a.db", **settings))
    app.add_route("/api", lambda request: {"ok": True})
    app.add_route("/fails", _fail)
    app.add_route("/write", lambda request: "written", methods="POST", csrf=False)
    return Client(app)


def _fail(request: Any) -> None:
    raise HTTPError(418, "no")


def allowed(answer: Any) -> str | None:
    return answer.headers.get("Access-Control-Allow-Origin")


def test_feat_XC2_nothing_is_said_by_default(tmp_path: Path) -> None:
    answer = client_for(tmp_path).get("/api", headers={"Origin": GOOD})
    assert allowed(answer) is None
    assert "Origin" not in answer.headers.get("Vary", "")


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (GOOD, GOOD),
        ("https://a.wild.test", "https://a.wild.test"),
        ("http://good.test", None),
        ("https://good.test:443", None),
        ("https://good.test:8443", None),
        ("https://good.test.evil.test", None),
        ("https://evilgood.test", None),
        ("https://GOOD.test", None),
        ("https://good.test.", None),
        ("https://user@good.test", None),
        ("https://good.test/", None),
        ("https://a.wild.test.evil.test", None),
        ("https://wild.test", None),
        ("null", None),
        ("", None),
    ],
)
def test_sec_H7_origins_are_compared_whole(
    tmp_path: Path, origin: str, expected: str | None
) -> None:
    client = client_for(
        tmp_path,
        cors_allowed_origins=("HTTPS://Good.test:443",),
        cors_allowed_origin_regexes=(r"https://[a-z]+\.wild\.test",),
    )
    answer = client.get("/api", headers={"Origin": origin})
    assert allowed(answer) == expected
    assert "Origin" in answer.headers["Vary"]


def test_feat_XC2_answers_vary_on_origin_even_without_one(tmp_path: Path) -> None:
    client = client_for(tmp_path, cors_allowed_origins=(GOOD,))
    for path in ("/api", "/fails", "/nothing"):
        answer = client.get(path)
        assert "Origin" in answer.headers["Vary"]
        assert allowed(client.get(path, headers={"Origin": GOOD})) == GOOD


def test_feat_XC2_preflight_is_answered_before_the_view(tmp_path: Path) -> None:
    client = client_for(tmp_path, cors_allowed_origins=(GOOD,), cors_allow_credentials=True)
    asks = {"Access-Control-Request-Method": "POST", "Sec-Fetch-Site": "cross-site"}
    answer = client.options("/write", headers={"Origin": GOOD, **asks})
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "0")
    assert allowed(answer) == GOOD
    assert (
        answer.headers["Access-Control-Allow-Methods"] == "DELETE, GET, OPTIONS, PATCH, POST, PUT"
    )
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Access-Control-Max-Age"] == "86400"
    assert "x-csrf-token" in answer.headers["Access-Control-Allow-Headers"]
    foreign = client.options("/write", headers={"Origin": "https://evil.test", **asks})
    assert foreign.status == 200
    assert not [name for name, _ in foreign.headers.items() if name.startswith("Access-Control")]


def test_feat_XC1_all_origins_is_a_star_without_credentials(tmp_path: Path) -> None:
    client = client_for(tmp_path, cors_allow_all_origins=True, cors_expose_headers=("X-Total",))
    answer = client.get("/api", headers={"Origin": "https://any.test"})
    assert allowed(answer) == "*"
    assert answer.headers["Access-Control-Expose-Headers"] == "X-Total"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_feat_XC1_only_the_paths_that_match_are_concerned(tmp_path: Path) -> None:
    client = client_for(tmp_path, cors_allowed_origins=(GOOD,), cors_urls_regex="/api.*")
    assert allowed(client.get("/api", headers={"Origin": GOOD})) == GOOD
    assert allowed(client.get("/fails", headers={"Origin": GOOD})) is None


def test_feat_XC1_null_only_when_listed(tmp_path: Path) -> None:
    client = client_for(tmp_path, cors_allowed_origins=("null",))
    assert allowed(client.get("/api", headers={"Origin": "null"})) == "null"


@pytest.mark.parametrize(
    "settings",
    [
        {"cors_allow_all_origins": True, "cors_allow_credentials": True},
        {"cors_allowed_origins": ("*",), "cors_allow_credentials": True},
        {"cors_allowed_origins": ("good.test",)},
        {"cors_allowed_origins": ("https://good.test/path",)},
        {"cors_allowed_origin_regexes": ("(",)},
    ],
)
def test_sec_H7_unsafe_or_broken_settings_end_the_start(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError):
        client_for(tmp_path, **settings)
