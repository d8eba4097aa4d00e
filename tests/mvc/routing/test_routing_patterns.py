"""The three ways to write a parameter, and every way to get one wrong."""

from uuid import UUID

import pytest

from mvc.routing import FILTERS, Filter, add_filter, parse_pattern

ID = "9b2f3c3e-8f0a-4d7c-9c6f-2b1f6d9f2a11"


@pytest.mark.parametrize(
    ("pattern", "path", "values"),
    [
        ("/", "/", {}),
        ("/notes/<name>", "/notes/ann bob", {"name": "ann bob"}),
        ("/notes/<id:int>", "/notes/-7", {"id": -7}),
        ("/notes/<int:id>", "/notes/7", {"id": 7}),
        ("/notes/<id:uint>", "/notes/7", {"id": 7}),
        ("/at/<x:float>", "/at/-1.5", {"x": -1.5}),
        ("/tag/<tag:word>", "/tag/größe", {"tag": "größe"}),
        ("/sum/<sum:hex>", "/sum/DeadBeef", {"sum": "DeadBeef"}),
        ("/item/<uuid:key>", f"/item/{ID}", {"key": UUID(ID)}),
        ("/files/<path:path>", "/files/a/b/c.txt", {"path": "a/b/c.txt"}),
        ("/files/<rest:path>/end", "/files/a/b/end", {"rest": "a/b"}),
        ("/n/<n:re:[a-fA-F\\d]+>", "/n/aF0", {"n": "aF0"}),
        ("/n/<n:re:(?P<in>a|b)[>]>", "/n/a>", {"n": "a>"}),
        ("/n/{id::[0-9]{2,3}}", "/n/123", {"id": "123"}),
        ("/n/{a::[{}]+}-{b::\\}}", "/n/{}-}", {"a": "{}", "b": "}"}),
        ("/a/<x>/b/<int:y>", "/a/q/b/2", {"x": "q", "y": 2}),
        ("/v1.0/<x>", "/v1.0/q", {"x": "q"}),
    ],
)
def test_feat_R7_R8_R9_R10_R11_a_path_that_matches(pattern: str, path: str, values: dict) -> None:
    assert parse_pattern(pattern).match(path) == values


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/notes/<name>", "/notes/"),
        ("/notes/<name>", "/notes/a/b"),
        ("/notes/<id:int>", "/notes/7\n"),
        ("/notes/<id:int>", "/notes/٣"),
        ("/notes/<id:int>", "/notes/" + "9" * 5000),
        ("/notes/<id:uint>", "/notes/-7"),
        ("/at/<x:float>", "/at/1."),
        ("/at/<x:float>", "/at/" + "9" * 400),
        ("/item/<key:uuid>", "/item/" + ID[:-1]),
        ("/n/{id::[0-9]{2}}", "/n/123"),
        ("/v1.0/<x>", "/v1x0/q"),
    ],
)
def test_feat_R18_a_path_that_does_not(pattern: str, path: str) -> None:
    assert parse_pattern(pattern).match(path) is None


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("notes", "does not start with '/'"),
        ("/<int:float>", "both filters"),
        ("/<id:itn>", "did you mean 'int'"),
        ("/<id:zzzzzz>", "known: none, str, int"),
        ("/<a b>", "spaces"),
        ("/< id:int>", "spaces"),
        ("/<a>/<a>", "names 'a' twice"),
        ("/<a", "no '>'"),
        ("/a>", "stray '>'"),
        ("/{a}", "no '::'"),
        ("/{a::[0-9}", "no '}'"),
        ("/{a::}", "empty regular expression"),
        ("/<a:re:(>", "broken regular expression"),
        ("/<1a>", "no parameter name"),
        ("/<>", "no parameter name"),
    ],
)
def test_feat_R17_a_broken_pattern_says_what_is_wrong(pattern: str, problem: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_pattern(pattern)
    assert problem in str(caught.value)
    assert pattern in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "values", "path"),
    [
        ("/", {}, "/"),
        ("/notes/<id:int>", {"id": 7}, "/notes/7"),
        ("/notes/<name>", {"name": "a/b c?"}, "/notes/a%2Fb%20c%3F"),
        ("/notes/<name>", {"name": "größe"}, "/notes/gr%C3%B6%C3%9Fe"),
        ("/files/<rest:path>", {"rest": "a/b c"}, "/files/a/b%20c"),
        ("/item/<key:uuid>", {"key": UUID(ID)}, f"/item/{ID}"),
        ("/größe/<x>", {"x": 1}, "/gr%C3%B6%C3%9Fe/1"),
    ],
)
def test_feat_R27_building_encodes(pattern: str, values: dict, path: str) -> None:
    assert parse_pattern(pattern).build(values) == path


@pytest.mark.parametrize("values", [{}, {"id": "x"}, {"id": ""}, {"id": 1.5}])
def test_feat_R27_a_value_that_would_not_match_is_refused(values: dict) -> None:
    with pytest.raises(ValueError, match="id"):
        parse_pattern("/notes/<id:int>").build(values)


@pytest.mark.parametrize("value", [".", "..", "a/../b"])
def test_a_value_that_clients_would_resolve_away_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="resolve away"):
        parse_pattern("/files/<value:path>").build({"value": value})


def test_http_L4_an_encoded_slash_is_part_of_the_value() -> None:
    pattern = parse_pattern("/notes/<name>")
    assert pattern.match("/notes/a\0b") == {"name": "a/b"}


def test_feat_R12_an_own_filter_converts_both_ways() -> None:
    before: dict[str, Filter] = dict(FILTERS)
    try:
        add_filter("month", "[0-9]{4}-[0-9]{2}", lambda text: text.split("-"), "-".join)
        pattern = parse_pattern("/in/<when:month>")
        assert pattern.match("/in/2026-01") == {"when": ["2026", "01"]}
        assert pattern.build({"when": ["2026", "02"]}) == "/in/2026-02"
        with pytest.raises(ValueError, match="is not a regular"):
            add_filter("bad", "(")
        with pytest.raises(ValueError, match="not 're'"):
            add_filter("re", "x")
    finally:
        FILTERS.clear()
        FILTERS.update(before)
