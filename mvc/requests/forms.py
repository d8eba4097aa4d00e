"""The body as a form: urlencoded or multipart. Any other media type is an empty form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from httpcore import BodyReader, HTTPError
from mvc.requests.incoming import IncomingFile, Receiver, SavedFile
from mvc.requests.multidict import MultiDict
from mvc.requests.multipart_form import MAX_FIELDS, UTF8_NAMES, open_spooled, read_multipart
from mvc.requests.parameters import ParameterizedValue, parse_parameterized
from mvc.requests.uploads import UploadedFile


@dataclass(frozen=True, slots=True)
class ParsedForm:
    """The text fields and the files of one form."""

    fields: MultiDict[str] = field(default_factory=MultiDict)
    files: MultiDict[UploadedFile] = field(default_factory=MultiDict)


def parse_query(query_string: str) -> MultiDict[str]:
    """The query's parameters, blank ones too. A stray `%` is literal and invalid UTF-8 becomes
    U+FFFD (http:L4). Raises HTTPError 400 beyond 1,000 parameters (sec section 2)."""
    if not query_string:
        return MultiDict()
    return MultiDict(_split(query_string, "replace"))


def parse_form(content_type: str | None, body: Callable[[], BodyReader]) -> ParsedForm:
    """Read the form. `body` gives a reader that stands at the first byte.

    Raises HTTPError: 400 when malformed or beyond a count, 413 beyond a size, 415 for a charset
    other than UTF-8 (feat:Q6).
    """
    media = parse_parameterized(content_type or "")
    read = _READERS.get(media.value)
    if read is None:
        return ParsedForm()
    if media.charset not in UTF8_NAMES:
        raise HTTPError(415, "Forms are taken in UTF-8 only.")
    return read(media, body())


def receive_form(
    content_type: str | None, body: BodyReader, receiver: Receiver
) -> tuple[MultiDict[str], MultiDict[SavedFile]]:
    """The text fields, and the files that went where the receiver said.

    Raises what `parse_form` raises, 415 for anything but a multipart form, and FileExistsError
    when a name is taken; then none of the files is left.
    """
    media = parse_parameterized(content_type or "")
    if media.value != "multipart/form-data" or media.charset not in UTF8_NAMES:
        raise HTTPError(415, "Files are taken in a multipart form in UTF-8 only.")
    boundary = media.parameters.get("boundary", "")
    fields, files = read_multipart(boundary, body, receiver.open)
    return MultiDict(fields), MultiDict(_publish(files))


def _publish(files: list[tuple[str, IncomingFile]]) -> list[tuple[str, SavedFile]]:
    """Give the files of a whole form their names: all of them or none."""
    try:
        published = [(field, file.publish()) for field, file in files]
    except BaseException:
        for _, file in files:
            file.close()
        raise
    return [(field, saved) for field, saved in published if saved is not None]


def _read_urlencoded(media: ParameterizedValue, body: BodyReader) -> ParsedForm:
    try:
        # Not only ASCII: `curl -d title=é` sends the letter itself, as browsers would read it.
        return ParsedForm(MultiDict(_split(body.read().decode(), "strict")))
    except UnicodeDecodeError:
        raise HTTPError(400, "The form is not valid UTF-8.") from None


def _read_multipart(media: ParameterizedValue, body: BodyReader) -> ParsedForm:
    fields, files = read_multipart(media.parameters.get("boundary", ""), body, open_spooled)
    return ParsedForm(MultiDict(fields), MultiDict(files))


_READERS: dict[str, Callable[[ParameterizedValue, BodyReader], ParsedForm]] = {
    "application/x-www-form-urlencoded": _read_urlencoded,
    "multipart/form-data": _read_multipart,
}


def _split(text: str, errors: str) -> Iterable[tuple[str, str]]:
    """Name and value of each pair, decoded after splitting (RFC 1866 8.2.1)."""
    if text.count("&") >= MAX_FIELDS:
        raise HTTPError(400, f"More than {MAX_FIELDS} fields were sent.")
    return parse_qsl(text, keep_blank_values=True, errors=errors)
