"""Content negotiation by the Accept field (RFC 9110 section 12.5.1).

Split at commas and semicolons once, so the work is linear (sec:P9); at most `MAX_RANGES` media
ranges count. A quoted comma, which no client sends in Accept, only spoils its own range.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mvc.requests.json_body import is_json
from mvc.requests.parameters import parse_parameterized

if TYPE_CHECKING:
    from mvc.requests.request import Request

MAX_RANGES = 100

# qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3"0" ] )
_QVALUE = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")

HTML = "text/html"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One element of Accept: `type/subtype`, where either may be `*`, and its weight 0.0-1.0."""

    type: str
    subtype: str
    quality: float

    @property
    def specificity(self) -> int:
        return (self.type != "*") + (self.subtype != "*")

    def matches(self, media_type: str) -> bool:
        main, _, sub = media_type.partition("/")
        return self.type in ("*", main) and self.subtype in ("*", sub)


def parse_accept(header: str | None) -> list[MediaRange]:
    """The media ranges in the order sent. A malformed weight counts as 1 (feat:Q7), a malformed
    range is dropped. No field, or an empty one, means that everything is fine."""
    ranges = []
    for element in (header or "").split(",", MAX_RANGES)[:MAX_RANGES]:
        name, *parameters = element.split(";")
        main, slash, sub = name.strip(" \t").lower().partition("/")
        if slash and main and sub and (main != "*" or sub == "*"):
            ranges.append(MediaRange(main, sub, read_weight(parameters)))
    return ranges or ([MediaRange("*", "*", 1.0)] if not (header or "").strip(" \t") else [])


def quality_of(media_type: str, ranges: Sequence[MediaRange]) -> float:
    """The weight of the most specific range that matches; 0.0 when none does."""
    matching = [item for item in ranges if item.matches(media_type)]
    return max(matching, key=lambda item: item.specificity).quality if matching else 0.0


def best_match(header: str | None, offers: Sequence[str]) -> str | None:
    """The offer the client likes best, the first of equals; None when it refuses all."""
    ranges = parse_accept(header)
    best, best_quality = None, 0.0
    for offer in offers:
        quality = quality_of(offer.lower(), ranges)
        if quality > best_quality:
            best, best_quality = offer, quality
    return best


def prefers_json(request: Request) -> bool:
    """Whether an answer that exists as HTML and as JSON should be JSON.

    HTML on equal preference and without Accept, but a script's XMLHttpRequest gets JSON then.
    """
    ranges = parse_accept(request.headers.get("Accept"))
    html, json = quality_of(HTML, ranges), quality_of(JSON, ranges)
    if html == json:
        return request.headers.get("X-Requested-With", "").lower() == "xmlhttprequest"
    return json > html


def expects_json(request: Request) -> bool:
    """Whether a refusal or an error should be JSON: to who prefers it, and to who sent JSON and
    takes either. No form of a browser sends JSON, so that is a client who cannot read a page."""
    if prefers_json(request):
        return True
    media = parse_parameterized(request.headers.get("Content-Type", "")).value
    if not is_json(media):
        return False
    ranges = parse_accept(request.headers.get("Accept"))
    return 0 < quality_of(JSON, ranges) == quality_of(HTML, ranges)


def read_weight(parameters: Sequence[str]) -> float:
    """The `q` among the parameters of one element; 1 without one or with a malformed one."""
    for parameter in parameters:
        name, _, value = parameter.strip(" \t").partition("=")
        if name in ("q", "Q"):
            return float(value) if _QVALUE.fullmatch(value) else 1.0
    return 1.0
