"""The four forms of a request-target (RFC 9112 section 3.2) and the checks of the path (http:L4).

A target is decoded exactly once, here. What decoding loses, above all the difference between `/`
and `%2F`, stays visible in `raw_path`.
"""

import re
from urllib.parse import unquote_to_bytes

from httpcore.errors import ProtocolError
from httpcore.protocol.authority import has_port, is_authority

# origin-form = absolute-path [ "?" query ]. Only `#` (a fragment) and, in the path, the backslash
# are refused of visible ASCII: browsers send more raw characters than RFC 3986 allows.
_ORIGIN_FORM = re.compile(r"(/[^?#\\]*+)(?:\?([^#]*+))?")
# absolute-form of the schemes we can be asked for: the authority, then as origin-form.
_ABSOLUTE_FORM = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?+://([^/?#\\]*+)(/[^?#\\]*+)?(?:\?([^#]*+))?")
_PERCENT_ENCODED = re.compile(r"(?:[^%]++|%[0-9A-Fa-f]{2})*")
_REFUSED_IN_PATH = (0x00, 0x0A, 0x0D)


# (raw_path, path, query_string, authority); the authority is "" unless the target names one.
Target = tuple[str, str, str, str]


def parse_target(method: str, target: str) -> Target:
    """Take a target of visible ASCII apart. Raises ProtocolError 400 for every other form."""
    origin = _ORIGIN_FORM.fullmatch(target)
    if origin is not None:
        raw_path, query_string = origin.groups("")
        return raw_path, decode_path(raw_path), query_string, ""
    if target == "*" and method == "OPTIONS":
        return "*", "*", "", ""
    absolute = _ABSOLUTE_FORM.fullmatch(target)
    if absolute is not None:
        return _absolute(method, *absolute.groups(""))
    if method == "CONNECT" and is_authority(target) and has_port(target):
        return "", "", "", target.lower()
    raise ProtocolError(400, "The request-target has none of the forms this method allows.")


def _absolute(method: str, authority: str, raw_path: str, query: str) -> Target:
    # An http URI needs a host (RFC 9110 section 4.2.1), so the empty one a Host field may have is
    # no authority here.
    if not is_authority(authority) or authority[:1] in ("", ":"):
        raise ProtocolError(400, "The authority of the request-target is malformed.")
    if not raw_path:
        # RFC 9112 section 3.2.4: with OPTIONS this means the server as a whole.
        raw_path = "*" if method == "OPTIONS" and not query else "/"
    return raw_path, decode_path(raw_path), query, authority.lower()


def decode_path(raw_path: str) -> str:
    """Percent-decode a path once, as UTF-8. Raises ProtocolError 400 (http:L4)."""
    if "%" not in raw_path:
        return raw_path
    if not _PERCENT_ENCODED.fullmatch(raw_path):
        raise ProtocolError(400, "A % in the path must be followed by two hexadecimal digits.")
    decoded = unquote_to_bytes(raw_path)
    if any(byte in decoded for byte in _REFUSED_IN_PATH):
        raise ProtocolError(400, "The path has an encoded NUL, CR or LF.")
    try:
        return decoded.decode("utf-8")
    except UnicodeDecodeError:
        raise ProtocolError(400, "The path is not UTF-8 after percent-decoding.") from None
