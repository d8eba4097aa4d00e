"""Names that hold the hash of their content: `css/app.css` as `css/app.3f2a9c81d07e.css` (feat:W8).

Whatever such a name stands for never changes, so a browser keeps it for a year and never asks. The
hash is taken when a page first names the file, and again when the file has changed; there is no
build step, and nothing is written.

References inside a style sheet (`url(...)`, `@import`) become such names too, or a picture could
never be kept, nor replaced. So what is hashed is the rewritten sheet: another picture makes another
sheet. Sheets that import each other in a circle have no hash that holds both; the reference that
would close the circle is left as it is.

A name whose hash is not that of the content now was written before the file changed, perhaps by
another process of the same site: it gets the content as it is now, to be asked for again next time.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, unquote

from mvc.static.opening import RECHECK_SECONDS, Found
from mvc.static.resources import Signature, is_settled, read_all, signature_of

MAX_HASHED = 16 * 1024 * 1024  # bytes; a larger file keeps its plain name
MAX_SHEET = 1024 * 1024  # bytes of a style sheet that is looked into
_DIGEST_BYTES = 6  # 12 hexadecimal digits: no two versions of one file will share them
_REMEMBERED = 4096  # files
_CHUNK = 256 * 1024

_HASHED = re.compile(r"(.+)\.([0-9a-f]{12})(\.[^./]+)?")
_REFERENCE = re.compile(
    r"""url\(\s*(?P<quote>["']?)(?P<url>[^"'()\s]+)(?P=quote)\s*\)"""
    r"""|@import\s+(?P<import_quote>["'])(?P<sheet>[^"']+)(?P=import_quote)""",
    re.IGNORECASE,
)
# A scheme, another host, or a place in this very sheet.
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#|$", re.IGNORECASE)


@dataclass(slots=True)
class Version:
    """A file's content at one time.

    sheet: the rewritten style sheet, None when the file is sent as it is. references: what it
    refers to, with the digest written there. is_settled: whether a change since would show in the
    signature. fresh_until: monotonic.
    """

    digest: str
    signature: Signature
    sheet: bytes | None
    references: tuple[tuple[str, str], ...]
    is_settled: bool
    fresh_until: float = 0.0


class ContentNames:
    """The names with hashes for the files below one URL.

    find: opens the file at a path, None without one. prefix: of the URL, with both slashes.
    clock: monotonic seconds.
    """

    def __init__(
        self,
        find: Callable[[str], Found | None],
        prefix: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._find = find
        self._prefix = prefix
        self._clock = clock
        self._versions: dict[str, Version] = {}

    def name_of(self, path: str) -> str:
        """The path with the hash of its content in it; unchanged without such a file."""
        version = self.version(path)
        return path if version is None else _with_digest(path, version.digest)

    def version(self, path: str, importers: frozenset[str] = frozenset()) -> Version | None:
        """The content at a path, at most a second old; None when there is none to hash.

        importers: the sheets on whose behalf it is looked at.
        """
        now = self._clock()
        known = self._versions.get(path)
        if known is not None and now < known.fresh_until:
            return known
        found = self._find(path)
        if found is None:
            self._versions.pop(path, None)
            return None
        try:
            if known is None or not self._still_holds(known, found, path, importers):
                known = self._read(path, found, importers)
        finally:
            found.close()
        if known is None:
            return None
        known.fresh_until = now + RECHECK_SECONDS
        if not importers:
            # What was seen from within a circle depends on where the circle was entered.
            if len(self._versions) >= _REMEMBERED:
                self._versions.clear()
            self._versions[path] = known
        return known

    def _still_holds(
        self, known: Version, found: Found, path: str, importers: frozenset[str]
    ) -> bool:
        return (
            known.is_settled
            and known.signature == signature_of(found.status)
            and all(
                self._digest_of(each, importers | {path}) == digest
                for each, digest in known.references
            )
        )

    def _read(self, path: str, found: Found, importers: frozenset[str]) -> Version | None:
        if found.status.st_size > MAX_HASHED:
            return None
        signature, settled = signature_of(found.status), is_settled(found)
        source = read_all(found, MAX_SHEET) if path.lower().endswith(".css") else None
        if source is None:
            return Version(_hash_file(found), signature, None, (), settled)
        references: list[tuple[str, str]] = []
        sheet = self._rewritten(path, source, importers | {path}, references)
        rewritten = None if sheet == source else sheet
        return Version(_hash(sheet), signature, rewritten, tuple(references), settled)

    def _rewritten(
        self,
        path: str,
        source: bytes,
        importers: frozenset[str],
        references: list[tuple[str, str]],
    ) -> bytes:
        def replace(match: re.Match[str]) -> str:
            group = "url" if match["url"] is not None else "sheet"
            target = self._target(path, match[group])
            digest = self._digest_of(target, importers) if target else ""
            if target:
                references.append((target, digest))
            if not digest:
                return match[0]
            start = match.start(group) - match.start()
            end = match.end(group) - match.start()
            return match[0][:start] + _hashed_url(match[group], digest) + match[0][end:]

        # Bytes that are no UTF-8 come through as they are.
        text = source.decode("utf-8", "surrogateescape")
        return _REFERENCE.sub(replace, text).encode("utf-8", "surrogateescape")

    def _target(self, path: str, url: str) -> str:
        """The path below the prefix that a reference in the sheet at `path` means, or ""."""
        if _ELSEWHERE.match(url):
            return ""
        place = unquote(re.split("[?#]", url)[0])
        joined = posixpath.join(self._prefix, posixpath.dirname(path), place)
        absolute = posixpath.normpath(joined)
        return absolute[len(self._prefix) :] if absolute.startswith(self._prefix) else ""

    def _digest_of(self, path: str, importers: frozenset[str]) -> str:
        version = None if path in importers else self.version(path, importers)
        return version.digest if version is not None else ""


def split_name(path: str) -> tuple[str, str] | None:
    """(the plain path, the digest) of a path with a digest in it, else None."""
    match = _HASHED.fullmatch(path)
    return (match[1] + (match[3] or ""), match[2]) if match else None


def static_url(prefix: str, path: str) -> str:
    """The URL of a path below the prefix."""
    return f"{prefix.rstrip('/')}/{quote(path.lstrip('/'))}"


def _with_digest(path: str, digest: str) -> str:
    folder, name = posixpath.split(path)
    stem, dot, suffix = name.rpartition(".")
    hashed = f"{stem}.{digest}.{suffix}" if dot and stem else f"{name}.{digest}"
    return posixpath.join(folder, hashed)


def _hashed_url(url: str, digest: str) -> str:
    place, *rest = re.split("([?#].*)", url, maxsplit=1)
    return _with_digest(place, digest) + "".join(rest)


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).hexdigest()


def _hash_file(found: Found) -> str:
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    position = 0
    while piece := os.pread(found.descriptor, _CHUNK, position):
        digest.update(piece)
        position += len(piece)
    return digest.hexdigest()
