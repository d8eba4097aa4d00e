"""Counters lose nothing, whoever raises them (http:F4)."""

from concurrent.futures import ThreadPoolExecutor

from httpcore import Headers, counters
from httpcore.counters import Counter


def test_threads_raise_a_counter_together() -> None:
    counter = Counter()
    with ThreadPoolExecutor(4) as threads:
        for _ in range(400):
            threads.submit(counter.rise, 2)
    assert counter.value == 800


def test_http_F4_first_singleton_counts_and_a_counter_rises() -> None:
    before = counters.repeated_fields.value
    fields = Headers.from_field_block(
        b"User-Agent: a\r\nUSER-AGENT: b\r\nAccept: x\r\nAccept: y\r\n"
    )
    assert (fields["User-Agent"], fields["Accept"]) == ("a", "x, y")
    assert counters.repeated_fields.value == before + 1
