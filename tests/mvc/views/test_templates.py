"""Templates: escaping, look-up order, lazy names, additions, the functions they have."""

from pathlib import Path
from typing import Any

import jinja2
import pytest

from mvc.auth import login
from mvc.views import Templates, flash
from mvc.views.extras import Extra, ExtraKind
from tests.support.messages import make_request
from tests.support.site import FakeSite, Person, Visitor

EVIL = "<script>alert('\"1')</script>{{7*7}}"


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, source in files.items():
        (folder / f"{name}.html").write_text(source)
    return folder


def test_sec_F7_everything_is_escaped_files_and_strings_alike(tmp_path: Path) -> None:
    folder = write(tmp_path, page='<a title="{{ value }}">{{ value }}</a>')
    (folder / "page.txt").write_text("{{ value }}")
    templates = Templates([folder])
    for text in (
        templates.render("page.html", {"value": EVIL}),
        templates.render("page.txt", {"value": EVIL}),
        templates.render_string("{{ value }}", {"value": EVIL}),
    ):
        assert "<script>" not in text
        assert "{{7*7}}" in text
    assert (
        templates.render_string("{{ v|tojson }}", {"v": "</script>"}) == '"\\u003c/script\\u003e"'
    )


def test_feat_T4_first_folder_wins_file_by_file(tmp_path: Path) -> None:
    app = write(tmp_path / "app", page="app {% include 'part.html' %}")
    top = write(tmp_path / "top", page="top", part="part")
    templates = Templates([app, tmp_path / "missing", top])
    assert templates.render("page.html", {}) == "app part"


def test_unknown_variable_raises_only_in_debug() -> None:
    assert Templates().render_string("a{{ nothing }}b", {}) == "ab"
    with pytest.raises(jinja2.UndefinedError, match="nothing"):
        Templates(debug=True).render_string("{{ nothing }}", {})


def test_changed_file_is_read_again_only_in_debug(tmp_path: Path) -> None:
    folder = write(tmp_path, page="old")
    kept, fresh = Templates([folder]), Templates([folder], debug=True)
    assert kept.render("page.html", {}) == fresh.render("page.html", {}) == "old"
    (folder / "page.html").unlink()
    assert kept.render("page.html", {}) == "old"
    with pytest.raises(jinja2.TemplateNotFound):
        fresh.render("page.html", {})


def test_sec_H8_user_and_session_are_touched_only_when_named() -> None:
    site = FakeSite(Person(1, "ann"))
    visitor = Visitor(site)
    request = visitor.ask()
    login(request, site.users.people[0])
    visitor.settle(request)
    plain = visitor.ask("/a")
    assert site.templates.render_string("{{ request.path }}", {}, plain) == "/a"
    assert plain.loaded_session is None
    named = visitor.ask()
    assert site.templates.render_string("{{ user.username }}", {}, named) == "ann"
    assert named.loaded_session is not None
    inside = "{% macro who() %}{{ user.username }}{% endmacro %}{% if true %}{{ who() }}{% endif %}"
    assert site.templates.render_string(inside, {}, visitor.ask()) == "ann"
    assert site.templates.render_string("{{ user }}", {"user": "mine"}, visitor.ask()) == "mine"
    assert site.templates.render_string("{{ user }}", {}) == ""


def test_feat_T6_application_adds_functions_filters_and_context() -> None:
    templates = Templates()
    templates.install(
        [
            Extra(ExtraKind.GLOBAL, "twice", lambda x: x * 2),
            Extra(ExtraKind.FILTER, "shout", lambda text: text.upper()),
            Extra(ExtraKind.CONTEXT, "site", lambda request: {"where": request.path, "x": "ctx"}),
        ]
    )
    request = make_request("/here")
    source = "{{ twice(2) }} {{ 'a'|shout }} {{ where }} {{ x }}"
    assert templates.render_string(source, {"x": "own"}, request) == "4 A /here own"


def test_sec_H5_csrf_input_works_inside_an_imported_macro(tmp_path: Path) -> None:
    write(
        tmp_path,
        macros="{% macro form() %}{{ csrf_input() }}{% endmacro %}",
        page='{% from "macros.html" import form %}{{ form() }}|{{ form() }}',
    )
    site = FakeSite()
    site.templates = Templates([tmp_path])
    first, second = site.templates.render("page.html", {}, Visitor(site).ask()).split("|")
    assert first.startswith('<input type="hidden" name="csrf_token" value="')
    assert first != second


