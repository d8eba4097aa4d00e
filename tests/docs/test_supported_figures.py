"""The figures in docs/supported.md are the defaults in force."""

import pytest

from httpcore import Limits, ServerConfig, Timeouts
from tests.support.documents import ROOT

PAGE = (ROOT / "docs/supported.md").read_text()
LIMITS, TIMEOUTS = Limits(), Timeouts()
RATE = ServerConfig().minimum_rate
KIB = 1024
MIB = 1024 * KIB


@pytest.mark.parametrize(
    "words",
    [
        f"request-line over {LIMITS.request_line:,} bytes | 414",
        f"field line over {LIMITS.field_line:,} bytes, fields over {LIMITS.head // KIB} KiB",
        f"over {LIMITS.field_count} fields | 431",
        f"over the limit ({LIMITS.body // MIB} MiB, multipart {LIMITS.multipart_body // MIB} MiB,",
        f"up to {TIMEOUTS.linger:g} seconds of input discarded",
        f"no byte after connecting | {TIMEOUTS.first_byte:g} s",
        f"head not complete | {TIMEOUTS.head:g} s from its first byte",
        f"body without progress | {TIMEOUTS.body_progress:g} s",
        f"body slower than {RATE} B/s, after {TIMEOUTS.rate_grace:g} s of grace",
        f"buffered body not complete | {TIMEOUTS.body_total:g} s",
        f"idle between requests | {TIMEOUTS.keep_alive:g} s, {TIMEOUTS.keep_alive_full:g} s when",
        f"answer not taken | {TIMEOUTS.write_progress:g} s without progress",
        f"slower than {RATE} B/s after {TIMEOUTS.rate_grace:g} s",
    ],
)
def test_figure_is_the_default(words: str) -> None:
    assert words in PAGE
