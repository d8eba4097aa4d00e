"""Entity-tags and lists of them (RFC 9110 sections 8.8.3 and 13.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

# entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE, then OWS and a comma or the end; possessive: linear.
_LIST_ITEM = re.compile(r"[ \t,]*+((?:W/)?\"[\x21\x23-\x7e\x80-\xff]*+\")[ \t]*+(?:,|\Z)")
_ENTITY_TAG = re.compile(r"(?:W/)?\"[\x21\x23-\x7e\x80-\xff]*\"")


@dataclass(frozen=True, slots=True)
class EntityTags:
    """The value of If-Match or If-None-Match: `*`, or tags as they were written."""

    is_any: bool
    tags: frozenset[str]

    def matches_strongly(self, etag: str | None) -> bool:
        """For If-Match: both strong and equal. `*` matches whatever exists."""
        if self.is_any:
            return True
        return etag is not None and not etag.startswith("W/") and etag in self.tags

    def matches_weakly(self, etag: str | None) -> bool:
        """For If-None-Match: equal but for the weakness marks."""
        if self.is_any:
            return True
        return etag is not None and opaque(etag) in {opaque(tag) for tag in self.tags}


def parse_etags(text: str) -> EntityTags:
    """Read the list up to the first thing that is no entity-tag."""
    if text.strip(" \t") == "*":
        return EntityTags(True, frozenset())
    tags = []
    position = 0
    while match := _LIST_ITEM.match(text, position):
        tags.append(match[1])
        position = match.end()
    return EntityTags(False, frozenset(tags))


def is_entity_tag(text: str) -> bool:
    return _ENTITY_TAG.fullmatch(text) is not None


def opaque(etag: str) -> str:
    """The tag without its weakness mark."""
    return etag.removeprefix("W/")
