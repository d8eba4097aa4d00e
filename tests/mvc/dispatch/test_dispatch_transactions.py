"""The transaction of an unsafe request: committed before the answer, undone by what goes wrong."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import orm
from httpcore import HTTPError
from mvc.application import Application
from mvc.config import ConfigError, Settings
from mvc.requests import Request


class DispatchEntry(orm.Model):
    text = orm.String(40)


def add(request: Request) -> str:
    DispatchEntry.insert(text="added")
    return "added"


def add_and_fail(request: Request) -> str:
    add(request)
    raise ValueError("late")


def add_and_say(request: Request, status: int) -> tuple[str, int]:
    add(request)
    return "answer", status


def add_and_abort(request: Request) -> None:
    add(request)
    raise HTTPError(409, "Taken.")


def add_and_stream(request: Request) -> Iterator[str]:
    add(request)
    yield "streamed"


def missing(request: Request) -> Any:
    return DispatchEntry.get(999)


def take_twice(request: Request) -> None:
    entry = DispatchEntry.insert(text="first")
    DispatchEntry.insert(id=entry.id, text="second")


def add_what_came(request: Request) -> None:
    DispatchEntry.insert(text=request.query["text"])


UNSAFE = {"methods": ("POST", "GET")}
ROUTES = [
    ("/add", add, UNSAFE),
    ("/fail", add_and_fail, UNSAFE),
    ("/bare", add_and_fail, {"methods": "POST", "transaction": False}),
    ("/say/<status:int>", add_and_say, UNSAFE),
    ("/abort", add_and_abort, UNSAFE),
    ("/stream", add_and_stream, UNSAFE),
    ("/missing", missing, UNSAFE),
    ("/twice", take_twice, UNSAFE),
    ("/given", add_what_came, UNSAFE),
]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Application]:
    url = f"sqlite:///{tmp_path}/test.db?synchronous=OFF"
    yield Application(ROUTES, Settings(database_url=url, data_root=tmp_path))
    orm.close()


@pytest.mark.parametrize(
    ("method", "target", "status", "rows"),
    [
        ("POST", "/add", 200, 1),
        ("POST", "/fail", 500, 0),
        ("POST", "/abort", 409, 0),
        ("POST", "/say/422", 422, 1),
        ("POST", "/say/503", 503, 0),
        ("POST", "/bare", 500, 1),
        ("POST", "/stream", 200, 1),
        ("GET", "/fail", 500, 1),
        ("POST", "/missing", 404, 0),
        ("GET", "/missing", 404, 0),
        ("POST", "/twice", 409, 0),
        ("POST", "/given?text=" + 41 * "x", 400, 0),
    ],
)
def test_what_stays_in_the_database(
    ask: Callable[..., Any], app: Application, method: str, target: str, status: int, rows: int
) -> None:
    app.start()
    assert ask(app)(method, target).status == status
    assert DispatchEntry.select().count() == rows
    app.stop()


def test_sec_A8_bad_data_is_one_line_of_the_log_without_raw_bytes(
    ask: Callable[..., Any], app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.start()
    ask(app)("POST", "/given?text=%1B[31m%0AFAKE%E2%80%A8" + 41 * "x")
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.exc_info is None
    assert record.getMessage().isprintable()
    assert "DispatchEntry.text" in record.getMessage()


def test_start_and_stop_run_their_hooks_once(app: Application) -> None:
    calls: list[Any] = []
    app.on_startup(lambda: calls.append("start"))
    app.on_startup(lambda given: calls.append(given))
    app.on_shutdown(lambda: calls.append("stop"))
    for step in (app.start, app.start, app.stop, app.stop):
        step()
    assert calls == ["start", app, "stop"]


def test_a_user_model_that_is_none_ends_the_start(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/x.db", user_model="nowhere.Member")
    with pytest.raises(ConfigError, match="user_model"):
        Application([("/", add)], settings).start()
    orm.close()
