"""Requests through the parser and the dispatcher, without a socket."""

from collections.abc import Callable
from typing import Any

import pytest

from mvc.application import Application
from mvc.testing.answer import Answer
from mvc.testing.client import Client

Ask = Callable[..., Answer]


@pytest.fixture
def ask() -> Callable[..., Ask]:
    """`ask(routes or app)` gives a function `(method, target, **options) -> Answer`."""

    def prepare(app: Application | list[Any]) -> Ask:
        served = app if isinstance(app, Application) else Application(routes=app)
        return Client(served).request

    return prepare
