"""The functions every template has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from markupsafe import Markup

from mvc.security import csrf, headers
from mvc.views.flash import Flash, take_flashes
from mvc.views.rendering import rendered_request

_NEIGHBOURS = 2  # page numbers shown on either side of the current one


def csrf_token() -> str:
    """A token for the `X-CSRF-Token` header of a script; another one at every call (sec:H6)."""
    return csrf.token(rendered_request("csrf_token"))


def csrf_input() -> Markup:
    """The hidden field every form with an unsafe method needs (sec:H5)."""
    field = '<input type="hidden" name="{}" value="{}">'
    return Markup(field).format(csrf.FIELD, csrf.token(rendered_request("csrf_input")))


def csp_nonce() -> str:
    """The nonce of this response for `<script nonce="...">` and `<style nonce="...">`."""
    return headers.csp_nonce(rendered_request("csp_nonce"))


def flashes() -> list[Flash]:
    """The messages waiting for this visitor, each with `level` and `text`."""
    return take_flashes(rendered_request("flashes"))


@dataclass(frozen=True, slots=True)
class PageLink:
    """One entry of the page navigation. number: None stands for a gap."""

    number: int | None
    url: str = ""
    is_current: bool = False


def page_url(number: int, name: str = "page") -> str:
    """This page's address with another page number; the other query arguments stay."""
    request = rendered_request("page_url")
    pairs = parse_qsl(request.head.query_string, keep_blank_values=True)
    kept = [(key, value) for key, value in pairs if key != name]
    return f"{request.raw_path}?{urlencode([*kept, (name, str(number))])}"


def page_links(page: Any, name: str = "page") -> list[PageLink]:
    """First, last and the neighbours of the current page, with gaps between them."""
    near = range(page.page - _NEIGHBOURS, page.page + _NEIGHBOURS + 1)
    shown = sorted({1, page.pages, *near} & set(range(1, page.pages + 1)))
    links: list[PageLink] = []
    for number in shown:
        if links and links[-1].number != number - 1:
            links.append(PageLink(None))
        links.append(PageLink(number, page_url(number, name), number == page.page))
    return links


def static_function(prefix: str) -> Callable[[str], str]:
    """`static(path)`: the URL of a static file below `prefix`."""

    def static(path: str) -> str:
        return f"{prefix.rstrip('/')}/{quote(path.lstrip('/'))}"

    return static


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "csp_nonce": csp_nonce,
    "csrf_input": csrf_input,
    "csrf_token": csrf_token,
    "flashes": flashes,
    "page_links": page_links,
    "page_url": page_url,
}
