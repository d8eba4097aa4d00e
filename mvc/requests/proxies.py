"""Who really asked: the peer of the connection, or whom a trusted proxy names (http:X1, sec:H10).

`X-Forwarded-*` and `Forwarded` are claims. They count only when the connection comes from an
address in `trusted_proxies`, and are read from the right, because each proxy appends what it saw
and everything further left may be a client's invention. The first address that is not a trusted
proxy is the client. When a chain speaks both dialects and they disagree, one of them was passed on
unchecked: neither counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from httpcore import Headers

if TYPE_CHECKING:
    from mvc.requests.request import Request

MAX_HOPS = 32  # elements looked at, from the right

_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
# forwarded-pair = token "=" ( token / quoted-string ), of the three names that count (RFC 7239 4).
_FORWARDED_PAIR = re.compile(
    r'(?:^|[; \t])(for|host|proto)=(?:"([^"\\]*+)"|([^";,= \t]++))', re.IGNORECASE
)
_SCHEMES = ("http", "https")

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Origin:
    """The client's address and the scheme and `host[:port]` it used."""

    address: str
    scheme: str
    host: str


@dataclass(frozen=True, slots=True)
class _Claim:
    address: str
    scheme: str | None
    host: str | None


def origin_of(request: Request) -> Origin:
    """Where the request came from, as far as it can be believed."""
    peer = request.peer
    direct = Origin(peer.remote[0], peer.scheme, request.head.host)
    trusted = _networks(tuple(request.app.settings.trusted_proxies))
    if not trusted or not _is_trusted(direct.address, trusted):
        return direct
    claims = _claims(request.headers, trusted)
    if not claims:
        return direct
    address = claims[0].address
    scheme = next((claim.scheme for claim in claims if claim.scheme), direct.scheme)
    host = next((claim.host for claim in claims if claim.host), direct.host)
    if host != direct.host and not request.app.allows_host(host):
        host = direct.host
    return Origin(address, scheme, host)


def client_finder(proxies: tuple[str, ...]) -> Callable[[str, bytes], str] | None:
    """For the access log: the client's address, of the peer's and a block of fields.

    None when no proxy is trusted, so that nothing need be looked for.
    """
    if not proxies:
        return None
    trusted = _networks(proxies)

    def client_of(peer: str, block: bytes) -> str:
        if not _is_trusted(peer, trusted):
            return peer
        claims = _claims(Headers.from_field_block(block), trusted)
        return claims[0].address if claims else peer

    return client_of


@lru_cache(maxsize=8)
def _networks(entries: tuple[str, ...]) -> tuple[Network, ...]:
    # Keyed by the configuration, never by what clients send (sec:P9).
    return tuple(ip_network(entry, strict=False) for entry in entries)


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    try:
        parsed = _parsed(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


def _parsed(address: str) -> IPv4Address | IPv6Address:
    """An IPv4 client of a dual-stack listener (`::ffff:192.0.2.1`) is an IPv4 client."""
    parsed = ip_address(address)
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _client_among(hops: Sequence[str], trusted: Sequence[Network]) -> str | None:
    """The right-most address that is no trusted proxy; the left-most one when all are trusted.

    A hop that is no address (`unknown`, an obfuscated name) ends the search: what stands left of
    it was vouched for by nobody we know.
    """
    client = None
    for hop in reversed(hops[-MAX_HOPS:]):
        address = _address(hop)
        if address is None:
            break
        client = address
        if not _is_trusted(address, trusted):
            break
    return client


def _address(hop: str) -> str | None:
    """`1.2.3.4`, `1.2.3.4:567`, `2001:db8::1`, `[2001:db8::1]:567` without port and brackets."""
    if hop.startswith("["):
        hop = hop[1:].partition("]")[0]
    elif hop.count(":") == 1:
        hop = hop.partition(":")[0]
    try:
        return str(_parsed(hop))
    except ValueError:
        return None


def _claims(headers: Headers, trusted: Sequence[Network]) -> list[_Claim]:
    """What both dialects say, nothing when they name different clients."""
    told = (_x_forwarded(headers, trusted), _forwarded(headers, trusted))
    claims = [claim for claim in told if claim is not None]
    return claims if len({claim.address for claim in claims}) == 1 else []


def _x_forwarded(headers: Headers, trusted: Sequence[Network]) -> _Claim | None:
    hops = _elements(headers, "X-Forwarded-For")
    client = _client_among(hops, trusted)
    if client is None:
        return None
    schemes = _elements(headers, "X-Forwarded-Proto")
    hosts = _elements(headers, "X-Forwarded-Host")
    return _Claim(client, _scheme(schemes[-1:]), _host(hosts[-1:]))


def _forwarded(headers: Headers, trusted: Sequence[Network]) -> _Claim | None:
    """RFC 7239. Scheme and host are those of the right-most element, our nearest proxy's."""
    elements = [
        {name.lower(): quoted or plain for name, quoted, plain in _FORWARDED_PAIR.findall(element)}
        for element in _elements(headers, "Forwarded")
    ]
    client = _client_among([element.get("for", "") for element in elements], trusted)
    if client is None:
        return None
    nearest = elements[-1]
    return _Claim(client, _scheme([nearest.get("proto", "")]), _host([nearest.get("host", "")]))


def _elements(headers: Headers, name: str) -> list[str]:
    def split() -> Iterator[str]:
        for value in headers.get_all(name):
            yield from value.split(",")

    return [element.strip(" \t") for element in split()][-MAX_HOPS:]


def _scheme(values: Sequence[str]) -> str | None:
    return next((value.lower() for value in values if value.lower() in _SCHEMES), None)


def _host(values: Sequence[str]) -> str | None:
    return next((value for value in values if _HOST.fullmatch(value)), None)
