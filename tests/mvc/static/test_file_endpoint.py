"""Which mounts are answered from memory at once, and that both roads answer alike (feat:W14)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import orm
from mvc import Application, Settings
from mvc.static.endpoint import FileEndpoint
from mvc.testing import Client
from tests.support.messages import make_request
from tests.support.static import write_tree


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield write_tree(tmp_path / "files", {"a.txt": b"a" * 600, "page.html": b"<p>"})
    orm.close()


def nothing(app: Application) -> None:
    pass


def endpoint_of(
    folder: Path, settings: dict[str, Any], change: Callable[[Application], object], **options: Any
) -> FileEndpoint:
    app = Application(settings=Settings(session_store="memory", allowed_hosts=("*",), **settings))
    app.mount("/files/", folder, **options)
    change(app)
    endpoint = app.resolve(make_request("/files/a.txt").head)
    assert isinstance(endpoint, FileEndpoint)
    return endpoint


def test_a_public_mount_is_quick(folder: Path) -> None:
    assert endpoint_of(folder, {}, nothing).is_quick
    assert endpoint_of(folder, {}, nothing, download=True, listing=True).is_quick
    assert endpoint_of(folder, {}, lambda app: app.middleware(lambda request: None)).is_quick


@pytest.mark.parametrize(
    ("settings", "change", "options"),
    [
        ({}, lambda app: app.before(lambda request: None), {}),
        ({}, lambda app: app.after(lambda request, response: None), {}),
        ({"trusted_proxies": ("10.0.0.0/8",)}, nothing, {}),
        ({"cors_allow_all_origins": True}, nothing, {}),
        ({}, nothing, {"permission": lambda request, path: True}),
        ({}, nothing, {"signed": True}),
        ({}, nothing, {"login": True}),
        ({}, nothing, {"middleware": [lambda request: None]}),
        ({}, nothing, {"csp": "default-src 'self'"}),
        ({}, nothing, {"cors": True}),
    ],
)
def test_what_has_to_be_asked_is_asked(
    folder: Path, settings: dict[str, Any], change: Callable[[Application], object], options: Any
) -> None:
    assert not endpoint_of(folder, settings, change, **options).is_quick


@pytest.mark.parametrize("path", ["a.txt", "page.html"])
def test_both_roads_answer_alike(folder: Path, path: str) -> None:
    quick = Application(settings=Settings(session_store="memory"))
    slow = Application(settings=Settings(session_store="memory"))
    slow.after(lambda request, response: None)
    answers = []
    for app in (quick, slow):
        app.mount("/files/", folder)
        browser = Client(app)
        for fields in ({}, {"Accept-Encoding": "gzip, br"}, {"accept-encoding": "BR;q=0, GZIP"}):
            browser.get(f"/files/{path}")
            answer = browser.get(f"/files/{path}", headers=fields)
            kept = sorted(item for item in answer.headers.items() if item[0] != "Date")
            answers.append((answer.status, answer.body, kept))
    assert answers[:3] == answers[3:]
