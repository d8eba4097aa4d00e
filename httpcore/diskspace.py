"""Room on a disk, asked for before a body is taken (sec:F6).

A disk that uploads have filled to the last byte stops databases and logs, too. So some of it is
left alone: `reserve` bytes, or a twentieth of a disk so small that this is less.
"""

import shutil
from pathlib import Path

from httpcore.errors import HTTPError

_SHARE = 20


def require_room(folder: str | Path, size: int, reserve: int) -> None:
    """Raises HTTPError 507 when `size` more bytes in `folder` would not leave the reserve free."""
    try:
        disk = shutil.disk_usage(folder)
    except OSError:  # writing there will tell what is wrong with the folder
        return
    if disk.free - size < min(reserve, disk.total // _SHARE):
        raise HTTPError(507, "there is no room for the request body")
