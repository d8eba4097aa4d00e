"""The figures of docs/guides/running.md about memory are those in force (sec:T9)."""

from httpcore import Limits
from httpcore.runtime.handling import JOINED_SIZE
from httpcore.runtime.intake import RECEIVE_SIZE
from httpcore.runtime.ledger import MOST_INPUT
from tests.support.documents import ROOT

PAGE = " ".join((ROOT / "docs/guides/running.md").read_text().split())
KIB = 1024


def test_sec_T9_what_one_client_can_make_us_hold_is_as_documented():
    limits = Limits()
    head = limits.request_line + limits.head
    assert head + limits.body_in_memory + limits.pipelined + RECEIVE_SIZE <= MOST_INPUT
    assert f"at most {MOST_INPUT // KIB} KiB of input" in PAGE
    assert f"a body of {limits.body_in_memory // KIB} KiB" in PAGE


def test_sec_T9_which_answers_are_large_is_as_documented():
    assert f"GETs whose answer is over {JOINED_SIZE // KIB} KiB" in PAGE
