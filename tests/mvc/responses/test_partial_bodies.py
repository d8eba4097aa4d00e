"""Parts of bodies of every kind (feat:P18, P20, http:V2)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest

from httpcore import FileBody
from mvc.responses import (
    FileResponse,
    PartialResponse,
    Response,
    StreamResponse,
    apply_conditional,
)
from mvc.responses.ranges import RangeSpec
from tests.support.messages import make_request
from tests.support.static import body_of

CONTENT = b"0123456789"


def pieces() -> Iterator[bytes]:
    for start in range(0, 10, 3):
        yield CONTENT[start : start + 3]


def file_of(tmp_path: Any) -> FileBody:
    """The ten digits inside a longer file."""
    path = tmp_path / "longer"
    path.write_bytes(b"--" + CONTENT + b"--")
    return FileBody(path.open("rb"), 2, 10)


@pytest.fixture(params=["bytes", "file", "stream"])
def response(request: Any, tmp_path: Any) -> Response:
    if request.param == "stream":
        return StreamResponse(pieces(), length=10, content_type="a/b")
    body = CONTENT if request.param == "bytes" else file_of(tmp_path)
    return Response(body, content_type="a/b")


def cut(response: Response, *ranges: RangeSpec) -> tuple[int, bytes, str | None]:
    response.make_partial(ranges)
    return response.status, body_of(response), response.headers.get("Content-Range")


@pytest.mark.parametrize(
    ("wanted", "body", "content_range"),
    [
        ((0, 0), b"0", "bytes 0-0/10"),
        ((2, 4), b"234", "bytes 2-4/10"),
        ((7, None), b"789", "bytes 7-9/10"),
        ((None, 3), b"789", "bytes 7-9/10"),
        ((None, 99), CONTENT, "bytes 0-9/10"),
        ((3, 99), b"3456789", "bytes 3-9/10"),
    ],
)
def test_feat_P18_one_range(
    response: Response, wanted: RangeSpec, body: bytes, content_range: str
) -> None:
    assert cut(response, wanted) == (206, body, content_range)
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers.get("Content-Length", str(len(body))) == str(len(body))


def test_feat_P18_nothing_of_it_is_416(response: Response) -> None:
    status, body, content_range = cut(response, (10, None), (None, 0), (5, 2))
    assert (status, content_range) == (416, "bytes */10")
    assert b"10" in body


def test_feat_P18_what_makes_no_sense_is_skipped(response: Response) -> None:
    assert cut(response, (2, 3)) == (206, b"23", "bytes 2-3/10")


def test_feat_P18_only_a_200_is_cut(response: Response) -> None:
    response.status = 404
    assert cut(response, (0, 1)) == (404, CONTENT, None)


def parts_of(response: Response) -> list[tuple[str, bytes]]:
    head = f"Content-Type: {response.headers['Content-Type']}\r\n\r\n".encode()
    body = body_of(response)
    assert response.headers["Content-Length"] == str(len(body))
    message = BytesParser().parsebytes(head + body)
    parts: Iterable[Any] = message.get_payload()
    return [(part["Content-Range"], part.get_payload(decode=True)) for part in parts]


@pytest.mark.parametrize("kind", ["bytes", "file"])
def test_feat_P18_several_ranges_in_their_order(kind: str, tmp_path: Any) -> None:
    response = Response(CONTENT if kind == "bytes" else file_of(tmp_path), content_type="a/b")
    response.make_partial([(7, 8), (50, None), (0, 1)])
    assert response.status == 206
    assert parts_of(response) == [("bytes 7-8/10", b"78"), ("bytes 0-1/10", b"01")]


def test_feat_P18_a_generated_body_has_to_say_its_length() -> None:
    unknown = StreamResponse(pieces())
    with pytest.raises(ValueError, match="length"):
        unknown.make_partial([(0, 1)])
    with pytest.raises(ValueError, match="one range"):
        StreamResponse(pieces(), length=10).make_partial([(0, 1), (3, 4)])
    unknown.make_partial()
    ask(unknown, "bytes=0-1")
    assert (unknown.status, body_of(unknown)) == (200, CONTENT)


def test_a_cut_stream_ends_its_producer() -> None:
    ended = []

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield b"ab"
        finally:
            ended.append(True)

    response = StreamResponse(endless(), length=1000)
    response.make_partial([(3, 4)])
    assert body_of(response) == b"ba"
    assert ended == [True]


def ask(response: Response, header: str, method: str = "GET", **more: str) -> Response:
    fields = {"Range": header, **{name.replace("_", "-"): value for name, value in more.items()}}
    return apply_conditional(make_request(method=method, headers=fields), response)


def test_http_V2_a_body_that_offers_ranges_is_cut_as_the_client_asks(response: Response) -> None:
    response.make_partial()
    part = ask(response, "bytes=2-4")
    assert (part.status, body_of(part)) == (206, b"234")


def test_http_V2_one_that_does_not_is_sent_whole() -> None:
    response = Response(CONTENT, headers={"ETag": '"v"'})
    assert body_of(ask(response, "bytes=2-4")) == CONTENT
    assert response.status == 200


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("bytes=0-0", 206),
        ("BYTES=0-0", 206),
        ("bytes=0-0, 2-2", 206),
        ("bytes=-1", 206),
        ("bytes=9-", 206),
        ("bytes=10-", 416),
        ("bytes=-0", 416),
        ("bytes=10-12,40-", 416),
        ("bytes=0-4,3-6", 200),
        ("bytes=0-,0-", 200),
        ("bytes=0-0,2-2,4-4,6-6,8-8", 206),
        ("bytes=0-0,2-2,4-4,6-6,8-8,9-9", 200),
        ("bytes=4-2", 200),
        ("bytes=a-b", 200),
        ("bytes=", 200),
        ("bytes=0-1,", 206),
        ("bytes=-", 200),
        ("bytes 0-1", 200),
        ("lines=0-1", 200),
        ("bytes=0-99999999999999999999999999", 206),
        ("bytes=99999999999999999999999999-", 416),
        ("bytes=-99999999999999999999999999", 206),
        ("bytes=+1-2", 200),
        ("bytes=1_0-", 200),
        ("bytes=\u00b2-", 200),
    ],
)
def test_http_V2_table(header: str, status: int) -> None:
    response = Response(CONTENT, headers={"Accept-Ranges": "bytes"})
    assert ask(response, header).status == status


def test_http_V2_only_on_get() -> None:
    response = Response(CONTENT, headers={"Accept-Ranges": "bytes"})
    assert ask(response, "bytes=0-0", method="HEAD").status == 200


@pytest.mark.parametrize(
    ("condition", "status"), [('"v"', 206), ('W/"v"', 200), ('"w"', 200), ("nonsense", 200)]
)
def test_http_V1_if_range(condition: str, status: int) -> None:
    response = Response(CONTENT, headers={"Accept-Ranges": "bytes", "ETag": '"v"'})
    assert ask(response, "bytes=0-0", If_Range=condition).status == status


def test_feat_P20_any_unit() -> None:
    known = PartialResponse(b"lines", 100, 199, 200, unit="lines")
    assert (known.status, known.headers["Content-Range"]) == (206, "lines 100-199/200")
    assert PartialResponse(b"x", 0, 0).headers["Content-Range"] == "bytes 0-0/*"


def test_sec_F2_no_part_stands_where_bytes_of_another_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "shrinks"
    path.write_bytes(b"a" * 1000)
    response = ask(FileResponse(path), "bytes=0-499,600-699")
    assert response.status == 206
    os.truncate(path, 100)
    data = b"".join(response.body)
    response.close()
    part = data.partition(b"\r\n\r\n")[2]
    assert part == b"a" * 100
    assert len(data) < int(response.headers["Content-Length"])
