"""Sizes as answers tell them: exact, in the largest unit that fits."""

import pytest

from httpcore import size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (10, "10 bytes"),
        (8190, "8,190 bytes"),
        (1024, "1 KiB"),
        (64 * 1024, "64 KiB"),
        (1536, "1,536 bytes"),
        (1024**2, "1 MiB"),
        (10 * 1024**2, "10 MiB"),
        (1536 * 1024, "1,536 KiB"),
        (10**7, "10 MB"),
        (2500, "2,500 bytes"),
        (3000, "3 kB"),
        (2 * 1024**3, "2 GiB"),
        (10**10, "10 GB"),  # a multiple of 1,024, too
    ],
)
def test_http_M6_limits_are_told_exactly_in_the_largest_unit_that_fits(
    size: int, text: str
) -> None:
    assert size_text(size) == text
