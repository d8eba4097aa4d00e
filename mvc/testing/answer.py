"""A response as the test client shows it, parsed from the bytes the server would have sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.client import HTTPResponse
from io import BytesIO
from typing import Any

from httpcore import Headers
from mvc.requests.parameters import parse_parameterized


@dataclass(frozen=True, slots=True)
class Answer:
    """status, headers, body: as received. url: the target asked for. history: redirects followed
    on the way, oldest first."""

    status: int
    headers: Headers
    body: bytes
    url: str
    history: list[Answer] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The body in the charset of its Content-Type, UTF-8 without one."""
        media = parse_parameterized(self.headers.get("Content-Type", ""))
        return self.body.decode(media.charset)

    def json(self) -> Any:
        """The body decoded from JSON, whatever its media type. Raises ValueError."""
        return json.loads(self.body)

    @property
    def is_redirect(self) -> bool:
        return self.status in (301, 302, 303, 307, 308) and "Location" in self.headers

    def __repr__(self) -> str:
        return f"<Answer {self.status} {self.url} {self.body[:200]!r}>"


class _Recorded:
    """The one method of a socket that `http.client` needs to read a finished answer."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, *_: Any, **__: Any) -> BytesIO:
        return BytesIO(self._data)


def parse_answer(data: bytes, method: str, url: str) -> Answer:
    """The final response in `data`; interim ones are skipped.

    Read by the standard library's own client, so that a wrong framing of ours shows. Raises
    http.client.HTTPException when the response is broken or cut short.
    """
    reply = HTTPResponse(_Recorded(data), method=method)  # type: ignore[arg-type]
    reply.begin()
    try:
        return Answer(reply.status, Headers(reply.getheaders()), reply.read(), url)
    finally:
        reply.close()
