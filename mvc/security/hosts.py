"""Which `Host` values are answered (sec:H9): a forged one poisons links and rebinds DNS.

Names are compared whole: case, one trailing dot and the port do not count. `.example.org` takes
the domain and everything below it, `*.example.org` only what is below, `*` everything.
"""

from __future__ import annotations

import ipaddress
import re

from mvc.config import ConfigError, Settings

_LOOPBACK_NAMES = ("localhost", ".localhost", "127.0.0.1", "::1")

# `uri-host [":" port]`; the parser has checked the grammar, this only splits (RFC 9110 7.2).
_AUTHORITY = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*)(?::[0-9]*)?")

# What an entry may come to: a name, perhaps with `*.`, or an IP address.
_NAME = re.compile(r"(?:\*\.)?[a-z0-9_-][a-z0-9._-]*|[0-9a-f:.]+")
# A name that stands in an authority as it is, unlike `*.name` and bare IPv6 addresses.
_PLAIN_NAME = re.compile(r"[a-z0-9._-]+")


def host_name(authority: str) -> str:
    """The comparable host of `host[:port]`: no port, no brackets, no trailing dot, lower case."""
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        return ""
    name = match["host"].lower().removesuffix(".")
    if not name.startswith("["):
        return name
    try:
        return ipaddress.IPv6Address(name[1:-1]).compressed
    except ValueError:
        return ""


def is_loopback_host(authority: str) -> bool:
    """Whether `host[:port]` is a name of this machine for itself (127/8, ::1, localhost)."""
    name = host_name(authority)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    return is_loopback_address(name)


def is_loopback_address(address: str) -> bool:
    """Whether a textual IP address is a loopback one; False for anything that is no address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


class HostPolicy:
    """The allow-list of `allowed_hosts`, or the loopback names on a loopback listener.

    Raises ConfigError when the listener is reachable from outside and no list is given, and for an
    entry that is no host name.
    """

    def __init__(self, settings: Settings) -> None:
        names = settings.allowed_hosts
        if not names:
            if not is_loopback_host(settings.host):
                raise ConfigError(
                    f"listening on {settings.host or 'every address'} needs allowed_hosts, the host"
                    ' names of this site, for example ["example.org"]; ["*"] allows all'
                )
            names = _LOOPBACK_NAMES
        self._any = "*" in names
        self._names = frozenset(_comparable(name) for name in names if name != "*")
        # As clients mostly write them: found here, a Host is not taken apart (0.04 us, not 0.6).
        self._spellings = frozenset(
            spelling
            for name in self._names
            if _PLAIN_NAME.fullmatch(name)
            for spelling in (name, f"{name}:{settings.port}")
        )
        suffixes = [name.lower() for name in names if name.startswith((".", "*."))]
        self._suffixes = tuple("." + name.lstrip("*").strip(".") for name in suffixes)

    def allows(self, authority: str) -> bool:
        """Whether a request for `host[:port]` is answered; "" (HTTP/1.0 without Host) only by *."""
        if authority in self._spellings or self._any:
            return True
        name = host_name(authority)
        return name in self._names or (bool(self._suffixes) and name.endswith(self._suffixes))


def _comparable(entry: str) -> str:
    """An entry as `host_name` gives hosts; `*.` stays, so that it equals none."""
    is_bare_ipv6 = entry.count(":") > 1 and not entry.startswith("[")
    name = host_name(f"[{entry}]" if is_bare_ipv6 else entry.removeprefix("."))
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"allowed_hosts: {entry!r} is no host name: write example.org, .example.org (with all"
            " below it) or *, without a scheme or a path"
        )
    return name
