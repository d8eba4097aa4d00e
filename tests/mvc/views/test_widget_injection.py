"""Hostile values in every shipped widget: the structure of the page stays what it was (sec:F7)."""

from html.parser import HTMLParser
from typing import Any

import pytest

from mvc.debugging import error_page
from mvc.views import Templates, flash
from tests.support.site import FakeSite, Visitor

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)' autofocus='",
    "</textarea><svg/onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "--><script>alert(1)</script><!--",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% for x in () %}",
    "&lt;script&gt;",
    "\x00<b>\x00",
    "`${alert(1)}`",
    "\u2028<script>",
    "<\u017fcript>alert(1)</\u017fcript>",
]

FORM = "{% import 'treadle/forms.html' as forms %}"
WIDGETS = {
    "text": FORM + "{{ forms.text_field(form, 'f', v, hint=v, placeholder=v) }}",
    "password": FORM + "{{ forms.password_field(form, 'f', v, hint=v) }}",
    "textarea": FORM + "{{ forms.textarea_field(form, 'f', v, hint=v) }}",
    "checkbox": FORM + "{{ forms.checkbox_field(form, 'f', v, value=v, hint=v) }}",
    "select": FORM + "{{ forms.select_field(form, 'f', v, [(v, v), (1, 'one')]) }}",
    "file": FORM + "{{ forms.file_field(form, 'f', v, hint=v, accept=v) }}",
    "summary": FORM + "{{ forms.error_summary(form, v) }}",
    "flash": "{% import 'treadle/flash.html' as flash %}{{ flash.flash_messages() }}",
    "paging": "{% import 'treadle/paging.html' as paging %}{{ paging.pagination(page, v) }}",
}


class Structure(HTMLParser):
    """Tags with the names of their attributes, in order; where URLs lead."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[Any] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, sorted(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(tag)


def structure_of(html: str) -> Structure:
    parser = Structure()
    parser.feed(html)
    parser.close()
    return parser


class Page:
    page, pages = 2, 3


def render(widget: str, value: str) -> str:
    request = Visitor(FakeSite()).ask("/list?q=a%22%3E%3Cscript%3E&page=2")
    flash(request, value, level=value)
    form = {"values": {"f": value}, "errors": {"f": value}}
    context = {"form": form, "v": value, "page": Page()}
    return Templates(debug=True).render_string(WIDGETS[widget], context, request)


@pytest.mark.parametrize("widget", WIDGETS)
def test_sec_F7_no_value_changes_the_structure_of_a_widget(widget: str) -> None:
    calm = structure_of(render(widget, "harmless"))
    for payload in PAYLOADS:
        text = render(widget, payload)
        found = structure_of(text)
        assert found.tags == calm.tags, payload
        assert all(link.startswith(("/list?", "#")) for link in found.links), payload
        if "{{" in payload and widget != "paging":
            assert "{{ 7 * 7 }}" in text
        assert "49" not in text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_sec_F7_error_pages_show_what_was_sent_as_text(payload: str) -> None:
    site = FakeSite()

    def page(text: str) -> str:
        request = Visitor(site).ask("/x", headers={"X-Shown": "1"})
        request.head.host = "localhost"
        debug = error_page(request, 500, text, exception=ValueError(text), debug=True)
        plain = error_page(request, 404, text)
        return (bytes(debug.body) + bytes(plain.body)).decode()

    assert structure_of(page(payload)).tags == structure_of(page("harmless")).tags
