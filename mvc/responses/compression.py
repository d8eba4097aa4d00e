"""Compressing answers on their way out, and what else is settled last (feat:P24, P25).

In this order, since each step needs the one before:

    1. an ETag from the content, where the application asks for one (`auto_etag`)
    2. the coding is chosen: Vary, Content-Encoding and a weak ETag are set
    3. preconditions and ranges are answered; a 304 repeats the fields of step 2
    4. what is still a whole body is put into the coding

What is compressed: bytes of at least `compression_minimum`, and generated bodies, of a type that
gets smaller, with a 2xx status. What never is: a body that is coded already, one of `no-transform`,
a part, a file, and a body that offers ranges, which would count in other bytes than those sent.

Compressed length tells an attacker who can place text on a page, and watch the line, what else is
on it (BREACH). So an answer that has to do with a session or sets a cookie is left as it is, unless
`compression = "all"`. The tokens against CSRF are masked anew each time and cannot be guessed so.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from httpcore import FileBody, Headers
from httpcore import Response as ServerResponse
from mvc.responses.codings import CODINGS, IDENTITY, Coding, best_coding
from mvc.responses.conditional import CONCERNED, apply_conditional
from mvc.responses.representation import detached
from mvc.responses.vary import add_vary

if TYPE_CHECKING:
    from mvc.config import Settings
    from mvc.requests import Request

_OFFERED = tuple(CODINGS)
_COMPRESSIBLE = re.compile(
    r"text/.*|.*\+(?:json|xml|text)|application/(?:json|xml|javascript|wasm|yaml|x-ndjson)"
    r"|font/(?:ttf|otf)|image/(?:bmp|vnd\.microsoft\.icon)"
)
_EMPTY = frozenset({204, 205, 206})  # 206 is no empty one, but a part of something
_ETAG_BYTES = 16


def is_compressible(content_type: str) -> bool:
    """Whether bodies of this media type get smaller."""
    return _COMPRESSIBLE.fullmatch(content_type.partition(";")[0].rstrip(" \t").lower()) is not None


class Delivery:
    """The last steps of every answer of one application."""

    def __init__(self, settings: Settings) -> None:
        self._is_on = settings.compression != "off"
        self._takes_private = settings.compression == "all"
        self._minimum = settings.compression_minimum
        self._level = settings.compression_level
        self._adds_etags = settings.auto_etag

    def __call__(self, request: Request, response: ServerResponse) -> ServerResponse:
        """The response, with its coding, as 304, 412 or 416, or in parts."""
        if self._adds_etags:
            _add_etag(request, response)
        body = response.body
        is_small = type(body) is bytes and len(body) < self._minimum
        if is_small and CONCERNED.isdisjoint(response.headers.lower_names()):
            return response
        if is_small or not self._is_on or not self._may_compress(request, response):
            return apply_conditional(request, response)
        response = detached(response)
        coding = self._choose(request, response)
        answer = apply_conditional(request, response)
        if coding is not None and answer.headers.get("Content-Encoding") == coding.name:
            self._encode(answer, coding)
        return answer

    def _may_compress(self, request: Request, response: ServerResponse) -> bool:
        headers = response.headers
        return (
            200 <= response.status < 300
            and response.status not in _EMPTY
            and not isinstance(response.body, FileBody)
            and is_compressible(headers.get("Content-Type", ""))
            and "Content-Encoding" not in headers
            and "Accept-Ranges" not in headers
            and "no-transform" not in headers.get("Cache-Control", "").lower()
            and (self._takes_private or not _is_private(request, headers))
        )

    def _choose(self, request: Request, response: ServerResponse) -> Coding | None:
        headers = response.headers
        add_vary(headers, "Accept-Encoding")
        name = best_coding(request.headers.get("Accept-Encoding", ""), _OFFERED)
        if name == IDENTITY:
            return None
        headers["Content-Encoding"] = name
        etag = headers.get("ETag")
        if etag is not None and not etag.startswith("W/"):
            headers["ETag"] = f"W/{etag}"
        return CODINGS[name]

    def _encode(self, response: ServerResponse, coding: Coding) -> None:
        response.headers.pop("Content-Length", None)
        body = response.body
        if isinstance(body, bytes):
            response.body = coding.encode(body, self._level)
        elif not isinstance(body, FileBody):
            response.body = _Encoded(coding.encode_pieces(iter(body), self._level), body)


class _Encoded:
    """A generated body in a coding; closing it closes the body, and with it the producer."""

    def __init__(self, pieces: Iterator[bytes], body: object) -> None:
        self._pieces = pieces
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        if close is not None:
            close()


def _is_private(request: Request, headers: Headers) -> bool:
    return request.loaded_session is not None or "Set-Cookie" in headers


def _add_etag(request: Request, response: ServerResponse) -> None:
    """A strong validator from the content, on a whole GET answer in memory that has none."""
    headers, body = response.headers, response.body
    if (
        request.method in ("GET", "HEAD")
        and response.status == 200
        and type(body) is bytes
        and "ETag" not in headers
        and "no-store" not in headers.get("Cache-Control", "").lower()
    ):
        headers["ETag"] = f'"{hashlib.blake2b(body, digest_size=_ETAG_BYTES).hexdigest()}"'
