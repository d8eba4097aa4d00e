"""The guide to routing lists the options that a route takes, with their defaults."""

from dataclasses import fields

from mvc.routing.keys import KINDS
from mvc.routing.options import RouteOptions
from tests.support.documents import table_rows

PAGE = "docs/guides/routing.md"


def test_every_option_of_a_route_has_its_row_and_default() -> None:
    written = {row[0].strip("`"): row[1].strip('"') for row in table_rows(PAGE, "option")}
    assert written == {each.name: str(each.default) for each in fields(RouteOptions)}


def test_every_kind_of_key_has_its_row() -> None:
    written = {row[0].strip('`"').partition(".")[::2] for row in table_rows(PAGE, "key")}
    assert written == {(kind, "NAME" if named else "") for kind, named in KINDS.items()}
