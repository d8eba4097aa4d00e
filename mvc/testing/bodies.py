"""Request bodies for the test client: forms, files, JSON."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlencode

from mvc.responses import encode_json
from mvc.responses.content_types import content_type_of

FormData = Mapping[str, Any] | Sequence[tuple[str, Any]]
# Content alone, (filename, content), (filename, content, content type), a path, or an open file.
FileData = bytes | tuple[str, bytes] | tuple[str, bytes, str] | Path | BinaryIO
Files = Mapping[str, FileData | list[FileData]] | Sequence[tuple[str, FileData]]


def form_pairs(form: FormData) -> list[tuple[str, str]]:
    """Names and values as a browser would send them: lists repeated, True "on", None left out."""
    items = form.items() if isinstance(form, Mapping) else form
    each = [
        (name, value)
        for name, given in items
        for value in (given if isinstance(given, list | tuple) else [given])
    ]
    return [
        (name, "on" if value is True else str(value))
        for name, value in each
        if value is not None and value is not False
    ]


def encode_form(form: FormData) -> tuple[bytes, str]:
    """The body and its content type, application/x-www-form-urlencoded."""
    return urlencode(form_pairs(form)).encode(), "application/x-www-form-urlencoded"


def encode_json_body(value: Any) -> tuple[bytes, str]:
    return encode_json(value), "application/json"


def encode_multipart(form: FormData, files: Files) -> tuple[bytes, str]:
    """The body and its content type, multipart/form-data as browsers write it (RFC 7578)."""
    boundary = f"----treadle{secrets.token_hex(16)}"
    parts = [_part(name, value.encode(), "") for name, value in form_pairs(form)]
    for name, filename, content, kind in _each_file(files):
        extra = f'; filename="{_escaped(filename)}"\r\nContent-Type: {kind}'
        parts.append(_part(name, content, extra))
    delimiter = f"--{boundary}\r\n".encode()
    body = b"".join(delimiter + part for part in parts) + f"--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def _part(name: str, content: bytes, extra: str) -> bytes:
    head = f'Content-Disposition: form-data; name="{_escaped(name)}"{extra}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def _escaped(name: str) -> str:
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def _each_file(files: Files) -> Iterable[tuple[str, str, bytes, str]]:
    for name, value in files.items() if isinstance(files, Mapping) else files:
        for each in value if isinstance(value, list) else [value]:
            filename, content, *kind = _as_tuple(each)
            yield name, filename, content, kind[0] if kind else content_type_of(filename)


def _as_tuple(value: FileData) -> tuple[Any, ...]:
    if isinstance(value, tuple):
        return value
    if isinstance(value, bytes):
        return ("file", value)
    if isinstance(value, Path):
        return (value.name, value.read_bytes())
    return (Path(str(getattr(value, "name", "file"))).name, value.read())
