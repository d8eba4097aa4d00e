"""How text, dates and sizes look in templates. Everything returned as Markup was escaped here."""

import re
from datetime import datetime, timedelta

from markupsafe import Markup, escape

from mvc import template_filter
from orm import now

# Punctuation that ends a sentence belongs to the sentence, not to the address before it.
_ADDRESS = re.compile(r"https?://[^\s<>\"']{1,500}[^\s<>\"'.,;:!?)]")
_BLANK_LINES = re.compile(r"\n\s*\n")
_AVATAR_COLOURS = 8

_STEPS = (
    (timedelta(minutes=1), None, "just now"),
    (timedelta(hours=1), timedelta(minutes=1), "{} min ago"),
    (timedelta(days=1), timedelta(hours=1), "{} h ago"),
    (timedelta(days=30), timedelta(days=1), "{} d ago"),
)


@template_filter
def paragraphs(text: str) -> Markup:
    """Plain text as HTML: paragraphs at blank lines, line breaks kept, addresses made links."""
    blocks = (block for block in _BLANK_LINES.split(text.strip()) if block.strip())
    return Markup("\n").join(Markup("<p>{}</p>").format(_lines(block)) for block in blocks)


def _lines(block: str) -> Markup:
    return Markup("<br>\n").join(_linked(line) for line in block.strip().splitlines())


def _linked(line: str) -> Markup:
    parts: list[Markup] = []
    end = 0
    for match in _ADDRESS.finditer(line):
        parts.append(escape(line[end : match.start()]))
        link = Markup('<a href="{0}" rel="nofollow ugc noopener">{0}</a>')
        parts.append(link.format(match[0]))
        end = match.end()
    parts.append(escape(line[end:]))
    return Markup("").join(parts)


@template_filter
def ago(moment: datetime) -> str:
    """How long ago, in a word or two; the date itself after a month. Times are naive UTC."""
    age = now() - moment
    for limit, unit, text in _STEPS:
        if age < limit:
            return text.format(age // unit) if unit else text
    return f"{moment.day} {moment:%b %Y}"


@template_filter
def stamp(moment: datetime) -> str:
    """The exact time for a reader: `22 Nov 2026, 01:15 UTC`."""
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


@template_filter
def filesize(size: int) -> str:
    """A size in bytes for a reader: `640 bytes`, `12 kB`, `3.4 MB`, `8 MB`."""
    if size < 1000:
        return f"{size} bytes"
    if size < 1_000_000:
        return f"{size // 1000} kB"
    return f"{size / 1_000_000:.1f}".removesuffix(".0") + " MB"


@template_filter
def plural(number: int, singular: str, many: str | None = None) -> str:
    """A number with its noun: `1 post`, `2 posts`, `3 replies`."""
    return f"{number:,} {singular if number == 1 else many or singular + 's'}"


@template_filter
def hue(key: int) -> int:
    """Which of the style sheet's avatar colours (`.hue-0` ...) belongs to this user."""
    return key % _AVATAR_COLOURS


# The first that fits decides: Edge calls itself Chrome too, and Chrome calls itself Safari.
_BROWSERS = {
    "Edg/": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
    "curl/": "curl",
    "python-requests/": "Python",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}


@template_filter
def device(user_agent: str) -> str:
    """What a browser says of itself in words people know: `Firefox on Linux`."""
    browser = next((name for mark, name in _BROWSERS.items() if mark in user_agent), "Some client")
    system = next((name for mark, name in _SYSTEMS.items() if mark in user_agent), None)
    return f"{browser} on {system}" if system else browser
