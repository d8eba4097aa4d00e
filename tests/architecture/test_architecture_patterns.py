"""Regular expressions must mean the same on every supported Python.

CPython before 3.11.5 loses its place when a repetition of a possessive group fails half way, and
then takes what it must refuse. Debian 12 ships 3.11.2. Possessive runs of single bytes are right.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

import httpcore
import mvc
import orm
from httpcore.protocol.grammar import whole_head

_SINGLE = {codes.IN, codes.LITERAL, codes.NOT_LITERAL, codes.ANY}


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    yield "whole_head", whole_head(100)
    for package in (httpcore, mvc, orm):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name.endswith("__main__"):
                continue
            for name, value in vars(importlib.import_module(found.name)).items():
                if isinstance(value, re.Pattern):
                    yield f"{found.name}.{name}", value


def possessive_groups(tree: Any) -> Iterator[Any]:
    for operator, argument in tree:
        if operator in (codes.POSSESSIVE_REPEAT, codes.ATOMIC_GROUP):
            body = argument[2] if operator is codes.POSSESSIVE_REPEAT else argument
            if len(body) != 1 or body[0][0] not in _SINGLE:
                yield operator
        parts = argument if isinstance(argument, (tuple, list)) else (argument,)
        for part in parts:
            branches = part if isinstance(part, list) else [part]
            for branch in branches:
                if isinstance(branch, parser.SubPattern):
                    yield from possessive_groups(branch)


@pytest.mark.parametrize(("name", "pattern"), list(patterns()))
def test_no_group_is_repeated_possessively(name: str, pattern: re.Pattern[Any]) -> None:
    assert not list(possessive_groups(parser.parse(pattern.pattern, pattern.flags)))


def test_the_check_sees_what_it_looks_for() -> None:
    for bad in ("(?:ab|c)*+", "(a)?+", "x(?:y(?:zz)++)?", "(?>ab)"):
        assert list(possessive_groups(parser.parse(bad)))
    for good in ("[a-z]*+", "a++", "(?:[a-z]++|x)*"):
        assert not list(possessive_groups(parser.parse(good)))
