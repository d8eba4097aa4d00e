"""What `url_for` builds, the same route matches again, with the same values (feat:R27)."""

from urllib.parse import unquote
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from mvc.routing import RouteTable, make_route, match_path

# A path never holds NUL, CR or LF (http:L4), and surrogates have no UTF-8.
TEXT = st.text(
    st.characters(exclude_characters="\0\r\n", exclude_categories=("Cs",)), min_size=1, max_size=20
).filter(lambda text: not {".", ".."} & set(text.split("/")))


def handler(request: object) -> None: ...


TABLE = RouteTable(
    [
        (make_route((pattern, "GET", name), handler, {}, ""), name)
        for name, pattern in (
            ("text", "/text/<value>/end"),
            ("path", "/path/<path:value>"),
            ("regex", "/regex/{value::[^/]{1,20}}"),
            ("int", "/int/<value:int>"),
            ("uuid", "/uuid/<value:uuid>"),
        )
    ]
)


def found(name: str, value: object) -> object:
    raw = TABLE.url_for(name, {"value": value})
    assert raw.isascii()
    return TABLE.find("GET", match_path(raw, unquote(raw)))


@given(TEXT)
def test_feat_R27_text_comes_back(value: str) -> None:
    for name in ("text", "path", "regex"):
        assert found(name, value) == (name, {"value": value})


@given(st.integers(), st.uuids())
def test_feat_R27_numbers_and_uuids_come_back(number: int, key: UUID) -> None:
    assert found("int", number) == ("int", {"value": number})
    assert found("uuid", key) == ("uuid", {"value": key})
