"""Rows of text in columns, and numbers of things."""

from collections.abc import Sequence


def counted(number: int, noun: str) -> str:
    """`no errors`, `1 error`, `2 errors`."""
    return f"{number or 'no'} {noun if number == 1 else noun + 's'}"


def print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Print the rows, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
