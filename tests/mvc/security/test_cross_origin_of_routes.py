"""The route option `cors`: one route's own answer to the question whose scripts may read it."""

from typing import Any

import pytest

from httpcore import Server, ServerConfig
from mvc.application import Application
from mvc.config import Settings
from mvc.testing import Client
from tests.support.wire import RawClient

SITE = "https://site.test"
OWN = "https://own.test"


def client_for(cors: Any, **settings: Any) -> Client:
    app = Application(settings=Settings(database_url="sqlite:///:memory:", **settings))
    app.add_route("/own/<id:int>", _never_for_a_preflight, methods="GET PUT", cors=cors, csrf=False)
    app.add_route("/other", lambda request: "other")
    return Client(app)


def _never_for_a_preflight(request: Any, id: int) -> str:  # noqa: A002
    assert request.method != "OPTIONS"
    return "own"


def allowed(client: Client, path: str, origin: str, method: str = "GET") -> str | None:
    """Whom the answer, and before it the preflight, lets read."""
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    preflight = client.options(path, headers=asked)
    answer = client.request(method, path, headers={"Origin": origin})
    assert preflight.status in (200, 204)
    assert answer.status == 200
    assert ("Access-Control-Allow-Methods" in preflight.headers) == (
        "Access-Control-Allow-Origin" in answer.headers
    )
    return answer.headers.get("Access-Control-Allow-Origin")


@pytest.mark.parametrize(
    ("cors", "origin", "expected"),
    [
        (OWN, OWN, OWN),
        ([OWN], OWN, OWN),
        ([OWN], SITE, None),
        (True, SITE, "*"),
        ("*", SITE, "*"),
        (False, SITE, None),
        (None, SITE, SITE),
        (None, OWN, None),
        ({"allowed_origins": [OWN], "allow_credentials": True}, OWN, OWN),
        ({"allow_headers": ["x-a"]}, SITE, SITE),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_feat_R37_XC1_a_route_has_its_own_origins(
    cors: Any, origin: str, expected: str | None, method: str
) -> None:
    client = client_for(cors, cors_allowed_origins=(SITE,), cors_urls_regex="/o.*")
    assert allowed(client, "/own/1", origin, method) == expected
    assert allowed(client, "/other", SITE) == SITE


def test_feat_R37_without_settings_only_the_route_answers() -> None:
    client = client_for([OWN])
    assert allowed(client, "/own/1", OWN) == OWN
    assert allowed(client, "/other", OWN) is None


@pytest.mark.parametrize(
    ("cors", "problem"),
    [
        (5, "give True, False"),
        ("own.test", "is no origin"),
        ({"origins": [OWN]}, "cors has no 'origins'"),
        ({"allow_all_origins": True, "allow_credentials": True}, "any site act"),
    ],
)
def test_sec_H7_a_wrong_option_ends_the_start(cors: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=rf"{__file__}:\d+: .*{problem}"):
        client_for(cors)


def test_feat_V2_R37_a_preflight_is_answered_where_a_parameter_is_the_key() -> None:
    policy = {"cors": OWN, "max_concurrency": 1, "key": "path.id"}
    app = Application([("/own/<id:int>", _never_for_a_preflight, policy)])
    server = Server(app, ServerConfig(port=0, access_log="off"))
    with server, RawClient(server.address) as client:
        client.send(
            b"OPTIONS /own/7 HTTP/1.1\r\nHost: localhost\r\nOrigin: https://own.test\r\n"
            b"Access-Control-Request-Method: GET\r\n\r\n"
        )
        answer = client.read_answer()
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, OWN)
