"""Bodies are refused before a disk is full (sec:F6)."""

import tempfile
from pathlib import Path

import pytest

from httpcore import HTTPError, Response, ServerConfig, exchange, require_room
from tests.support.wire import Table

MIB = 1024 * 1024


def test_sec_F6_a_twentieth_of_a_small_disk_is_left_alone(small_disk: Path):
    require_room(small_disk, 7 * MIB, 512 * MIB)
    with pytest.raises(HTTPError, match="no room") as refused:
        require_room(small_disk, 8 * MIB - MIB // 4, 512 * MIB)
    assert refused.value.status == 507
    require_room(small_disk, 8 * MIB - MIB // 4, 0)


def test_sec_F6_the_reserve_counts_where_it_is_less(small_disk: Path):
    require_room(small_disk, 8 * MIB - MIB // 4, 1024)
    with pytest.raises(HTTPError):
        require_room(small_disk, 8 * MIB, 1024)


def test_sec_F6_a_folder_that_is_not_there_is_not_this_ones_business(tmp_path: Path):
    require_room(tmp_path / "none", 1, 512 * MIB)


@pytest.fixture
def full_disk(small_disk: Path, monkeypatch):
    """Temporary files lie on a disk with a quarter of a MiB of room."""
    (small_disk / "ballast").write_bytes(bytes(8 * MIB - MIB // 4))
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    return small_disk


def answer_to(fields: str, body: bytes = b"", **policy: object) -> bytes:
    table = Table()
    table.add("/", lambda request: Response(b"taken"), **policy)
    head = f"POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n".encode()
    return exchange(table, head + body, config=ServerConfig()).partition(b"\r\n")[0]


def test_sec_F6_an_upload_is_refused_by_its_head(full_disk: Path):
    assert answer_to("Content-Length: 500000").startswith(b"HTTP/1.1 507 ")
    assert answer_to("Transfer-Encoding: chunked").startswith(b"HTTP/1.1 507 ")
    assert [each.name for each in full_disk.iterdir()] == ["ballast"]


def test_sec_F6_what_needs_no_disk_is_answered(full_disk: Path):
    assert answer_to("Content-Length: 5", b"hello").startswith(b"HTTP/1.1 200 ")
    streamed = answer_to("Content-Length: 500000", bytes(500000), stream_body=True)
    assert streamed.startswith(b"HTTP/1.1 200 ")


def test_sec_F6_too_large_is_said_before_no_room(full_disk: Path):
    assert answer_to("Content-Length: 5000000").startswith(b"HTTP/1.1 413 ")
