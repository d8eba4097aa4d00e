"""Sizes in the words of people, for answers that name a limit."""

_UNITS = (
    (1024**3, "GiB"),
    (10**9, "GB"),
    (1024**2, "MiB"),
    (10**6, "MB"),
    (1024, "KiB"),
    (10**3, "kB"),
)


def size_text(size: int) -> str:
    """A number of bytes, never rounded: "1 MiB", "10 MB", and "8,190 bytes" where no unit fits."""
    for unit, name in _UNITS:
        if size and not size % unit:
            return f"{size // unit:,} {name}"
    return "1 byte" if size == 1 else f"{size:,} bytes"
