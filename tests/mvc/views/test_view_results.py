"""What a handler with `@view` returns, as HTML or JSON."""

import json
from pathlib import Path
from typing import Any

import pytest

from mvc.responses import JsonResponse, redirect
from mvc.routing.metadata import metadata_of
from mvc.views import TemplateResponse, Templates, render, render_view, view
from tests.support.messages import make_request
from tests.support.site import FakeSite

JSON = {"Accept": "application/json"}


@pytest.fixture
def site(tmp_path: Path) -> FakeSite:
    (tmp_path / "page.html").write_text("<p>{{ name }}</p>")
    site = FakeSite()
    site.templates = Templates([tmp_path])
    return site


@pytest.mark.parametrize("accept", [None, "*/*", "text/html", "text/html, application/json"])
def test_feat_T5_html_without_a_preference(site: FakeSite, accept: str | None) -> None:
    headers = {} if accept is None else {"Accept": accept}
    response = render_view(make_request(headers=headers, services=site), "page.html", {"name": "a"})
    assert isinstance(response, TemplateResponse)
    response.render()
    assert response.body == b"<p>a</p>"
    assert response.headers["Vary"] == "Accept"


def test_feat_T5_json_when_preferred(site: FakeSite) -> None:
    response = render_view(make_request(headers=JSON, services=site), "page.html", {"name": "a"})
    assert isinstance(response, JsonResponse)
    assert json.loads(response.body) == {"name": "a"}
    assert response.headers["Vary"] == "Accept"


@pytest.mark.parametrize("headers", [{}, JSON])
def test_feat_T5_status_and_fields_come_along(site: FakeSite, headers: dict[str, str]) -> None:
    request = make_request(headers=headers, services=site)
    response = render_view(request, "page.html", ({"name": "a"}, 422, {"X-More": "1"}))
    assert response.status == 422
    assert response.headers["X-More"] == "1"


@pytest.mark.parametrize("result", ["text", None, [1], redirect("/"), ({"a": 1}, "text/plain"), ()])
def test_feat_T5_other_results_stand_as_they_are(site: FakeSite, result: Any) -> None:
    assert render_view(make_request(services=site), "page.html", result) is result


def test_feat_T3_template_is_rendered_late_and_once(site: FakeSite) -> None:
    response = render(make_request(services=site), "page.html", status=201, name="early")
    assert response.status == 201
    response.context["name"] = "late"
    response.render()
    response.context["name"] = "too late"
    response.render()
    assert response.body == b"<p>late</p>"


def test_feat_T3_E9_a_hook_that_reads_the_body_gets_it_and_may_replace_it(site: FakeSite) -> None:
    response = render(make_request(services=site), "page.html", name="a")
    assert isinstance(response.body, bytes)
    response.body = response.body.replace(b"a", b"b")
    response.render()
    assert response.body == b"<p>b</p>"


def test_feat_T3_closing_an_unrendered_template_does_not_render_it(site: FakeSite) -> None:
    render(make_request(services=site), "missing.html").close()


def test_view_only_notes_the_template() -> None:
    def handler(request: Any) -> dict[str, Any]:
        return {}

    assert view("page.html")(handler) is handler
    assert metadata_of(handler).template == "page.html"
