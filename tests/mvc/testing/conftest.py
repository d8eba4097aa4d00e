"""The fixtures under test, brought in by name whether or not the package is installed."""

import pytest

from mvc.testing.plugin import app, assert_queries, client, db, live_server

__all__ = ["app", "assert_queries", "client", "db", "live_server"]


@pytest.fixture(autouse=True)
def own_application(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREADLE_APP", "tests/mvc/testing/plugin_app")
