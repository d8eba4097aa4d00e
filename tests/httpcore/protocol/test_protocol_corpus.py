"""Every raw request of the corpus, whole and in pieces: http:L1-L5, F1-F5, M1-M6, C1-C8, sec:P12.

Case names begin with the id of the rule they show.
"""

import random

import pytest

from tests.support.corpus import Case, Expected, load
from tests.support.parsing import Outcome, Parsed, bytewise, cut, parse

VALID = load("valid")
INVALID = load("invalid")
ATTACKS = load("attack")
RANDOM_SPLITS = 8


def _splits(case: Case) -> list[list[bytes]]:
    source = random.Random(case.name)
    size = len(case.data)
    # Pieces of a MiB-sized body one by one would only test patience.
    small = [bytewise(case.data)] if size < 100_000 else []
    return small + [
        cut(case.data, [source.randrange(size) for _ in range(source.randrange(1, 9))])
        for _ in range(RANDOM_SPLITS)
    ]


def _yes(value: bool) -> str:
    return "yes" if value else "no"


_FACTS = {
    "path": lambda request: request.head.path,
    "query": lambda request: request.head.query_string,
    "host": lambda request: request.head.host,
    "upgrade": lambda request: request.head.upgrade,
    "version": lambda request: str(request.head.minor_version),
    "keep_alive": lambda request: _yes(request.head.keep_alive),
    "expect": lambda request: _yes(request.head.expect_continue),
    "body": lambda request: request.body.decode("latin-1"),
}


def _check(request: Parsed, expected: Expected) -> None:
    assert (request.head.method, request.head.target) == (expected.method, expected.target)
    if "body" not in dict(expected.facts):
        assert request.body == b""
    for key, value in expected.facts:
        if key == "no":
            assert value.removeprefix("header ") not in request.head.headers
        elif key in ("header", "trailer"):
            name, _, text = value.partition(": ")
            assert (request.head.headers if key == "header" else request.trailers)[name] == text
        elif key == "path":
            assert request.head.path == value.encode("latin-1").decode("utf-8")
        else:
            assert _FACTS[key](request) == value, key


@pytest.mark.parametrize("case", VALID, ids=str)
def test_valid_request_says_what_it_means(case: Case) -> None:
    outcome = parse([case.data])
    assert (outcome.status, outcome.detail) == (0, "")
    assert len(outcome.requests) == len(case.requests)
    for request, expected in zip(outcome.requests, case.requests, strict=True):
        _check(request, expected)


@pytest.mark.parametrize("case", INVALID + ATTACKS, ids=str)
def test_invalid_request_is_refused(case: Case) -> None:
    outcome = parse([case.data])
    assert (outcome.status, len(outcome.requests)) == (case.status, case.request_count)


@pytest.mark.parametrize("case", VALID + INVALID + ATTACKS, ids=str)
def test_sec_P12_verdict_is_the_same_for_every_split(case: Case) -> None:
    whole = parse([case.data]).verdict()
    for pieces in _splits(case):
        assert parse(pieces).verdict() == whole


@pytest.mark.parametrize("case", [case for case in INVALID + ATTACKS if case.status], ids=str)
def test_sec_P1_nothing_behind_a_refusal_is_a_request(case: Case) -> None:
    follower = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    for pieces in ([case.data + follower], [case.data, follower]):
        outcome = parse(pieces)
        assert outcome.status
        assert "/smuggled" not in _targets(outcome)


@pytest.mark.parametrize("case", ATTACKS, ids=str)
def test_sec_P1_smuggled_request_is_none(case: Case) -> None:
    assert "/smuggled" not in _targets(parse([case.data], eof=True))


def _targets(outcome: Outcome) -> list[str]:
    return [request.head.target for request in outcome.requests]
