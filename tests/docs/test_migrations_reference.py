"""The tables of the page on migrations say what the commands take and the lint finds."""

import argparse
import re

import pytest

from mvc.cli.schema import make_parser, migrate_parser
from mvc.config import setting_fields
from orm.migrations.lint import ADVICE
from tests.support.documents import table_rows

PAGE = "docs/orm/migrations.md"


@pytest.mark.parametrize(
    ("heading", "parser"), [("`migrate`", migrate_parser()), ("`makemigrations`", make_parser())]
)
def test_every_option_has_its_row(heading: str, parser: argparse.ArgumentParser) -> None:
    written = {
        option
        for row in table_rows(PAGE, heading)
        for option in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", row[0])
    }
    known = {option for action in parser._actions for option in action.option_strings}
    assert written <= known
    spelled = {frozenset(action.option_strings) for action in parser._actions}
    left = [each for each in spelled if each and not each & written and "--help" not in each]
    assert left == []


def test_every_rule_has_its_row() -> None:
    rows = table_rows(PAGE, "rule")
    assert {rule for row in rows for rule in re.findall(r"`([a-z-]+)`", row[0])} == set(ADVICE)


def test_every_choice_at_the_start_has_its_row() -> None:
    rows = table_rows(PAGE, "setting")
    written = [value for row in rows for value in re.findall(r"`([a-z]+)`", row[1])]
    fields = setting_fields()
    choices = [*fields["auto_migrate"].metadata["choices"], "warn", "refuse", "off"]
    assert written == choices
    assert set(choices[3:]) == set(fields["schema_check"].metadata["choices"])
