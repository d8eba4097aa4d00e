"""The stages of one request inside our own server, without sockets and threads, and their times."""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.loads import JSON
from httpcore import Endpoint, Peer, RequestHead, Response
from httpcore.body import EMPTY_BODY
from httpcore.config import Limits
from httpcore.protocol.parser import RequestParser
from httpcore.protocol.serializer import Serializer
from httpcore.runtime.answers import Answer, call_endpoint, make_answer
from httpcore.runtime.date import DateCache
from mvc import Application

BATCH = 1_000
_PEER = Peer(("127.0.0.1", 50_000), ("127.0.0.1", 8000))


def request_bytes(fields: Sequence[tuple[str, str]]) -> bytes:
    """A GET of the JSON as wrk writes it."""
    lines = [f"GET {JSON.path} HTTP/1.1", "Host: 127.0.0.1:8000"]
    lines += [f"{name}: {value}" for name, value in fields]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


class Stages:
    """What happens between the bytes of a request and those of its answer, stage by stage."""

    def __init__(self, app_dir: Path) -> None:
        self._app = Application.load(arguments={"app": str(app_dir), "access_log": "off"})
        self._parser = RequestParser(Limits())
        self._serializer = Serializer(self._app.default_fields, DateCache())
        # Each takes what the one before it gave.
        self.table: dict[str, Callable[[Any], Any]] = {
            "parse the head": self._parse,
            "find the route": self._resolve,
            "make the request, run the endpoint": self._call,
            "write the head of the answer": self._answer,
        }

    def answer(self, data: bytes) -> Answer:
        """The answer to one request."""
        item: Any = data
        for stage in self.table.values():
            item = stage(item)
        answer: Answer = item
        return answer

    def microseconds(self, data: bytes, batches: int) -> dict[str, float]:
        """Time of each stage for one request: the median over the batches."""
        times = [self._time_batch(data) for _ in range(batches)]
        return {
            name: statistics.median(each[name] for each in times) / BATCH * 1e6
            for name in self.table
        }

    def _time_batch(self, data: bytes) -> dict[str, float]:
        seconds = {}
        items: list[Any] = [data] * BATCH
        for name, stage in self.table.items():
            begin = time.perf_counter()
            items = [stage(item) for item in items]
            seconds[name] = time.perf_counter() - begin
        return seconds

    def _parse(self, data: bytes) -> RequestHead:
        self._parser.feed(data)
        head = self._parser.next_event()
        if not isinstance(head, RequestHead):
            raise TypeError(f"the parser gave {head!r} for {data!r}")
        return head

    def _resolve(self, head: RequestHead) -> tuple[RequestHead, Endpoint]:
        return head, self._app.resolve(head)

    def _call(self, found: tuple[RequestHead, Endpoint]) -> tuple[RequestHead, Response]:
        head, endpoint = found
        request = endpoint.request_type(head, EMPTY_BODY, _PEER, None, None)
        return head, call_endpoint(endpoint, request)

    def _answer(self, done: tuple[RequestHead, Response]) -> Answer:
        head, response = done
        return make_answer(self._serializer, response, head, True)
