"""Fields of a validated field block, found and removed without building a mapping.

A block is `*( field-line CRLF )`. The search works on a lower-cased copy with a line feed in front,
so that "\\nname:" finds the field `name` and nothing else: no value holds a line feed.
"""

from collections.abc import Callable


def field_values(lower_block: bytes, needle: bytes) -> list[bytes]:
    """The values of every field that `needle` (b"\\nname:") finds, in order, lower-cased."""
    values = []
    found = lower_block.find(needle)
    while found >= 0:
        start = found + len(needle)
        end = lower_block.index(b"\r", start)
        values.append(lower_block[start:end].strip(b" \t"))
        found = lower_block.find(needle, end)
    return values


def list_elements(values: list[bytes]) -> list[bytes]:
    """The elements of a list field over all its lines, trimmed; empty ones stay."""
    return [element.strip(b" \t") for value in values for element in value.split(b",")]


def without_fields(block: bytes, is_unwanted: Callable[[bytes], bool]) -> tuple[bytes, int]:
    """The block without the fields whose lower-case name is unwanted, and how many those were."""
    lines = block.split(b"\r\n")[:-1]
    kept = [line for line in lines if not is_unwanted(line[: line.index(b":")].lower())]
    return b"".join([line + b"\r\n" for line in kept]), len(lines) - len(kept)
