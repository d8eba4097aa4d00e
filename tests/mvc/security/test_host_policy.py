"""Which Host values are answered."""

import tracemalloc

import pytest

from httpcore import RequestHead
from httpcore.config import Limits
from httpcore.protocol.parser import RequestParser
from mvc import Application
from mvc.config import ConfigError, Settings
from mvc.security.hosts import HostPolicy, is_loopback_host

LISTED = HostPolicy(
    Settings(allowed_hosts=("Example.org", ".shop.test", "*.wild.test", "[2001:db8::1]"))
)


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("example.org", True),
        ("EXAMPLE.ORG", True),
        ("example.org.", True),
        ("example.org:8080", True),
        ("example.org:", True),
        ("www.example.org", False),
        ("example.org.evil.test", False),
        ("evilexample.org", False),
        ("example.org..", False),
        ("shop.test", True),
        ("a.shop.test", True),
        ("a.b.shop.test:1", True),
        ("evilshop.test", False),
        ("wild.test", False),
        ("a.wild.test", True),
        ("a.b.wild.test", True),
        (".wild.test.evil.test", False),
        ("[2001:db8::1]", True),
        ("[2001:DB8:0::1]:80", True),
        ("[2001:db8::2]", False),
        ("2001:db8::1", False),
        ("[oops]", False),
        ("localhost", False),
        ("127.0.0.1", False),
        ("", False),
        ("example.org:80:80", False),
    ],
)
def test_sec_H9_hosts_are_compared_whole(host: str, allowed: bool) -> None:
    assert LISTED.allows(host) is allowed


@pytest.mark.parametrize("host", ["localhost", "app.localhost:8000", "127.0.0.1:8000", "[::1]:80"])
def test_sec_H9_loopback_listener_answers_loopback_names(host: str) -> None:
    assert HostPolicy(Settings()).allows(host)
    assert is_loopback_host(host)


@pytest.mark.parametrize("host", ["evil.test", "localhost.evil.test", "127.0.0.1.evil.test"])
def test_sec_H9_loopback_listener_refuses_rebound_names(host: str) -> None:
    assert not HostPolicy(Settings()).allows(host)
    assert not is_loopback_host(host)


def test_sec_H9_star_answers_everything() -> None:
    policy = HostPolicy(Settings(allowed_hosts=("*",), host="0.0.0.0"))
    assert policy.allows("anything.test")
    assert policy.allows("")


@pytest.mark.parametrize("listener", ["0.0.0.0", "::", "192.0.2.1", ""])
def test_sec_H9_public_listener_needs_a_list(listener: str) -> None:
    with pytest.raises(ConfigError, match="allowed_hosts"):
        HostPolicy(Settings(host=listener))


@pytest.mark.parametrize(
    "entry",
    ["http://a.test", "a.test/", "a b", "", ".", "[oops]", "a*.test", "user@a.test", "é.test"],
)
def test_sec_H9_an_entry_that_is_no_host_ends_the_start(entry: str) -> None:
    with pytest.raises(ConfigError, match="is no host name"):
        HostPolicy(Settings(allowed_hosts=("a.test", entry)))


def test_sec_H9_a_port_in_the_list_does_not_count() -> None:
    policy = HostPolicy(Settings(allowed_hosts=("a.test:8000", "2001:db8::1")))
    assert policy.allows("a.test")
    assert policy.allows("a.test:9000")
    assert policy.allows("[2001:db8::1]:80")
    assert not policy.allows("")


def test_sec_P9_hosts_that_clients_make_up_are_not_remembered() -> None:
    """No cache that they could fill, and so none that they could push ours out of."""
    app = Application([("/", lambda request: "hello")], Settings(allowed_hosts=(".example.org",)))
    outcomes = set()

    def ask(numbers: range) -> None:
        for number in numbers:
            for host in (f"h{number}.example.org", f"h{number}.test:80", f"[2001:db8::{number:x}]"):
                parser = RequestParser(Limits())
                parser.feed(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                head = parser.next_event()
                assert isinstance(head, RequestHead)
                outcomes.add(app.resolve(head).name)

    ask(range(300))
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        ask(range(1000, 3000))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 16 * 1024  # 6,000 names would be 400 KiB
    assert outcomes == {"GET /", "unknown host"}
