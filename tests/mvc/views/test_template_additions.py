"""What a module declares for its templates, in a whole application."""

from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from mvc.application import Application
from mvc.config import Settings
from mvc.requests import Request
from mvc.routing.registry import Registry, gather
from mvc.testing import Client
from mvc.views import context_processor, render, template_filter, template_global, view


@template_global
def double(number: int) -> int:
    return number * 2


@template_global("triple")
def three_times(number: int) -> int:
    return number * 3


@template_filter("loud")
def shout(text: str) -> str:
    return text.upper()


@context_processor
def site_name(request: Request) -> dict[str, Any]:
    return {"site": f"board of {request.host}"}


@context_processor
def motto() -> dict[str, Any]:
    return {"motto": "in bread we trust"}


def with_year(function: Any) -> Any:
    @wraps(function)
    def wrapper(request: Request) -> Any:
        return function(request, 2025)

    return wrapper


@context_processor
@with_year
def imprint(request: Request, year: int) -> dict[str, Any]:
    return {"year": year}


@view("page.html")
def page(request: Request) -> dict[str, Any]:
    return {"number": 2}


def inline(request: Request) -> Any:
    return render(request, "page.html", status=201, number=5)


def broken(request: Request) -> Any:
    return render(request, "broken.html")


@pytest.fixture
def client(tmp_path: Path) -> Client:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "page.html").write_text(
        "{{ double(number) }} {{ triple(number) }} {{ 'a'|loud }} {{ site }}: {{ motto }}"
        "{{ ' since %s' % year }}"
        '<script nonce="{{ csp_nonce() }}"></script>'
    )
    (folder / "broken.html").write_text("fine\n{{ number.missing.more }}\n")
    declared = gather(__name__)
    registry = Registry(template_extras=declared.template_extras)
    settings = Settings(app_dir=tmp_path, debug=True, database_url="sqlite:///:memory:")
    app = Application(settings=settings, registry=registry)
    for path, handler in {"/page": page, "/inline": inline, "/broken": broken}.items():
        app.add_route(path, handler)
    return Client(app)


def test_feat_T6_additions_of_the_module_are_there(client: Client) -> None:
    assert client.get("/page").text.startswith(
        "4 6 A board of localhost: in bread we trust since 2025<script"
    )
    answer = client.get("/inline")
    assert answer.status == 201
    assert answer.text.startswith("10 15 A")


def test_feat_T2_the_values_of_a_page_may_be_a_mapping(client: Client) -> None:
    @client.app.get("/mapping")
    def mapping(request: Request) -> Any:
        return render(request, "page.html", {"number": 1, "site": "x"}, site="y")

    assert client.get("/mapping").text.startswith("2 3 A y")


def test_feat_X7_nonce_of_the_page_is_in_its_policy(client: Client) -> None:
    answer = client.get("/page")
    nonce = answer.text.split('nonce="')[1].split('"')[0]
    assert f"script-src 'self' 'nonce-{nonce}'" in answer.headers["Content-Security-Policy"]


def test_feat_T5_one_controller_answers_html_and_json(client: Client) -> None:
    answer = client.get("/page", headers={"Accept": "application/json"})
    assert answer.json() == {"number": 2}
    assert "Accept" in answer.headers["Vary"]
    assert "nonce" not in answer.headers["Content-Security-Policy"]


def test_feat_E1_T5_an_error_handler_may_have_a_view(client: Client) -> None:
    @client.app.error(404)
    @view("page.html")
    def missing(request: Request, error: Exception) -> dict[str, int]:
        return {"number": 7}

    answer = client.get("/nowhere")
    assert answer.status == 404
    assert answer.text.startswith("14 21 A")
    answer = client.get("/nowhere", headers={"Accept": "application/json"})
    assert (answer.status, answer.json()) == (404, {"number": 7})


def test_feat_T12_broken_template_names_its_line_and_others_go_on(client: Client) -> None:
    answer = client.get("/broken")
    assert answer.status == 500
    assert "broken.html, line 2" in answer.text
    assert client.get("/page").status == 200


def test_feat_E6_after_hooks_run_for_a_broken_template_too(client: Client) -> None:
    @client.app.after
    def mark(request: Request, response: Any) -> None:
        response.headers["X-Length"] = str(len(response.body))

    for target, status in (("/page", 200), ("/broken", 500)):
        answer = client.get(target)
        assert answer.status == status
        assert int(answer.headers["X-Length"]) == len(answer.body)


def test_sec_A9_broken_template_tells_a_stranger_nothing(client: Client) -> None:
    stranger = Client(client.app, address="192.0.2.9")
    answer = stranger.get("/broken")
    assert answer.status == 500
    assert "broken.html" not in answer.text
