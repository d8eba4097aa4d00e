"""Files as answers: validators, conditions, ranges, downloads (http:V1-V3, sec:H12)."""

import os
import socket
import tempfile
import time
from email.message import Message
from io import BytesIO

import pytest

from httpcore import FileBody, HTTPError
from mvc.responses import FileResponse, Response, apply_conditional, file
from mvc.responses.content_types import content_type_of, raster_image_type
from mvc.responses.dates import format_http_date
from mvc.responses.files import format_disposition
from tests.support.messages import make_request

CONTENT = b"0123456789"
OLD = 1_000_000_000


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "ten.txt"
    path.write_bytes(CONTENT)
    os.utime(path, (OLD, OLD))
    return path


def sent(response) -> bytes:
    """The body's bytes; the response is closed, as the server does."""
    body = response.body
    if isinstance(body, FileBody):
        body.file.seek(body.offset)
        data = body.file.read(body.length)
    else:
        data = body if isinstance(body, bytes) else b"".join(body)
    response.close()
    return data


def ask(path, method: str = "GET", **headers: str):
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    response = apply_conditional(make_request(method=method, headers=fields), FileResponse(path))
    return response.status, sent(response), response.headers


def etag_of(path) -> str:
    response = FileResponse(path)
    response.close()
    return response.headers["ETag"]


def test_http_V3_fields_of_a_file(path) -> None:
    status, body, headers = ask(path)
    assert (status, body) == (200, CONTENT)
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Last-Modified"] == format_http_date(OLD)
    assert headers["ETag"].startswith('"')
    assert "Content-Disposition" not in headers


def test_http_V3_last_modified_is_never_in_the_future(path) -> None:
    os.utime(path, (time.time() + 9999,) * 2)
    assert ask(path)[2]["Last-Modified"] <= format_http_date(time.time() + 1)


def test_missing_and_special_files_are_404(tmp_path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name in ("none", "fifo", "", "none/x"):
        with pytest.raises(HTTPError) as caught:
            FileResponse(tmp_path / name)
        assert caught.value.status == 404


def test_open_files_and_files_in_memory(path) -> None:
    response = file(path.open("rb"), content_type="a/b")
    assert (sent(response), response.headers["Content-Type"]) == (CONTENT, "a/b")
    response = file(BytesIO(CONTENT), download_name="x.json")
    assert sent(response) == CONTENT
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "ETag" not in response.headers


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"If_None_Match": "{etag}"}, 304),
        ({"If_None_Match": 'W/{etag}, "x"'}, 304),
        ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": '"x"'}, 200),
        ({"If_None_Match": "{etag} junk"}, 200),
        ({"If_Modified_Since": format_http_date(OLD)}, 304),
        ({"If_Modified_Since": format_http_date(OLD + 1)}, 304),
        ({"If_Modified_Since": format_http_date(OLD - 1)}, 200),
        ({"If_Modified_Since": "junk"}, 200),
        ({"If_None_Match": '"x"', "If_Modified_Since": format_http_date(OLD)}, 200),
        ({"If_None_Match": "{etag}", "If_Modified_Since": format_http_date(0)}, 304),
        ({"If_Match": "{etag}"}, 200),
        ({"If_Match": "*"}, 200),
        ({"If_Match": '"x"'}, 412),
        ({"If_Match": "W/{etag}"}, 412),
        ({"If_Unmodified_Since": format_http_date(OLD)}, 200),
        ({"If_Unmodified_Since": format_http_date(OLD - 1)}, 412),
        ({"If_Unmodified_Since": "junk"}, 200),
        ({"If_Match": "{etag}", "If_Unmodified_Since": format_http_date(0)}, 200),
        ({"If_Match": '"x"', "If_None_Match": "{etag}"}, 412),
        ({"If_Match": "{etag}", "If_None_Match": "{etag}"}, 304),
        ({"If_None_Match": "{etag}", "Range": "bytes=0-1"}, 304),
        ({"Range": "bytes=0-1", "If_Range": "{etag}"}, 206),
        ({"Range": "bytes=0-1", "If_Range": "W/{etag}"}, 200),
        ({"Range": "bytes=0-1", "If_Range": '"x"'}, 200),
        ({"Range": "bytes=0-1", "If_Range": format_http_date(OLD)}, 206),
        ({"Range": "bytes=0-1", "If_Range": format_http_date(OLD + 1)}, 200),
        ({"Range": "bytes=0-1", "If_Range": "junk"}, 200),
    ],
)
def test_http_V1_precedence(path, fields, status) -> None:
    filled = {name: value.replace("{etag}", etag_of(path)) for name, value in fields.items()}
    assert ask(path, **filled)[0] == status
    if status in (304, 412):
        assert ask(path, "HEAD", **filled)[0] == status


def test_http_V3_304_has_no_body_and_keeps_its_fields(path) -> None:
    response = FileResponse(path, headers={"Cache-Control": "no-cache", "Vary": "Cookie"})
    response.set_cookie("a", "1")
    request = make_request(headers={"If-None-Match": "*"})
    response = apply_conditional(request, response)
    assert (response.status, response.body) == (304, b"")
    names = {"etag", "cache-control", "vary", "last-modified", "set-cookie"}
    assert set(response.headers.lower_names()) == names


