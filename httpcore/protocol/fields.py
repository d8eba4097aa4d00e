"""Fields of a validated field block, found and removed without building a mapping.

A block is `*( field-line CRLF )`. The search works on a lower-cased copy with a line feed in
front, so that "\\nname:" finds the field `name` and nothing else: no value holds a
line feed.
"""

import re
from collections.abc import Callable

from httpcore.errors import ProtocolError

# The fields that decide how a request is read and to whom it is given: all that the parser itself
# looks at. Content-Type and Authorization are here because a second one is an attack (http:F4).
_CONTROL_FIELD = re.compile(
    rb"\n(authorization|connection|content-length|content-type|expect|host|transfer-encoding|upgrade)"
    rb":[ \t]*+([^\r]*+)"
)
ControlFields = dict[bytes, bytes]
_LISTS = frozenset({b"connection", b"expect", b"transfer-encoding", b"upgrade"})


def control_fields(block: bytes) -> ControlFields:
    """The control fields of a block by lower-case name, their values in lower case too.

    List fields are joined over all their lines; values may still have blanks at their end.
    Raises ProtocolError 400 when one of the others is repeated (http:F3, F4, M1).
    """
    found = _CONTROL_FIELD.findall(b"\n" + block.lower())
    fields = dict(found)
    if len(fields) == len(found):
        return fields
    for name in fields:
        values = [value for other, value in found if other == name]
        if len(values) > 1 and name not in _LISTS:
            raise ProtocolError(400, f"{name.decode('ascii').title()} must not be repeated.")
        fields[name] = b",".join(values)
    return fields


def list_elements(value: bytes) -> list[bytes]:
    """The elements of a list field, trimmed; empty ones stay."""
    return [element.strip(b" \t") for element in value.split(b",")]


def without_fields(block: bytes, is_unwanted: Callable[[bytes], bool]) -> tuple[bytes, int]:
    """The block without the fields whose lower-case name is unwanted, and how many those were."""
    lines = block.split(b"\r\n")[:-1]
    kept = [line for line in lines if not is_unwanted(line[: line.index(b":")].lower())]
    return b"".join([line + b"\r\n" for line in kept]), len(lines) - len(kept)


def has_underscore(name: bytes) -> bool:
    """Whether a field is dropped because `X_Y` could pass for `X-Y` (http:F4, sec:P7)."""
    return b"_" in name
