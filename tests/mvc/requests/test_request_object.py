"""The request object: lazy, closed against typing errors, honest about where it came from."""

import time
from hashlib import md5

import pytest

from httpcore import Peer, Request
from tests.support.messages import FakeServices, make_request


def test_it_is_the_servers_request() -> None:
    assert isinstance(make_request(), Request)


def test_parts_of_the_target() -> None:
    request = make_request("/a%2Fb?x=1&y=%C3%A9")
    assert (request.method, request.path, request.raw_path) == ("GET", "/a/b", "/a%2Fb")
    assert request.target == "/a%2Fb?x=1&y=%C3%A9"
    assert request.url == "http://testserver/a%2Fb?x=1&y=%C3%A9"
    assert request.query["y"] == "é"


def test_feat_Q26_nothing_is_computed_twice() -> None:
    request = make_request("/?x=1")
    assert request.query is request.query
    assert request.id == request.id
    assert len(request.id) == 16


def test_session_and_user_are_loaded_on_first_use() -> None:
    services = FakeServices()
    request = make_request(services=services)
    assert request.loaded_session is None
    assert services.loads == 0
    request.session["cart"] = 1
    assert request.loaded_session == {"cart": 1}
    assert request.user == "ann"
    assert request.user == "ann"
    assert services.loads == 2


def test_user_may_be_set() -> None:
    request = make_request()
    request.user = "bob"
    assert request.user == "bob"


def test_feat_Q13_unknown_attributes_are_refused() -> None:
    request = make_request()
    with pytest.raises(AttributeError, match=r"request\.state\.usr"):
        request.usr = 1  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="no attribute 'usr'"):
        _ = request.usr
    with pytest.raises(AttributeError):
        request.app_missing  # noqa: B018


def test_feat_Q13_the_applications_own_attributes() -> None:
    request = make_request()
    request.app_tenant = "north"
    request.state.started = True
    assert request.app_tenant == "north"
    assert request.state.started


def test_body_can_be_read_again_after_the_form() -> None:
    request = make_request(
        method="POST",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=b"a=1",
    )
    assert request.form["a"] == "1"
    assert request.body == b"a=1"
    assert request.read() == b""


def test_read_goes_on_where_it_stopped() -> None:
    request = make_request(method="PUT", body=b"abcdef")
    assert [request.read(4), request.read(4), request.read(4)] == [b"abcd", b"ef", b""]


def test_time_left_counts_down() -> None:
    request = make_request()
    assert request.time_left is None
    late = make_request(deadline=time.monotonic() + 9)
    assert late.time_left is not None
    assert 8 < late.time_left <= 9


def test_feat_F15_save_to_hashes_and_reports(tmp_path) -> None:
    seen = []
    request = make_request(method="PUT", body=b"x" * 100_000)
    saved = request.save_to(tmp_path / "in.bin", hash="md5", progress=lambda *now: seen.append(now))
    assert saved.size == 100_000
    assert saved.digest == md5(b"x" * 100_000, usedforsecurity=False).hexdigest()
    assert seen[-1] == (100_000, 100_000)
    assert (tmp_path / "in.bin").stat().st_mode & 0o777 == 0o600


def test_save_to_never_overwrites(tmp_path) -> None:
    (tmp_path / "in.bin").write_text("old")
    with pytest.raises(FileExistsError):
        make_request(method="PUT", body=b"new").save_to(tmp_path / "in.bin")
    assert (tmp_path / "in.bin").read_text() == "old"


def test_save_to_removes_what_did_not_arrive_whole(tmp_path) -> None:
    class Broken:
        size = None

        def read(self, size: int = -1) -> bytes:
            raise ConnectionResetError

        def close(self) -> None: ...

    with pytest.raises(ConnectionResetError):
        make_request(method="PUT", body=Broken()).save_to(tmp_path / "in.bin")
    assert list(tmp_path.iterdir()) == []


def test_cookies_and_accepts() -> None:
    request = make_request(headers={"Cookie": "a=1; b=2", "Accept": "text/html;q=.5, text/plain"})
    assert dict(request.cookies) == {"a": "1", "b": "2"}
    assert request.accepts("application/json", "text/plain") == "text/plain"
    assert request.accepts("application/json") is None


def test_disconnected_without_a_socket_is_false() -> None:
    assert make_request().disconnected is False
    assert make_request(peer=Peer(("::1", 1), ("::1", 80), "https")).scheme == "https"
