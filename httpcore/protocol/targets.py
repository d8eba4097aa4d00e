"""The four forms of a request-target (RFC 9112 section 3.2) and the checks of the path (http:L4).

A target is decoded exactly once, here. What decoding loses, above all the difference between `/`
and `%2F`, stays visible in `raw_path`.
"""

import re
from urllib.parse import unquote_to_bytes

from httpcore.errors import ProtocolError
from httpcore.protocol.authority import has_port, is_authority
from httpcore.protocol.grammar import ORIGIN_FORM

# absolute-form of the schemes we can be asked for: the authority, then as origin-form.
_ABSOLUTE_FORM = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?+://([^/?#\\]*+)(/[^?#\\]*+)?(?:\?([^#]*+))?")
_PERCENT_ENCODED = re.compile(r"(?:[^%]++|%[0-9A-Fa-f]{2})*")
_REFUSED_IN_PATH = (0x00, 0x0A, 0x0D)


# (target, raw_path, path, query_string, authority); the authority is "" unless the target has one.
Target = tuple[str, str, str, str, str]


def origin_form(target: bytes) -> Target:
    """Take apart a target that is known to be an ORIGIN_FORM. Raises ProtocolError 400."""
    text = target.decode("ascii")
    raw_path, _, query_string = text.partition("?")
    path = decode_path(raw_path) if "%" in raw_path else raw_path
    return text, raw_path, path, query_string, ""


def parse_target(method: bytes, target: bytes) -> Target:
    """Take a target of visible ASCII apart, whatever its form. Raises ProtocolError 400."""
    if ORIGIN_FORM.fullmatch(target):
        return origin_form(target)
    text = target.decode("ascii")
    if text == "*" and method == b"OPTIONS":
        return text, "*", "*", "", ""
    absolute = _ABSOLUTE_FORM.fullmatch(text)
    if absolute is not None:
        authority, raw_path, query = absolute.groups("")
        _check_absolute(authority)
        if not raw_path:
            # RFC 9112 section 3.2.4: with OPTIONS this means the server as a whole.
            raw_path = "*" if method == b"OPTIONS" and not query else "/"
        return text, raw_path, decode_path(raw_path), query, authority.lower()
    if method == b"CONNECT" and is_authority(text) and has_port(text):
        return text, "", "", "", text.lower()
    if text.startswith("/"):
        raise ProtocolError(400, "The request-target has a `#`, or a backslash in its path.")
    raise ProtocolError(400, "The request-target has none of the forms this method allows.")


def _check_absolute(authority: str) -> None:
    # An http URI needs a host (RFC 9110 section 4.2.1), so the empty one a Host field may have is
    # no authority here.
    if not is_authority(authority) or authority[:1] in ("", ":"):
        raise ProtocolError(400, "The authority of the request-target is malformed.")


def decode_path(raw_path: str) -> str:
    """Percent-decode a path once, as UTF-8. Raises ProtocolError 400 (http:L4)."""
    if not _PERCENT_ENCODED.fullmatch(raw_path):
        raise ProtocolError(400, "A % in the path must be followed by two hexadecimal digits.")
    decoded = unquote_to_bytes(raw_path)
    if any(byte in decoded for byte in _REFUSED_IN_PATH):
        raise ProtocolError(400, "The path has an encoded NUL, CR or LF.")
    try:
        return decoded.decode("utf-8")
    except UnicodeDecodeError:
        raise ProtocolError(400, "The path is not UTF-8 after percent-decoding.") from None
