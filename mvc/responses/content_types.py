"""Media types by file name, the same on every machine, and raster images by their content.

The system's own tables are not asked: they differ, and a script served as text/plain does not run.
"""

from __future__ import annotations

import mimetypes
import re
from pathlib import PurePath

OCTETS = "application/octet-stream"

_TABLE = mimetypes.MimeTypes()  # Python's built-in table alone
for _type, _suffix in (
    ("text/javascript", ".js"),
    ("text/javascript", ".mjs"),
    ("application/json", ".map"),
    ("application/manifest+json", ".webmanifest"),
    ("application/wasm", ".wasm"),
    ("font/woff", ".woff"),
    ("font/woff2", ".woff2"),
    ("font/ttf", ".ttf"),
    ("font/otf", ".otf"),
    ("image/avif", ".avif"),
    ("image/webp", ".webp"),
    ("image/vnd.microsoft.icon", ".ico"),
    ("text/markdown", ".md"),
    ("application/yaml", ".yaml"),
):
    _TABLE.add_type(_type, _suffix)

# A compressed file is served as what it is; naming it a Content-Encoding would unpack it.
_COMPRESSED = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
    "compress": "application/x-compress",
    "br": OCTETS,
}
_TEXTUAL = ("application/json", "application/manifest+json", "application/xml", "image/svg+xml")

# First bytes -> media type of the images that browsers show without running anything in them.
_MAGIC: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb".{4}ftypavi[fs]", re.DOTALL), "image/avif"),
)


def content_type_of(filename: str) -> str:
    """The media type by suffix, with `charset=utf-8` for text; octet-stream when unknown."""
    kind, encoding = _TABLE.guess_type(PurePath(filename).name, strict=False)
    if encoding is not None:
        return _COMPRESSED.get(encoding, OCTETS)
    if kind is None:
        return OCTETS
    if kind.startswith("text/") or kind in _TEXTUAL:
        return f"{kind}; charset=utf-8"
    return kind


def raster_image_type(head: bytes) -> str | None:
    """The media type of a PNG, JPEG, GIF, WebP or AVIF by its first 16 bytes, else None.

    These may be shown inline; every other file a user sent is a download (sec 0.4, sec:H12).
    """
    return next((media_type for magic, media_type in _MAGIC if magic.match(head)), None)
