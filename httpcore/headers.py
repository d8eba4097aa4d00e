"""Header fields: a case-insensitive, ordered mapping that keeps repeated fields.

Facts behind the data structure (RFC 9110 section 5):

* Names compare without case but keep the bytes they were written in (http:F4).
* The order of fields with different names carries no meaning; the order of fields with the same
  name does. So the fields are kept in one dict from the lower-case name to the fields of that
  name: look-up, replacement and deletion cost the same however many fields there are, and joining
  n repeated fields is linear (sec:P8).
* Whether a repeated field may be joined with commas depends on its definition. Unknown fields are
  lists, as section 5.3 assumes; the fields whose definition allows one value only are the table
  below, and of those the first counts.

A copy shares the fields with its original, and the lines that were encoded of them, until one of
the two changes. So a response with a constant set of fields (`constant_fields`) costs one small
object: nothing is validated, copied or encoded again.

Whatever is set is validated at once, so that the serializer need not look again and nothing of a
bad field ever reaches the wire (http:R4, sec:H2).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping

from httpcore.counters import repeated_fields

# token = 1*tchar (RFC 9110 section 5.6.2)
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]++")
# field-value without the trimming of its ends: VCHAR, obs-text, SP and HTAB (section 5.5).
FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*+")

SINGLETONS = frozenset(
    {
        "age",
        "authorization",
        "content-disposition",
        "content-length",
        "content-location",
        "content-range",
        "content-type",
        "date",
        "etag",
        "expires",
        "from",
        "host",
        "if-modified-since",
        "if-range",
        "if-unmodified-since",
        "last-modified",
        "location",
        "max-forwards",
        "origin",
        "proxy-authorization",
        "range",
        "referer",
        "retry-after",
        "sec-fetch-dest",
        "sec-fetch-mode",
        "sec-fetch-site",
        "server",
        # Its values hold commas of their own, so it cannot be joined: use `get_all`.
        "set-cookie",
        "upgrade-insecure-requests",
        "user-agent",
    }
)

# What joins the values of a repeated list field; every other one takes a comma.
SEPARATORS = {"cookie": "; "}  # RFC 9113 section 8.2.3

HeadersLike = Mapping[str, str] | Iterable[tuple[str, str]]


class Headers(MutableMapping[str, str]):
    """Fields of a request or response.

    `headers[name]` is the first value of a singleton field and all values, joined, of a list field;
    `get_all` gives every value. Iteration, `len`, `items` and `values` count every single field;
    repeated fields stand together, where the first of them was.

    Setting raises ValueError for a name that is no token, and for a value with CR, LF, NUL or other
    control characters, or one that latin-1 cannot encode (http:R4).
    """

    __slots__ = ("_encoded", "_fields", "_is_shared")

    def __init__(self, fields: HeadersLike | None = None) -> None:
        # None: not encoded since the last change.
        self._encoded: bytes | None = None
        # Whether the dict belongs to other Headers, too; then a change begins with a copy of it.
        self._is_shared = False
        if isinstance(fields, Headers):
            self._encoded = fields._encoded
            self._is_shared = fields._is_shared = True
            self._fields: dict[str, list[tuple[str, str]]] = fields._fields
            return
        self._fields = {}
        if fields is not None:
            pairs = fields.items() if isinstance(fields, Mapping) else fields
            for name, value in pairs:
                self.add(name, value)

    @classmethod
    def from_field_block(cls, block: bytes) -> "Headers":
        """The fields of a block of `name ":" OWS value OWS CRLF` lines that was validated."""
        headers = cls()
        fields = headers._fields
        for line in block.decode("latin-1").split("\r\n"):
            if line:
                name, _, value = line.partition(":")
                field = (name, value.strip(" \t"))
                key = name.lower()
                if key in fields:
                    fields[key].append(field)
                    if key in SINGLETONS:
                        repeated_fields.rise()
                else:
                    fields[key] = [field]
        return headers

    def __getitem__(self, name: str) -> str:
        key = name.lower()
        same = self._fields[key]
        if len(same) == 1 or key in SINGLETONS:
            return same[0][1]
        return SEPARATORS.get(key, ", ").join([value for _, value in same])

    def __setitem__(self, name: str, value: str) -> None:
        _validate(name, value)
        self._changing()[name.lower()] = [(name, value)]

    def __delitem__(self, name: str) -> None:
        del self._changing()[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._fields

    def __iter__(self) -> Iterator[str]:
        return (name for same in self._fields.values() for name, _ in same)

    def __len__(self) -> int:
        return sum(map(len, self._fields.values()))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return self._values_by_name() == Headers(other)._values_by_name()

    __hash__ = None  # type: ignore[assignment]  # it is mutable

    def add(self, name: str, value: str) -> None:
        """Append a field, beside those of the same name. Raises ValueError as setting does."""
        _validate(name, value)
        self._changing().setdefault(name.lower(), []).append((name, value))

    def get_all(self, name: str) -> list[str]:
        """Every value of the field in order, [] without one."""
        return [value for _, value in self._fields.get(name.lower(), ())]

    def items(self) -> list[tuple[str, str]]:  # type: ignore[override]
        """Every field as a (name, value) pair; a repeated field gives several."""
        return [field for same in self._fields.values() for field in same]

    def values(self) -> list[str]:  # type: ignore[override]
        """The value of every field, in the order of `items`."""
        return [value for _, value in self.items()]

    def update(self, fields: HeadersLike = (), /) -> None:  # type: ignore[override]
        """Replace the fields that `fields` names, by all of its values for them."""
        replacement = Headers(fields)
        self._changing().update(replacement._fields)

    def encoded(self) -> bytes:
        """The field lines as they are sent, each with its CRLF."""
        if self._encoded is None:
            lines = [f"{name}: {value}\r\n" for name, value in self.items()]
            self._encoded = "".join(lines).encode("latin-1")
        return self._encoded

    def lower_names(self) -> Iterable[str]:
        """The lower-case names, each once, for set operations."""
        return self._fields.keys()

    def _changing(self) -> dict[str, list[tuple[str, str]]]:
        """The fields for a change: this object's own, and to be encoded anew."""
        self._encoded = None
        if self._is_shared:
            self._fields = {name: list(same) for name, same in self._fields.items()}
            self._is_shared = False
        return self._fields

    def _values_by_name(self) -> dict[str, list[str]]:
        return {name: [value for _, value in same] for name, same in self._fields.items()}

    def __repr__(self) -> str:
        return f"Headers({self.items()!r})"


def constant_fields(fields: HeadersLike) -> Headers:
    """Fields to be copied for many responses, encoded once and for all. Raises ValueError."""
    constant = Headers(fields)
    constant.encoded()
    return constant


def _validate(name: str, value: str) -> None:
    if not TOKEN.fullmatch(name):
        raise ValueError(f"header name {name!r} is no token (letters, digits and !#$%&'*+-.^_`|~)")
    if not FIELD_VALUE.fullmatch(value):
        # The value may be a secret, or hostile: the message does not repeat it (sec:H2).
        raise ValueError(
            f"value of header {name!r} has control characters or characters beyond latin-1; "
            "remove or encode them (RFC 8187)"
        )
