"""The guide to running a server explains every counter that it writes to the log."""

import re

import mvc.requests.cookies  # noqa: F401  which counts, too
from httpcore.counters import process_counts
from tests.support.documents import ROOT, table_rows

PAGE = "docs/guides/running.md"


def test_every_counter_has_its_row() -> None:
    rows = {row[0].strip("`"): row[1] for row in table_rows(PAGE, "counter")}
    of_servers = {"refused_STATUS", "closed_REASON", "refused_for_memory", "dropped_log_lines"}
    assert set(rows) == set(process_counts()) | of_servers


def test_every_reason_to_close_a_connection_is_named() -> None:
    text = {row[0]: row[1] for row in table_rows(PAGE, "counter")}["`closed_REASON`"]
    assert _reasons() == {word for word in text.split("`")[1::2] if word != "select"}


def _reasons() -> set[str]:
    """Of every count of connections that is raised, and call that raises one."""
    code = "".join(
        (ROOT / f"httpcore/runtime/{name}.py").read_text() for name in ("acceptor", "prefacing")
    )
    return set(re.findall(r'(?:rejected\[|note_rejected\(|_reject\(sock, )"(\w+)"', code))