def test_http_V2_one_range(path) -> None:
    status, body, headers = ask(path, Range="bytes=2-4")
    assert (status, body, headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    assert ask(path, Range="bytes=-3")[1] == b"789"


def test_http_V2_several_ranges(path) -> None:
    status, body, headers = ask(path, Range="bytes=7-,0-1")
    assert status == 206
    assert headers["Content-Length"] == str(len(body))
    assert "Content-Range" not in headers
    kind = Message()
    kind["Content-Type"] = headers["Content-Type"]
    assert kind.get_content_type() == "multipart/byteranges"
    _, first, second, end = body.split(f"\r\n--{kind.get_param('boundary')}".encode())
    for part, content, where in ((first, b"789", b"7-9"), (second, b"01", b"0-1")):
        head, _, data = part.partition(b"\r\n\r\n")
        assert data == content
        assert b"Content-Range: bytes " + where + b"/10" in head
        assert b"Content-Type: text/plain; charset=utf-8" in head
    assert end == b"--\r\n"


def test_http_V2_unsatisfiable_is_416(path) -> None:
    status, _, headers = ask(path, Range="bytes=10-")
    assert (status, headers["Content-Range"]) == (416, "bytes */10")
    assert "ETag" in headers


def test_http_V2_ranges_are_for_get_alone(path) -> None:
    assert ask(path, "HEAD", Range="bytes=0-1")[0] == 200
    assert ask(path, "POST", Range="bytes=0-1", If_None_Match="*")[0] == 200


def test_feat_P24_any_answer_with_a_validator_is_conditional() -> None:
    request = make_request(headers={"If-None-Match": '"v1"', "Range": "bytes=0-1"})
    assert apply_conditional(request, Response("x", headers={"ETag": '"v1"'})).status == 304
    assert apply_conditional(request, Response("x", headers={"ETag": '"v2"'})).status == 200
    assert apply_conditional(request, Response("x", 404, {"ETag": '"v1"'})).status == 404
    assert apply_conditional(request, Response("x")).status == 200


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("a b.txt", 'attachment; filename="a b.txt"'),
        ("é.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%C3%A9.txt"),
        ('a".txt', "attachment; filename=\"a_.txt\"; filename*=UTF-8''a%22.txt"),
        ("a%41.txt", "attachment; filename=\"a_41.txt\"; filename*=UTF-8''a%2541.txt"),
        ("../x\\y.txt", 'attachment; filename="y.txt"'),
        ("a\r\nSet-Cookie: x", 'attachment; filename="aSet-Cookie: x"'),
        ("\u202e\0", 'attachment; filename="download"'),
        ("", 'attachment; filename="download"'),
    ],
)
def test_sec_H12_feat_P27_download_names(name: str, field: str) -> None:
    assert format_disposition("attachment", name) == field


def test_sec_H12_attachments_are_sandboxed(path) -> None:
    response = file(path, as_attachment=True, download_name="naïve.html")
    response.close()
    assert response.headers["Content-Disposition"].startswith("attachment; ")
    assert response.headers["Content-Security-Policy"].startswith("sandbox")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    response = file(path, download_name="x.txt")
    response.close()
    assert response.headers["Content-Disposition"] == 'inline; filename="x.txt"'


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.CSS", "text/css; charset=utf-8"),
        ("a.svg", "image/svg+xml; charset=utf-8"),
        ("a.wasm", "application/wasm"),
        ("a.woff2", "font/woff2"),
        ("a.webp", "image/webp"),
        ("a.tar.gz", "application/gzip"),
        ("a.yml", "application/yaml"),
        ("a.log", "text/plain; charset=utf-8"),
        ("a.rss", "application/rss+xml"),
        ("a.ogg", "audio/ogg"),
        ("a.m4a", "audio/mp4"),
        ("a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("data:text,x.png", "image/png"),
        ("data:text/html,x", "application/octet-stream"),
        ("data:text;charset=x,<b>", "application/octet-stream"),
        ("a.unknown", "application/octet-stream"),
        ("noextension", "application/octet-stream"),
    ],
)
def test_feat_W5_types(name: str, kind: str) -> None:
    assert content_type_of(name) == kind


def test_sec_H12_images_by_their_first_bytes() -> None:
    assert raster_image_type(b"\x89PNG\r\n\x1a\n....") == "image/png"
    assert raster_image_type(b"RIFF\0\0\0\0WEBPVP8 ") == "image/webp"
    assert raster_image_type(b"<svg xmlns=") is None
    assert raster_image_type(b"") is None


@pytest.mark.parametrize("name", ["a" * 300, "with\0nul", "circle", "socket", "fifo", "ten.txt/x"])
def test_feat_P14_what_can_be_no_regular_file_is_404(path, name: str) -> None:
    folder = path.parent
    (folder / "circle").symlink_to("circle")
    os.mkfifo(folder / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        with pytest.raises(HTTPError) as caught:
            FileResponse(folder / name)
    assert caught.value.status == 404


def test_feat_P14_a_file_that_was_just_written_is_sent_whole() -> None:
    file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    file.write(CONTENT)
    assert sent(FileResponse(file)) == CONTENT


def test_feat_P14_a_pipe_is_refused() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    pipe = os.fdopen(reading, "rb")
    with pytest.raises(ValueError, match="StreamResponse"):
        FileResponse(pipe)
    assert pipe.closed


@pytest.mark.parametrize("policy", ["script-src 'nonce-abc'", "script-src 'self'"])
def test_feat_P24_a_page_that_names_a_nonce_is_sent_anew(policy: str) -> None:
    """The nonce of a 304 would be another one than that of the page which the client has."""
    page = Response(b"page", headers={"ETag": '"v"', "Content-Security-Policy": policy})
    request = make_request(headers={"If-None-Match": '"v"'})
    assert apply_conditional(request, page).status == (200 if "nonce" in policy else 304)
