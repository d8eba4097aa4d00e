"""What a request sends to the database: counted, held to a budget, named in reports."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader

import orm
from mvc.application import Application
from mvc.config import Settings
from mvc.requests import Request
from mvc.testing import Client


class Shelf(orm.Model):
    name = orm.String(20)


class Volume(orm.Model):
    shelf = orm.ForeignKey(Shelf, back="volumes")
    title = orm.String(20)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    def make(handler: Any, options: dict[str, Any] | None = None, **settings: Any) -> Client:
        url = f"sqlite:///{tmp_path / 'test.db'}?synchronous=OFF"
        app = Application([], Settings(database_url=url, **settings))
        app.add_route("/volumes", handler, **(options or {}))
        orm.create_all([Shelf, Volume])
        for number in range(3):
            Volume.insert(shelf=Shelf.insert(name=f"s{number}"), title=f"t{number}")
        return Client(app)

    yield make
    orm.set_context(None)
    orm.close()


def names(request: Request) -> str:
    return " ".join(volume.shelf.name for volume in Volume.select().order_by(Volume.id))


def test_feat_V7_debug_reports_an_n_plus_1_with_request_and_route(
    serve: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    client = serve(names, debug=True)
    answer = client.get("/volumes")
    assert answer.text == "s0 s1 s2"
    assert answer.headers["Server-Timing"].endswith('desc="4 queries"')
    (text,) = [r.getMessage() for r in caplog.records if r.name == "orm.lazy_loads"]
    assert "Volume.shelf is loaded object by object" in text
    assert "route: GET /volumes" in text or "route: " in text
    assert "request: " in text
    assert f"this load: {__file__}:" in text


def test_feat_V7_the_line_of_a_template_is_told(
    serve: Callable[..., Client], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:

    (tmp_path / "volumes.txt").write_text(
        "{% for v in volumes %}\n\n{{ v.shelf.name }}{% endfor %}"
    )
    page = Environment(loader=FileSystemLoader(tmp_path), autoescape=True)

    def shown(request: Request) -> str:
        return page.get_template("volumes.txt").render(volumes=Volume.all())

    serve(shown, debug=True).get("/volumes")
    (text,) = [r.getMessage() for r in caplog.records if r.name == "orm.lazy_loads"]
    assert f"this load: {tmp_path / 'volumes.txt'}:3" in text


def test_feat_V7_the_setting_chooses_what_happens(serve: Callable[..., Client]) -> None:
    client = serve(names, lazy_loads="batch")
    with orm.assert_queries(3):
        assert client.get("/volumes").text == "s0 s1 s2"


def test_feat_V7_raise_is_an_error(serve: Callable[..., Client]) -> None:
    answer = serve(names, lazy_loads="raise").get("/volumes")
    assert answer.status == 500


def test_feat_V7_without_debug_nothing_is_watched(
    serve: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    answer = serve(names).get("/volumes")
    assert answer.text == "s0 s1 s2"
    assert "Server-Timing" not in answer.headers
    assert [r for r in caplog.records if r.name.startswith("orm.lazy")] == []


@pytest.mark.parametrize(
    ("options", "settings"), [({"max_queries": 2}, {}), ({}, {"max_queries": 2})]
)
def test_orm_A6_a_budget_of_queries(
    serve: Callable[..., Client],
    caplog: pytest.LogCaptureFixture,
    options: dict[str, Any],
    settings: dict[str, Any],
) -> None:
    assert serve(names, options, **settings).get("/volumes").status == 200
    (text,) = [r.getMessage() for r in caplog.records if r.name == "treadle.queries"]
    assert "4 statements, and its budget (max_queries) is 2; 3 times: SELECT" in text


def test_orm_A6_within_the_budget_nothing_is_said(
    serve: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    assert serve(names, {"max_queries": 4}).get("/volumes").status == 200
    assert [r for r in caplog.records if r.name == "treadle.queries"] == []


def test_feat_M10_every_statement_can_be_logged_with_its_request(
    serve: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    client = serve(names, query_log=True)
    caplog.clear()
    client.get("/volumes")
    lines = [r.getMessage() for r in caplog.records if r.name == "orm.queries"]
    assert len(lines) == 4
    assert "3 rows  SELECT" in lines[0]
    assert f"{__file__}:" in lines[0]
    assert "request " in lines[0]


def test_orm_A6_a_wrong_budget_is_refused() -> None:
    with pytest.raises(ValueError, match="max_queries=0"):
        Application([]).add_route("/x", names, max_queries=0)
