"""pytest fixtures for applications: `app`, `client`, `db`, `live_server`, `assert_queries`.

Each test gets the application on an empty SQLite database of its own and an empty data folder. The
application is the folder that the environment variable TREADLE_APP or the ini option `treadle_app`
names, `app` otherwise, counted from pytest's root folder; a fixture `app` in a conftest.py wins.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mvc.application import Application
from mvc.layers import load_settings
from mvc.loading import load_package
from mvc.storage.testing import close, database
from mvc.testing.client import Client
from mvc.testing.live import LiveServer

AssertQueries = Callable[[int], AbstractContextManager[None]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("treadle_app", "folder of the application under test", default="app")


@pytest.fixture
def app(pytestconfig: pytest.Config, tmp_path: Path) -> Iterator[Application]:
    """The application, started, with its tables made."""
    root = pytestconfig.rootpath
    folder = root / (os.environ.get("TREADLE_APP") or pytestconfig.getini("treadle_app"))
    # What is lost in a power cut is no concern of a test: it saves most of the time.
    url = f"sqlite:///{tmp_path / 'test.db'}?synchronous=OFF"
    settings = load_settings({}, {"database_url": url}, folder=folder, root=root)
    application = Application(
        settings=replace(settings, data_root=tmp_path, lazy_loads=settings.lazy_loads or "raise"),
        registry=load_package(folder),
    )
    application.start()
    yield application
    application.stop()
    close()


@pytest.fixture
def client(app: Application) -> Client:
    """A visitor of the application who is not logged in."""
    return Client(app)


@pytest.fixture
def db(app: Application) -> Any:
    """The application's database, empty but for its tables."""
    return database


@pytest.fixture
def live_server(app: Application) -> Iterator[LiveServer]:
    """The application behind a real socket; its address is `live_server.url`."""
    with LiveServer(app) as server:
        yield server


@pytest.fixture
def assert_queries(db: Any) -> AssertQueries:
    """`with assert_queries(2):` fails when the block sends another number of statements."""

    @contextmanager
    def expect(count: int) -> Iterator[None]:
        with db.log_queries() as log:
            yield
        if len(log) != count:
            pytest.fail(f"expected {count} statements, {len(log)} were sent:\n{log}")

    return expect
