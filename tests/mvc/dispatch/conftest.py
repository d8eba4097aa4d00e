"""Requests through the parser and the dispatcher, without a socket."""

from collections.abc import Callable
from typing import Any

import pytest

from httpcore import RequestHead
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


@pytest.fixture
def head_of() -> Callable[[str, str], RequestHead]:
    """`head_of(method, path)` is a parsed request head."""

    def make(method: str, path: str) -> RequestHead:
        return RequestHead(
            method=method,
            target=path,
            raw_path=path,
            path=path,
            query_string="",
            minor_version=1,
            host="localhost",
            keep_alive=True,
            content_length=None,
            chunked=False,
            expect_continue=False,
            upgrade="",
            field_block=b"Host: localhost\r\n",
        )

    return make
