"""How the files of one mount are served."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from mvc.responses.content_types import content_type_of

if TYPE_CHECKING:
    from mvc.requests import Request

# A browser keeps the file but asks every time whether it changed: a 304 costs little, and a page
# never runs with yesterday's script.
REVALIDATE = "no-cache"
PRIVATE = "private, no-cache"
# What a name with the content's hash in it stands for never changes (feat:W8).
IMMUTABLE = "public, max-age=31536000, immutable"

_FIELD_VALUE = re.compile(r"[\x20-\x7e]*")

# (request, path below the mount): whether the client may have it, or the response that refuses.
Permission = Callable[["Request", str], Any]
Listing = Literal["none", "index", "plain"]


@dataclass(frozen=True, slots=True)
class FileOptions:
    """The options of `mount`, which explains them; the defaults are those of the static folder.

    is_private: not everybody may have the files, so no cache between us and the client may keep
    them. is_hashed: names with the content's hash are answered (feat:W8).
    """

    listing: Listing = "none"
    index: tuple[str, ...] = ()
    not_found: str = ""
    fallback: str = ""
    cache_control: str | Mapping[str, str] = ""
    match: re.Pattern[str] | None = None
    content_types: Mapping[str, str] = field(default_factory=dict)
    follow_symlinks: bool = False
    download: bool = False
    permission: Permission | None = None
    signed: bool = False
    is_private: bool = False
    is_hashed: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError for values that would fail with the first request."""
        policy = self.cache_control
        for value in policy.values() if isinstance(policy, Mapping) else (policy,):
            if not isinstance(value, str) or not _FIELD_VALUE.fullmatch(value):
                raise ValueError(f"cache_control {value!r}: give a text such as 'max-age=60'")
        for suffix, kind in self.content_types.items():
            if not suffix.startswith(".") or suffix != suffix.lower() or "/" not in kind:
                raise ValueError(f"content_types: give '.suffix': 'type/subtype', not {suffix!r}")

    @property
    def is_browsable(self) -> bool:
        """Whether the address of a folder can be answered."""
        return self.listing != "none" or bool(self.index)

    @property
    def is_open(self) -> bool:
        """Whether everybody may have every file, without being asked anything."""
        return self.permission is None and not self.signed

    def allows(self, path: str) -> bool:
        """Whether `match` lets files of this path be served."""
        return self.match is None or self.match.search(path) is not None

    def content_type_of(self, path: str) -> str:
        """The media type by suffix: the mount's own table first."""
        suffix = PurePosixPath(path).suffix.lower()
        return self.content_types.get(suffix) or content_type_of(path)

    def cache_control_of(self, path: str) -> str:
        """The value for a path: of the first pattern that fits it."""
        policy = self.cache_control
        if isinstance(policy, Mapping):
            fitting = (value for pattern, value in policy.items() if fnmatchcase(path, pattern))
            policy = next(fitting, "")
        return policy or (PRIVATE if self.is_private else REVALIDATE)


def as_names(value: str | Sequence[str]) -> tuple[str, ...]:
    """One name, several, or none (an empty text)."""
    return tuple(value) if not isinstance(value, str) else (value,) if value else ()
