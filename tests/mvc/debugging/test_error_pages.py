"""Error pages: what a visitor sees, what the developer sees, and what nobody sees."""

import json
from pathlib import Path
from typing import Any

import jinja2
import pytest

from httpcore import Peer
from mvc.debugging import error_page
from mvc.dispatch.errors import ErrorResponder
from mvc.requests import Request
from mvc.views import Templates
from tests.support.messages import make_request
from tests.support.site import FakeSite

CANARY = "canary-7f3a"
ELSEWHERE = Peer(("192.0.2.9", 50000), ("192.0.2.1", 80))


def local_request(**options: Any) -> Request:
    request = make_request(services=FakeSite(secret_key=CANARY * 4), **options)
    request.head.host = "localhost:8000"
    return request


def failing() -> Exception:
    try:
        password = "hunter2-in-source"
        raise ValueError(f"cannot open mysql://u:{CANARY * 4}@db for {len(password)}")
    except ValueError as error:
        return error


def body_of(response: Any) -> str:
    return str(response.body.decode())


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "text/html; charset=utf-8"),
        ("text/html,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/json", "application/problem+json"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("image/png", "text/html; charset=utf-8"),
    ],
)
def test_feat_E1_format_follows_accept(accept: str | None, content_type: str) -> None:
    headers = {} if accept is None else {"Accept": accept}
    response = error_page(local_request(headers=headers), 404, "No such <note>.")
    assert response.headers["Content-Type"] == content_type
    assert response.status == 404
    text = body_of(response)
    assert "No such &lt;note&gt;." in text if "html" in content_type else "No such <note>." in text


@pytest.mark.parametrize("detail", ["", "Conflict"])
def test_feat_E1_an_error_without_words_of_its_own_says_what_to_do(detail: str) -> None:
    text = body_of(error_page(local_request(), 409, detail))
    assert "<h1>Conflict</h1>" in text
    assert "<p>Conflict</p>" not in text
    assert "Go back, change it and send it again." in text


def test_feat_E1_a_database_that_is_away_is_not_told_as_load() -> None:
    text = body_of(error_page(local_request(), 503, ""))
    assert "The server cannot answer this just now. Try again in a moment." in text


def test_feat_E1_a_title_that_nothing_is_known_of_stands_once() -> None:
    text = body_of(error_page(local_request(), 418, ""))
    assert text.count("I&#39;m a Teapot") == 2  # in <title> and <h1>


@pytest.mark.parametrize(("debug", "is_shown"), [(True, True), (False, False)])
def test_feat_E1_debug_shows_what_data_did_not_fit(debug: bool, is_shown: bool) -> None:
    responder = ErrorResponder([], {KeyError: 409}, debug)
    response = responder.respond(local_request(), KeyError("notes.title is taken"))
    assert response.status == 409
    assert ("notes.title is taken" in body_of(response)) is is_shown


def test_sec_A9_production_500_is_a_fixed_page_with_the_request_id() -> None:
    request = local_request()
    response = error_page(request, 500, CANARY, exception=failing())
    assert request.id in body_of(response)
    assert CANARY not in body_of(response)
    assert "ValueError" not in body_of(response)
    document = error_page(local_request(headers={"Accept": "application/json"}), 500, CANARY)
    assert set(json.loads(document.body)) == {"type", "status", "title", "detail", "request_id"}


def test_sec_A9_debug_page_shows_the_fault_and_no_secret() -> None:
    request = local_request(
        target="/notes?token=query-secret&page=2",
        method="POST",
        headers={
            "Cookie": "session=cookie-secret",
            "Authorization": "Bearer header-secret",
            "Content-Type": "application/x-www-form-urlencoded",
        },
        body=b"password=form-secret&title=shown",
    )
    text = body_of(error_page(request, 500, "", exception=failing(), debug=True))
    for shown in ("ValueError", "cannot open mysql://u:", "test_error_pages.py", "shown", "page"):
        assert shown in text
    secrets = [CANARY, "query-secret", "cookie-secret", "header-secret", "form-secret"]
    for hidden in [*secrets, "hunter2-in-source"]:
        assert hidden not in text


@pytest.mark.parametrize("case", ["peer", "host", "debug", "proxy"])
def test_sec_A9_debug_page_is_for_this_machine_only(case: str) -> None:
    request = local_request(peer=ELSEWHERE) if case == "peer" else local_request()
    if case == "host":
        request.head.host = "evil.test"
    if case == "proxy":
        site = FakeSite(trusted_proxies=("127.0.0.1",))
        request = make_request(headers={"X-Forwarded-For": "192.0.2.9"}, services=site)
        request.head.host = "localhost"
    response = error_page(request, 500, "", exception=failing(), debug=case != "debug")
    assert "ValueError" not in body_of(response)


def test_sec_H1_page_styles_obey_the_policy() -> None:
    response = error_page(local_request(), 404, "")
    policy = response.headers["Content-Security-Policy"]
    nonce = policy.split("'nonce-")[1].split("'")[0]
    assert f'<style nonce="{nonce}">' in body_of(response)
    assert "http" not in body_of(response)


@pytest.mark.parametrize(
    ("status", "name"), [(401, "WWW-Authenticate"), (429, "Retry-After"), (503, "Retry-After")]
)
def test_http_R6_required_fields_are_there(status: int, name: str) -> None:
    assert name in error_page(local_request(), status, "").headers
    given = error_page(local_request(), status, "", ((name, "given"),))
    assert given.headers.get_all(name) == ["given"]


def test_page_without_a_request_and_with_an_odd_status() -> None:
    response = error_page(None, 499, "")
    assert response.status == 499
    assert "Error" in body_of(response)


@pytest.mark.parametrize(
    ("source", "line"), [("a\n{% if %}\n", 2), ("a\nb\n{{ nothing.more }}\n", 3)]
)
def test_feat_T12_template_error_names_file_and_line(
    tmp_path: Path, source: str, line: int
) -> None:
    (tmp_path / "broken.html").write_text(source)
    with pytest.raises(jinja2.TemplateError) as caught:
        Templates([tmp_path]).render("broken.html", {})
    page = error_page(local_request(), 500, "", exception=caught.value, debug=True)
    assert f"{tmp_path / 'broken.html'}, line {line}" in body_of(page)


def test_debug_page_tells_the_cause() -> None:
    try:
        try:
            raise KeyError("first")
        except KeyError as error:
            raise RuntimeError("second") from error
    except RuntimeError as error:
        caught = error
    text = body_of(error_page(local_request(), 500, "", exception=caught, debug=True))
    assert text.index("<h1>RuntimeError") < text.index("Caused by") < text.index("<h2>KeyError")
    plain = {"Accept": "text/plain"}
    text = body_of(error_page(local_request(headers=plain), 500, "", exception=caught, debug=True))
    assert "KeyError: &#39;first&#39;" not in text
    assert "KeyError: 'first'" in text
