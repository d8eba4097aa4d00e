"""What counts as one address, and how many it has (sec:T6)."""

import pytest

from httpcore.runtime.addresses import Addresses, address_key

TRUSTED = ("192.0.2.0/28", "2001:db8::1")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_sec_T6_loopback_is_exempt(address):
    assert address_key(address) is None


def test_sec_T6_ipv4_counts_whole_and_ipv6_by_its_64_bits():
    assert address_key("192.0.2.1") != address_key("192.0.2.2")
    assert address_key("2001:db8::1") == address_key("2001:db8::2:3%eth0")
    assert address_key("2001:db8::1") != address_key("2001:db8:0:1::1")
    assert address_key("::ffff:192.0.2.1") == address_key("192.0.2.1")


@pytest.mark.parametrize(
    ("address", "is_trusted"),
    [
        ("192.0.2.3", True),
        ("::ffff:192.0.2.3", True),
        ("2001:db8::1", True),
        ("::1", False),
        ("192.0.2.16", False),
    ],
)
def test_sec_T6_trusted_proxies_of_both_families_are_exempt(address, is_trusted):
    addresses = Addresses(TRUSTED, most=1)
    assert addresses.is_trusted(address) is is_trusted
    assert (addresses.key_of(address) is None) is (is_trusted or address == "::1")


def test_sec_T6_an_address_has_room_again_when_one_of_its_connections_has_left():
    addresses = Addresses((), most=1)
    key = addresses.key_of("192.0.2.1")
    addresses.enter(key)
    assert not addresses.has_room(key)
    assert addresses.has_room(addresses.key_of("192.0.2.2"))
    addresses.leave(key)
    assert addresses.has_room(key)
    assert addresses.has_room(None)


def test_sec_T9_address_of_many_connections_is_held_once_and_not_for_ever():
    addresses = Addresses((), 1)
    first, again = (addresses.shared("".join(["192.0.2.", end])) for end in "11")
    assert first is again
    for number in range(5000):
        addresses.shared(f"10.0.{number // 256}.{number % 256}")
    assert len(addresses._spellings) <= 1024
    assert addresses.shared("".join(["192.0.2.", "1"])) is not first
