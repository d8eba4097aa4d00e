"""Chromium, and the notice board served to it from a real socket.

Every page of a test is watched: an error in the console, a violation of the content security
policy or a failed request fails the test when it ends.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import orm
from mvc import Application
from mvc.layers import load_settings
from mvc.loading import load_package
from mvc.testing import LiveServer

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
TIMEOUT = 10_000  # milliseconds for anything a page is asked for


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (apt-get install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[LiveServer]:
    """The notice board, empty, on a port of its own; a mistake in a template is an error here."""
    database = f"sqlite:///{tmp_path}/board.db?synchronous=OFF"
    settings = load_settings({}, {"database_url": database}, folder=ROOT / "app")
    settings = replace(settings, data_root=tmp_path, debug=True)
    app = Application(settings=settings, registry=load_package(ROOT / "app"))
    app.start()
    with LiveServer(app) as server:
        yield server
    app.stop()
    orm.close()


@pytest.fixture
def open_browser(browser: Any, site: LiveServer) -> Iterator[Callable[..., Any]]:
    """Opens a fresh browser profile and gives its page; options are Playwright's."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def open_page(**options: Any) -> Any:
        context = browser.new_context(base_url=site.url, **options)
        context.set_default_timeout(TIMEOUT)
        contexts.append(context)
        page = context.new_page()
        _watch(page, complaints)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _watch(page: Any, complaints: list[str]) -> None:
    def note(message: Any) -> None:
        # A page that is refused on purpose is announced as a failed resource.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            complaints.append(f"{page.url}: {message.text}")

    def note_failure(request: Any) -> None:
        # Aborted is what the browser itself gave up when the page was left.
        if request.failure != "net::ERR_ABORTED":
            complaints.append(f"{request.url}: {request.failure}")

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on("requestfailed", note_failure)
