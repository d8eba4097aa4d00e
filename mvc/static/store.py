"""Finding the resources of a mount, and finding out that they changed (feat:W14).

A resource is taken for unchanged for a second. The thread that comes after that looks again; the
others go on with the old one until it has looked. So a file costs one look a second, however often
it is asked for, and a change is seen within about that time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from httpcore import FileBody
from mvc.responses.codings import IDENTITY
from mvc.static.cache import ResourceCache
from mvc.static.hashed import ContentNames, split_name
from mvc.static.opening import RECHECK_SECONDS, Found, Root
from mvc.static.options import IMMUTABLE, FileOptions
from mvc.static.resources import (
    Representation,
    Resource,
    ResourceMaker,
    Variant,
    open_siblings,
    signature_of,
    stamp_of,
)

if TYPE_CHECKING:
    from mvc.config import Settings

# A folder, and what was opened in it.
Located = tuple[Root, Found]


class ResourceStore:
    """The resources below some folders; for each path the first folder that has it counts.

    prefix: of their URL. clock: monotonic seconds. names: those with hashes, where they are on.
    """

    def __init__(
        self,
        roots: Sequence[Root],
        prefix: str,
        options: FileOptions,
        settings: Settings,
        clock: Callable[[], float],
    ) -> None:
        self.names = ContentNames(self._find_file, prefix, clock) if options.is_hashed else None
        self._roots = roots
        self._options = options
        self._clock = clock
        self._cache = ResourceCache(settings.file_cache)
        self._maker = ResourceMaker(options, settings)
        self.known = self._cache.get
        self.drop = self._cache.drop

    def find(self, path: str) -> Located | None:
        """What the first folder that has something at the path has there, open."""
        for root in self._roots:
            found = root.find(path)
            if found is not None:
                return root, found
        return None

    def get(self, path: str) -> Resource | None:
        """What stands at the path, or stood there within the last second."""
        known, now = self.known(path), self._clock()
        if known is not None:
            if now < known.fresh_until:
                return known
            known.fresh_until = now + RECHECK_SECONDS
        try:
            fresh = self._made(path, known)
        except BaseException:
            self.drop(path)
            raise
        if fresh is None:
            self.drop(path)
        else:
            fresh.fresh_until = now + RECHECK_SECONDS
            self._cache.put(path, fresh)
        return fresh

    def open(self, resource: Resource, chosen: Representation) -> FileBody | None:
        """The file of a representation that is not in memory; None when it is another one now."""
        found = resource.root.find(chosen.name)
        if found is None:
            return None
        if signature_of(found.status) != chosen.signature:
            found.close()
            return None
        return FileBody(found.as_file(), 0, found.status.st_size)

    def _locate(self, path: str) -> Located | None:
        """The first folder's regular file at the path, if this mount serves it."""
        if not self._options.allows(path):
            return None
        for root in self._roots:
            found = root.find(path)
            if found is not None and not found.is_directory:
                return root, found
            if found is not None:
                found.close()
        return None

    def _find_file(self, path: str) -> Found | None:
        located = self._locate(path)
        return located[1] if located else None

    def _made(self, path: str, known: Resource | None) -> Resource | None:
        """The resource at a path: the known one when it is still that."""
        located, name, variant = self._locate(path), path, None
        if located is None:
            located, name, variant = self._locate_hashed(path)
        if located is None:
            return None
        root, original = located
        with ExitStack() as opened:
            opened.callback(original.close)
            siblings = open_siblings(root, name, original)
            for each in siblings.values():
                opened.callback(each.close)
            files = {IDENTITY: original, **siblings}
            if known is not None and known.still_holds(stamp_of(root, files, variant)):
                return known
            return self._maker.make(root, name, files, variant)

    def _locate_hashed(self, path: str) -> tuple[Located | None, str, Variant | None]:
        """The file whose content a path names by its hash, if that is its content now."""
        plain = split_name(path)
        version = self.names.version(plain[0]) if self.names and plain else None
        if plain is None or version is None or version.digest != plain[1]:
            return None, path, None
        located = self._locate(plain[0])
        # It may have changed since it was hashed; for a year nobody would ask for it again.
        if located is not None and signature_of(located[1].status) != version.signature:
            located[1].close()
            located = None
        return located, plain[0], Variant(version.digest, IMMUTABLE, version.sheet)
