"""How many connections each client address has (sec:T6).

One address is an IPv4 address or an IPv6 /64. Loopback and trusted proxies are exempt: a proxy
speaks for many, whom `forwarded` counts one by one.
"""

import socket
from collections import Counter
from ipaddress import ip_address, ip_network

_LOOPBACK_V6 = b"\0" * 15 + b"\x01"
_MAPPED_V4 = b"\0" * 10 + b"\xff\xff"


# Addresses whose text is held once for all their connections: at most 90 KiB.
_SPELLINGS = 1024


class Addresses:
    """Runs on the loop's thread. most: connections that one address may have.

    trusted: addresses or networks of proxies; ValueError for one that is neither.
    """

    def __init__(self, trusted: tuple[str, ...], most: int) -> None:
        self._trusted = [ip_network(each, strict=False) for each in trusted]
        self._most = most
        self._counts: Counter[bytes] = Counter()
        self._spellings: dict[str, str] = {}

    def shared(self, address: str) -> str:
        """The same text, held once for all connections of an address: 60 bytes less for each.

        `sys.intern` would never forget one on free-threaded CPython.
        """
        known = self._spellings.get(address)
        if known is not None:
            return known
        if len(self._spellings) >= _SPELLINGS:
            self._spellings.clear()
        self._spellings[address] = address
        return address

    def is_trusted(self, address: str) -> bool:
        """Whether a proxy of ours is there."""
        if not self._trusted:
            return False
        parsed = ip_address(address)
        parsed = getattr(parsed, "ipv4_mapped", None) or parsed  # of a dual-stack listener
        return any(parsed in network for network in self._trusted)

    def key_of(self, address: str) -> bytes | None:
        """What the address is counted as, None when it is exempt."""
        return None if self.is_trusted(address) else address_key(address)

    def has_room(self, key: bytes | None) -> bool:
        """Whether one more may come from there."""
        return key is None or self._counts[key] < self._most

    def enter(self, key: bytes | None) -> None:
        """Count a connection."""
        if key is not None:
            self._counts[key] += 1

    def leave(self, key: bytes | None) -> None:
        """A connection that was counted has closed."""
        if key is not None:
            self._counts[key] -= 1
            if not self._counts[key]:
                del self._counts[key]


def address_key(address: str) -> bytes | None:
    """What counts as one address: an IPv4 address, an IPv6 /64; None for loopback."""
    if ":" not in address:
        packed = socket.inet_pton(socket.AF_INET, address)
        return None if packed[0] == 127 else packed
    packed = socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
    if packed.startswith(_MAPPED_V4):  # an IPv4 peer of a dual-stack listener
        return None if packed[12] == 127 else packed[12:]
    return None if packed == _LOOPBACK_V6 else packed[:8]
