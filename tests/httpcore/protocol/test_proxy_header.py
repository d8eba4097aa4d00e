"""Every PROXY header of the corpus, whole and in pieces (http:X1, feat:S28, sec:P12)."""

import random
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore.protocol.proxyheader import LONGEST_V1, LONGEST_V2, parse_proxy_header
from tests.support.corpus import CORPUS, split_file
from tests.support.parsing import bytewise, cut
from tests.support.proxyheaders import (
    INCOMPLETE,
    MALFORMED,
    read_header,
    version_1,
    version_2,
)

RANDOM_SPLITS = 8


@dataclass(frozen=True)
class Case:
    name: str
    data: bytes
    verdict: str
    rest: bytes

    def __str__(self) -> str:
        return self.name


def _load(path: Path) -> Case:
    (verdict, *others), data = split_file(path)
    rest = others[0].removeprefix("rest ") if others else ""
    return Case(path.stem, data, verdict, rest.encode("latin-1"))


CASES = [_load(path) for path in sorted((CORPUS / "proxy").glob("X1-*.http"))]


def _splits(case: Case) -> list[list[bytes]]:
    source = random.Random(case.name)
    size = len(case.data)
    random_ones = [
        cut(case.data, [source.randrange(size + 1) for _ in range(source.randrange(1, 9))])
        for _ in range(RANDOM_SPLITS)
    ]
    return [[case.data], bytewise(case.data), *random_ones]


def test_http_X1_corpus_of_proxy_headers_is_whole() -> None:
    kinds = [case.verdict.split(" ")[0] for case in CASES]
    least = {"source": 30, MALFORMED: 55, INCOMPLETE: 8}
    assert {kind for kind in least if kinds.count(kind) < least[kind]} == set()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_http_X1_proxy_header_says_the_same_for_every_split(case: Case) -> None:
    for pieces in _splits(case):
        assert read_header(pieces) == (case.verdict, case.rest)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_http_X1_every_beginning_of_a_header_waits_for_more(case: Case) -> None:
    if case.verdict == MALFORMED:
        return
    size = len(case.data) - len(case.rest)
    beginnings = (case.data[:end] for end in range(size))
    assert all(parse_proxy_header(beginning) is None for beginning in beginnings)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_http_X1_malformed_header_is_refused_with_no_more_bytes_than_its_bound(case: Case) -> None:
    if case.verdict == MALFORMED:
        bound = LONGEST_V2 if case.name.startswith("X1-v2") else LONGEST_V1
        assert read_header([case.data[:bound]]) == (MALFORMED, b"")


@given(st.ip_addresses(), st.integers(0, 65535), st.binary(max_size=300))
def test_http_X1_both_versions_bring_every_address(address, port: int, tlvs: bytes) -> None:
    client = getattr(address, "ipv4_mapped", None) or address
    expected = f"source {client} {port}", b"GET "
    assert read_header([version_1(str(address), port), b"GET "]) == expected
    assert read_header([version_2(str(address), port, tlvs), b"GET "]) == expected
