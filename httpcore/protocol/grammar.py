"""The grammar of HTTP/1.1 messages as compiled expressions.

The production stands above each; where we are stricter or laxer than it, so does the reason.
Everything is meant for `fullmatch`, or for `match` where the expression ends with a delimiter or
the next byte is then looked at. Runs of bytes are possessive (`*+`, `++`): no expression backtracks
into one, so each is linear in its input. Groups are not: CPython before 3.11.5 loses its place when
a repetition of a possessive group fails half way (Debian 12 has 3.11.2), and giving up whole
repetitions one by one is linear, too. Bytes are named one by one: `\\s` and `\\d` mean more than
ASCII and are not used (sec:P2).
"""

import re
from functools import cache

# token = 1*tchar (RFC 9110 section 5.6.2). The underscore stands apart: see _FIELD_LINE.
_TCHAR_BUT_UNDERSCORE = rb"!#$%&'*+\-.^`|~0-9A-Za-z"
_TOKEN = rb"[_" + _TCHAR_BUT_UNDERSCORE + rb"]++"
TOKEN = re.compile(_TOKEN)
TOKEN_RUN = re.compile(rb"[_" + _TCHAR_BUT_UNDERSCORE + rb"]*+")

# field-content: VCHAR, obs-text, SP, HTAB (RFC 9110 section 5.5). SP and HTAB at the ends are OWS.
_VALUE = rb"[\t\x20-\x7e\x80-\xff]*+"
VALUE_RUN = re.compile(_VALUE)

# A target's bytes: visible ASCII. What each form allows of it is checked in `targets`.
TARGET_RUN = re.compile(rb"[\x21-\x7e]*+")

# request-line = method SP request-target SP HTTP-version (RFC 9112 section 3), with its CRLF.
VERSION = re.compile(rb"HTTP/([0-9])\.([0-9])")

# As much of a request-line as is well-formed; the version tells only when it is one we speak.
REQUEST_LINE_BEGIN = re.compile(rb"(?:\r\n)?(%b) ([\x21-\x7e]*+)(?: HTTP/1\.([0-9])\r)?" % _TOKEN)

# origin-form = absolute-path [ "?" query ] (RFC 9112 section 3.2.1). Only `#` (a fragment) and, in
# the path, the backslash are refused of visible ASCII: browsers send more raw characters than
# RFC 3986 allows.
_ORIGIN_FORM = rb"/[\x21\x22\x24-\x3e\x40-\x5b\x5d-\x7e]*+(?:\?[\x21\x22\x24-\x7e]*+)?"
ORIGIN_FORM = re.compile(_ORIGIN_FORM)

# field-line = field-name ":" OWS field-value OWS (RFC 9112 section 5), with its CRLF. Names with an
# underscore are legal but we drop them (http:F4): leaving them out here sends such a head to the
# scanner, and costs the others nothing.
_FIELD_LINE = rb"[" + _TCHAR_BUT_UNDERSCORE + rb"]++:" + _VALUE + rb"\r\n"


# A Host that needs no second look: a lower-case name or IPv4 address and perhaps a port.
_PLAIN_HOST_LINE = rb"[Hh]ost: ([a-z0-9.\-]++(?::[0-9]++)?)\r\n"


@cache
def whole_head(field_count: int) -> re.Pattern[bytes]:
    """A usual head to its end: origin-form, HTTP/1.x and at most `field_count` fields.

    Groups: method, request-target, minor version, field block, the first field's value when that is
    a plain Host, the fields behind it.
    """
    request_line = rb"(%b) (%b) HTTP/1\.([0-9])\r\n" % (_TOKEN, _ORIGIN_FORM)
    others = max(field_count - 1, 0)  # besides the Host, which every usual head has
    fields = rb"(?:%b){0,%d}" % (_FIELD_LINE, others)
    return re.compile(rb"%b((?:%b)?(%b))\r\n" % (request_line, _PLAIN_HOST_LINE, fields))


# Content-Length = 1*DIGIT (RFC 9110 section 8.6); 18 digits stay below 2^63 (http:M1).
CONTENT_LENGTH = re.compile(rb"[0-9]{1,18}+")

# chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] ), RFC 9112 section 7.1.1
_QUOTED = rb'"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]++|\\[\t\x20-\x7e\x80-\xff])*"'
_EXTENSION = (
    rb"[ \t]*+;[ \t]*+" + _TOKEN + rb"(?:[ \t]*+=[ \t]*+(?:" + _TOKEN + rb"|" + _QUOTED + rb"))?"
)
# chunk-size [ chunk-ext ]; the RFC sets no bound on leading zeros, http:M3 does.
CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16}+)((?:" + _EXTENSION + rb")*)")
# What may still become a CHUNK_LINE and its CRLF.
CHUNK_LINE_BEGIN = re.compile(
    rb"(?:[0-9A-Fa-f]{1,16}+(?:[ \t]*+(?:;[\t\x20-\x7e\x80-\xff]*+)?)?\r?+)?"
)
