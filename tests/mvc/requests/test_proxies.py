"""Forwarding fields count only from trusted peers, read from the right (http:X1, sec:H10)."""

import time

import pytest

from httpcore import Peer
from mvc.config import Settings
from mvc.requests.proxies import client_finder
from tests.support.messages import FakeServices, make_request

TRUSTED = FakeServices(Settings(trusted_proxies=("10.0.0.0/8", "::1")), hosts=("site.test",))


def origin(headers, peer: str = "10.0.0.1"):
    request = make_request(
        headers=headers, peer=Peer((peer, 40000), ("10.0.0.9", 80)), services=TRUSTED
    )
    return request.remote_addr, request.scheme, request.host


@pytest.mark.parametrize(
    ("forwarded_for", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]:4711, ::1", "2001:db8::7"),
        ("6.6.6.6, unknown, 10.0.0.2", "10.0.0.2"),
        ("unknown", "10.0.0.1"),
        ("", "10.0.0.1"),
        ("1.2.3.4 5.6.7.8", "10.0.0.1"),
        ("<script>", "10.0.0.1"),
    ],
)
def test_sec_H10_the_rightmost_untrusted_address(forwarded_for: str, client: str) -> None:
    assert origin({"X-Forwarded-For": forwarded_for})[0] == client


def test_sec_H10_untrusted_peers_are_not_believed() -> None:
    claims = {
        "X-Forwarded-For": "1.1.1.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "site.test",
        "Forwarded": "for=1.1.1.1;proto=https",
    }
    assert origin(claims, "203.0.113.9") == ("203.0.113.9", "http", "testserver")


def test_http_X1_a_proxy_seen_through_a_dual_stack_listener_is_trusted() -> None:
    claims = {"X-Forwarded-For": "::ffff:203.0.113.7, ::ffff:10.0.0.2"}
    assert origin(claims, "::ffff:10.0.0.1")[0] == "203.0.113.7"


def test_http_X1_the_access_log_finds_the_same_client() -> None:
    find = client_finder(("10.0.0.0/8",))
    block = b"Host: a\r\nx-forwarded-for: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.7, 10.0.0.2\r\n"
    assert find("10.0.0.1", block) == "203.0.113.7"
    assert find("203.0.113.9", block) == "203.0.113.9"
    assert find("10.0.0.1", b"") == "10.0.0.1"
    assert find("not an address", block) == "not an address"
    assert client_finder(()) is None


def test_scheme_and_host_of_the_nearest_proxy() -> None:
    claims = {
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Proto": "http, https",
        "X-Forwarded-Host": "evil.test, site.test",
    }
    assert origin(claims) == ("203.0.113.7", "https", "site.test")


def test_sec_H9_a_forwarded_host_must_be_ours() -> None:
    claims = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Host": "evil.test"}
    assert origin(claims)[2] == "testserver"
    assert origin({**claims, "X-Forwarded-Host": "a b/c"})[2] == "testserver"


def test_the_standard_field() -> None:
    field = 'for=6.6.6.6, for="[2001:db8::7]:47";proto=https;host=site.test, for=10.0.0.2'
    assert origin({"Forwarded": field}) == ("2001:db8::7", "http", "testserver")
    field = 'For="203.0.113.7";Proto=HTTPS;Host=site.test'
    assert origin({"Forwarded": field}) == ("203.0.113.7", "https", "site.test")


def test_only_the_names_that_count() -> None:
    assert origin({"Forwarded": "by=1.1.1.1; xfor=2.2.2.2;for=203.0.113.7"})[0] == "203.0.113.7"
    assert origin({"Forwarded": "xfor=2.2.2.2"})[0] == "10.0.0.1"
    assert origin({"Forwarded": 'for="203.0.113.7'})[0] == "10.0.0.1"


@pytest.mark.parametrize(
    "unit", ["a", "for=", 'for="', "for=;", ",", '"', "\\", " ", "for=1.1.1.1,"]
)
@pytest.mark.parametrize("name", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host"])
def test_sec_P9_linear(name: str, unit: str) -> None:
    started = time.process_time()
    origin({"X-Forwarded-For": "203.0.113.7", name: (unit * 8000)[:8000]})
    assert time.process_time() - started < 0.05


def test_dialects_that_disagree_do_not_count() -> None:
    claims = {"X-Forwarded-For": "203.0.113.7", "Forwarded": "for=1.1.1.1"}
    assert origin(claims)[0] == "10.0.0.1"
    assert origin({**claims, "Forwarded": "for=203.0.113.7"})[0] == "203.0.113.7"


def test_several_fields_are_one_list() -> None:
    fields = [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "203.0.113.7")]
    assert origin(fields)[0] == "203.0.113.7"
