"""Releases of SQLite with the WAL-reset bug (https://www.sqlite.org/wal.html#walresetbug).

When one connection checkpoints at the moment another one writes, data may be lost (sec:D18).
"""

import sqlite3

_FIRST = (3, 7, 0)
_FIXED = (3, 51, 3)
# The fix was given to these older lines too: minor version -> patch.
_BACKPORTED = {44: 6, 50: 7}


def has_wal_reset_bug(release: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether this release, by default the one in use, has the bug."""
    if not _FIRST <= release < _FIXED:
        return False
    fixed = _BACKPORTED.get(release[1])
    return fixed is None or release[2] < fixed
