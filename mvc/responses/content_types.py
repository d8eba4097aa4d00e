"""Media types by file name, the same on every machine, and raster images by their content.

The system's own tables are not asked: they differ, and a script served as text/plain does not run.
"""

from __future__ import annotations

import mimetypes
import re
from pathlib import PurePath

OCTETS = "application/octet-stream"

_TABLE = mimetypes.MimeTypes()  # Python's built-in table alone
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument"
for _type, _suffixes in {
    "text/javascript": ".js .mjs .cjs",
    "text/markdown": ".md",
    "text/plain": ".log .ini .conf",
    "text/calendar": ".ics",
    "application/atom+xml": ".atom",
    "application/epub+zip": ".epub",
    "application/json": ".map",
    "application/ld+json": ".jsonld",
    "application/manifest+json": ".webmanifest",
    "application/rss+xml": ".rss",
    "application/toml": ".toml",
    "application/wasm": ".wasm",
    "application/x-7z-compressed": ".7z",
    "application/xhtml+xml": ".xhtml",
    "application/yaml": ".yaml .yml",
    f"{_OFFICE}.presentationml.presentation": ".pptx",
    f"{_OFFICE}.spreadsheetml.sheet": ".xlsx",
    f"{_OFFICE}.wordprocessingml.document": ".docx",
    f"{_OPEN_DOCUMENT}.presentation": ".odp",
    f"{_OPEN_DOCUMENT}.spreadsheet": ".ods",
    f"{_OPEN_DOCUMENT}.text": ".odt",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
    "audio/ogg": ".ogg .oga .opus",
    "audio/wav": ".wav",
    "audio/webm": ".weba",
    "font/otf": ".otf",
    "font/ttf": ".ttf",
    "font/woff": ".woff",
    "font/woff2": ".woff2",
    "image/avif": ".avif",
    "image/vnd.microsoft.icon": ".ico",
    "image/webp": ".webp",
    "video/matroska": ".mkv",
    "video/mp4": ".m4v",
    "video/ogg": ".ogv",
}.items():
    for _suffix in _suffixes.split():
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
    # Behind a slash it cannot pass for a URL: `data:text/html,x.png` would be HTML.
    kind, encoding = _TABLE.guess_type(f"/{PurePath(filename).name}", strict=False)
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