def test_function_that_needs_a_request_says_so() -> None:
    with pytest.raises(LookupError, match=r"csrf_input\(\) needs a request"):
        Templates().render_string("{{ csrf_input() }}", {})


def test_static_quotes_the_path() -> None:
    text = Templates(static_url="/files/").render_string("{{ static('/a b/c\"d.css') }}", {})
    assert text == "/files/a%20b/c%22d.css"


def test_feat_C16_flash_survives_a_redirect_and_is_shown_once() -> None:
    visitor = Visitor(FakeSite())
    request = visitor.ask()
    flash(request, "Saved <b>", level="success")
    flash(request, "Broken", level="error")
    visitor.settle(request)

    def shown() -> str:
        request = visitor.ask()
        source = '{% from "treadle/flash.html" import flash_messages %}{{ flash_messages() }}'
        text: str = visitor.site.templates.render_string(source, {}, request)
        visitor.settle(request)
        return text

    text = shown()
    assert '<p class="flash success" role="status">Saved &lt;b&gt;</p>' in text
    assert '<p class="flash error" role="alert">Broken</p>' in text
    assert shown().strip() == ""


class Listing:
    """What the paging macro reads of a page."""

    def __init__(self, page: int, pages: int) -> None:
        self.page, self.pages = page, pages


def paging(listing: Listing, target: str = "/notes") -> str:
    source = '{% from "treadle/paging.html" import pagination %}{{ pagination(listing) }}'
    return Templates().render_string(source, {"listing": listing}, make_request(target))


def test_feat_T4_paging_keeps_the_query_and_marks_the_page() -> None:
    text = paging(Listing(5, 9), "/notes?q=a%26b%22&page=5")
    assert '<a rel="prev" href="/notes?q=a%26b%22&amp;page=4">' in text
    assert '<a rel="next" href="/notes?q=a%26b%22&amp;page=6">' in text
    assert 'href="/notes?q=a%26b%22&amp;page=5" aria-current="page"' in text
    assert text.count("aria-hidden") == 2


@pytest.mark.parametrize(("page", "missing"), [(1, 'rel="prev"'), (3, 'rel="next"')])
def test_feat_T4_paging_has_no_way_beyond_its_ends(page: int, missing: str) -> None:
    assert missing not in paging(Listing(page, 3))


def test_feat_T4_single_page_needs_no_navigation() -> None:
    assert paging(Listing(1, 1)).strip() == ""


def form_field(call: str, form: Any) -> str:
    source = '{% import "treadle/forms.html" as forms %}{{ forms.' + call + " }}"
    return Templates(debug=True).render_string(source, {"form": form})


FIELDS = [
    "text_field(form, 'title', 'Title', maxlength=40, required=True, autocomplete='off')",
    "password_field(form, 'title', 'Title')",
    "textarea_field(form, 'title', 'Title', hint='Say it.')",
    "checkbox_field(form, 'title', 'Title')",
    "select_field(form, 'title', 'Title', [(1, 'One'), (2, 'Two')])",
    "file_field(form, 'title', 'Title', accept='image/*')",
]


@pytest.mark.parametrize("call", FIELDS)
def test_feat_F18_field_has_its_label_and_its_error(call: str) -> None:
    calm = form_field(call, {"values": {}, "errors": {}})
    assert 'for="field-title"' in calm
    assert 'id="field-title"' in calm
    assert "aria-invalid" not in calm
    wrong = form_field(call, {"values": {"title": EVIL}, "errors": {"title": "Too <long>"}})
    assert 'aria-invalid="true"' in wrong
    assert "error-title" in wrong.split("aria-describedby=")[1].split(">")[0]
    assert 'id="error-title">Too &lt;long&gt;</p>' in wrong
    assert "<script>" not in wrong


def test_feat_F18_value_is_kept_but_never_a_password() -> None:
    form = {"values": {"title": 'a "b"'}, "errors": {}}
    assert 'value="a &#34;b&#34;"' in form_field(FIELDS[0], form)
    assert 'maxlength="40"' in form_field(FIELDS[0], form)
    assert "a &#34;b" not in form_field(FIELDS[1], form)
    assert ">\na &#34;b&#34;</textarea>" in form_field(FIELDS[2], form)
    chosen = form_field(FIELDS[4], {"values": {"title": "2"}, "errors": {}})
    assert '<option value="2" selected>Two</option>' in chosen


def test_feat_F18_summary_links_to_the_fields() -> None:
    text = form_field("error_summary(form)", {"values": {}, "errors": {"title": "Missing."}})
    assert 'role="alert"' in text
    assert '<a href="#field-title">Missing.</a>' in text
