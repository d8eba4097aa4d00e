"""authority = uri-host [ ":" port ], as in Host and in two forms of the request-target (http:F3).

uri-host is an IP literal in brackets or a registered name (RFC 3986 section 3.2.2); an IPv4 address
is also a well-formed name. No userinfo: RFC 9110 section 4.2.4 wants it treated as an error.
"""

import re
from ipaddress import AddressValueError, IPv6Address

# reg-name = *( unreserved / pct-encoded / sub-delims ), without the sub-delims comma and quote:
# they are legal, but in a Host they are an attempt at a list or at an injection.
_NAME_RUN = r"[A-Za-z0-9\-._~!$&()*+;=]*+"
_NAME = rf"{_NAME_RUN}(?:%[0-9A-Fa-f]{{2}}{_NAME_RUN})*"
# IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
_FUTURE = r"[vV][0-9A-Fa-f]++\.[A-Za-z0-9\-._~!$&()*+;=:]++"
# Without the zone identifier that `IPv6Address` would take.
_IPV6 = r"[0-9A-Fa-f:.]++"
_AUTHORITY = re.compile(rf"(?:{_NAME}|\[(?:{_FUTURE}|({_IPV6}))\])(:[0-9]*+)?")


def is_authority(text: str) -> bool:
    """Whether `text` is an authority; the empty text is one."""
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        return False
    address: str | None = match[1]
    return address is None or _is_ipv6(address)


def has_port(authority: str) -> bool:
    """Whether a well-formed authority has a host and a port number."""
    host, _, port = authority.rpartition(":")
    return bool(host) and bool(port) and not port.endswith("]")


def _is_ipv6(address: str) -> bool:
    try:
        IPv6Address(address)
    except AddressValueError:
        return False
    return True
