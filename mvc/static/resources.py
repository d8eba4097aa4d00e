"""Files as they are sent: head fields made once, small bodies in memory (feat:W6, W7, W14).

A resource is what stands at one path. It has a representation for each content coding it exists
in: the file itself, precompressed siblings (`app.js.br` beside `app.js`), and for a small file
without siblings what we compress ourselves, once. Siblings are files in their own right: a strong
ETag each, and ranges count in their bytes (RFC 9110 14.2). What we compress has a weak ETag and no
ranges, since another version of the library may write other bytes.

A sibling that is older than its original is a leftover and not there.

What is in memory has its content's hash for an ETag: two writes within one step of the file
system's clock, or a copy that keeps the time, give two contents the same time and size. For the
same reason a file is read again at each look until its last change is so long ago that another one
would show.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from httpcore import Headers
from mvc.responses.codings import CODINGS, IDENTITY, SUFFIXES
from mvc.responses.compression import is_compressible
from mvc.responses.dates import format_last_modified
from mvc.responses.files import attachment_fields
from mvc.static.opening import Found, Root

if TYPE_CHECKING:
    from mvc.config import Settings
    from mvc.static.options import FileOptions

MAX_IN_MEMORY = 256 * 1024  # bytes; sendfile costs less than keeping what is larger
# What a resource costs beside its bytes: objects, fields, the cache's own entry.
_OVERHEAD = 4 * 1024

# Seconds: the longest step of a file system's clock (FAT); Linux had steps of 4 ms up to 6.12.
_CLOCK_STEP = 2.0
_ETAG_BYTES = 8

# Device, inode, time of the last change of content and of anything, size: equal for the same
# content. The time of change cannot be set back as that of modification can (`rsync -t`, `cp -p`).
Signature = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Representation:
    """One coding of a file. name: of the file that holds it. body: None when it is not kept."""

    name: str
    signature: Signature
    headers: Headers
    body: bytes | None

    def headers_copy(self) -> Headers:
        """The fields, to be changed at will."""
        self.headers.encoded()  # once: a copy of encoded fields has their lines, too
        return Headers(self.headers)

    @property
    def has_ranges(self) -> bool:
        return "Accept-Ranges" in self.headers


class Resource:
    """A path's representations by coding, the best first, and what they were made from.

    root: where the files are. stamp: changes when anything the resource was made of changes, once
    that is at rest (`is_settled`).
    fresh_until: monotonic; written by whichever thread looks, a moment more or less does no harm.
    """

    __slots__ = ("encoded", "fresh_until", "identity", "is_settled", "offered", "root", "stamp")

    def __init__(
        self,
        root: Root,
        stamp: tuple[object, ...],
        identity: Representation,
        encoded: Mapping[str, Representation],
        is_settled: bool,
    ) -> None:
        self.root = root
        self.stamp = stamp
        self.is_settled = is_settled
        self.identity = identity
        self.encoded = encoded
        self.offered = tuple(encoded)
        self.fresh_until = 0.0

    def still_holds(self, stamp: tuple[object, ...]) -> bool:
        """Whether what has this stamp now would make the same resource."""
        return self.is_settled and self.stamp == stamp

    @property
    def cost(self) -> int:
        """Bytes of memory, about."""
        every = (self.identity, *self.encoded.values())
        return _OVERHEAD + sum(len(each.body) for each in every if each.body is not None)


@dataclass(frozen=True, slots=True)
class Variant:
    """How a file is served under a name with the hash of its content (feat:W8).

    body: what to send in place of the file's own bytes, None for those.
    """

    digest: str
    cache_control: str
    body: bytes | None = None


class ResourceMaker:
    """Makes resources for one mount."""

    def __init__(self, options: FileOptions, settings: Settings) -> None:
        self._options = options
        # Not what cannot be kept: it would be compressed for each request again.
        self._compresses = settings.compression != "off" and settings.file_cache > 0
        self._minimum = settings.compression_minimum
        self._level = settings.compression_level

    def make(
        self,
        root: Root,
        path: str,
        files: Mapping[str, Found],
        variant: Variant | None = None,
    ) -> Resource:
        """The resource at `path`. files: coding -> open file, the original under `IDENTITY`."""
        original = files[IDENTITY]
        body = variant.body if variant and variant.body is not None else _read_small(original)
        siblings = {} if variant and variant.body is not None else files
        tag = variant.digest if variant else _tag_of(original, body)
        headers = self._fields_of(path, original, tag, variant)
        encoded = {
            coding: self._sibling(path, coding, found, headers)
            for coding, found in siblings.items()
            if coding != IDENTITY
        }
        identity = Representation(path, signature_of(original.status), headers, body)
        if not encoded:
            encoded = self._compressed(identity)
        if encoded:
            for each in (identity, *encoded.values()):
                each.headers["Vary"] = "Accept-Encoding"
        settled = all(map(is_settled, files.values()))
        return Resource(root, stamp_of(root, files, variant), identity, encoded, settled)

    def _fields_of(self, path: str, original: Found, tag: str, variant: Variant | None) -> Headers:
        options = self._options
        headers = Headers(
            {
                "Content-Type": options.content_type_of(path),
                "ETag": f'"{tag}"',
                "Last-Modified": format_last_modified(original.status.st_mtime),
                "Accept-Ranges": "bytes",
                "Cache-Control": (
                    variant.cache_control if variant else options.cache_control_of(path)
                ),
            }
        )
        if options.download:
            headers.update(attachment_fields(path.rpartition("/")[2]))
        return headers

    def _sibling(self, path: str, coding: str, found: Found, headers: Headers) -> Representation:
        own, body = Headers(headers), _read_small(found)
        own["ETag"] = f'{headers["ETag"][:-1]}-{coding}-{_tag_of(found, body)}"'
        own["Content-Encoding"] = coding
        own["Last-Modified"] = format_last_modified(found.status.st_mtime)
        name = path + SUFFIXES[coding]
        return Representation(name, signature_of(found.status), own, body)

    def _compressed(self, identity: Representation) -> dict[str, Representation]:
        body, headers = identity.body, identity.headers
        is_worth_it = self._compresses and is_compressible(headers["Content-Type"])
        if body is None or len(body) < self._minimum or not is_worth_it:
            return {}
        made = {}
        for name, coding in CODINGS.items():
            own = Headers(headers)
            own["ETag"] = f"W/{headers['ETag']}"
            own["Content-Encoding"] = name
            del own["Accept-Ranges"]
            data = coding.encode(body, self._level)
            if len(data) < len(body):
                made[name] = Representation(identity.name, identity.signature, own, data)
        return made


def open_siblings(root: Root, path: str, original: Found) -> dict[str, Found]:
    """The precompressed files beside one, by coding, the best first. The caller closes them."""
    siblings = {}
    for coding, suffix in SUFFIXES.items():
        found = root.find(path + suffix)
        if found is None:
            continue
        is_older = int(found.status.st_mtime) < int(original.status.st_mtime)
        if found.is_directory or is_older:
            found.close()
        else:
            siblings[coding] = found
    return siblings


def stamp_of(
    root: Root, files: Mapping[str, Found], variant: Variant | None = None
) -> tuple[object, ...]:
    """What the resource made of these would be made from."""
    parts = [(coding, signature_of(found.status)) for coding, found in files.items()]
    return (root.path, variant.digest if variant else "", *parts)


def signature_of(status: os.stat_result) -> Signature:
    return (
        status.st_dev,
        status.st_ino,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_size,
    )


def is_settled(found: Found) -> bool:
    """Whether one more change of the file would show in its signature."""
    return time.time() - found.status.st_ctime > _CLOCK_STEP


def read_all(found: Found, limit: int) -> bytes | None:
    """The bytes of a file of at most `limit`, the descriptor staying open; None for a larger one
    and for one that is being changed."""
    size = found.status.st_size
    if size > limit:
        return None
    pieces: list[bytes] = []
    position = 0
    while piece := os.pread(found.descriptor, size + 1 - position, position):
        pieces.append(piece)
        position += len(piece)
    return b"".join(pieces) if position == size else None


def _read_small(found: Found) -> bytes | None:
    return read_all(found, MAX_IN_MEMORY)


def _tag_of(found: Found, body: bytes | None) -> str:
    """The text of a strong ETag: the hash of a body in memory, else time and size of the file."""
    if body is not None:
        return hashlib.blake2b(body, digest_size=_ETAG_BYTES).hexdigest()
    return f"{found.status.st_mtime_ns:x}-{found.status.st_size:x}"
