"""What there is at a database's path: network file systems lock badly (sec:D20).

SQLite in WAL mode needs memory that all processes share, and locks that hold; over a network there
is neither (https://www.sqlite.org/useovernet.html).
"""

import os

_NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre")
_NETWORK_PREFIX = "fuse.sshfs"
_MOUNTS = "/proc/self/mountinfo"
_MAGIC = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html#magic_header_string


def is_of_another_kind(path: str) -> bool:
    """Whether there is a file that is no SQLite database. Raises OSError when it cannot be read."""
    try:
        with open(path, "rb") as file:
            begin = file.read(len(_MAGIC))
    except FileNotFoundError:
        return False
    return bool(begin) and begin != _MAGIC


def network_filesystem(path: str, mounts: str | None = None) -> str:
    """The type of the network file system that `path` lies on, "" for a local or unknown one.

    mounts: the text of /proc/self/mountinfo, by default that of this process.
    """
    if mounts is None:
        try:
            with open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as file:
                mounts = file.read()
        except OSError:
            return ""
    kind = _type_of_mount(os.path.realpath(path), mounts)
    return kind if kind in _NETWORK or kind.startswith(_NETWORK_PREFIX) else ""


def _type_of_mount(path: str, mounts: str) -> str:
    """The type of the mount with the longest point above `path`; of equal ones the last (proc(5)):
    id, parent, device, root, point, options, other fields, "-", type, source."""
    longest, found = -1, ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 6 or not after:
            continue
        point = fields[4].replace("\\040", " ")
        if len(point) >= longest and _is_below(path, point):
            longest, found = len(point), after.split(" ", 1)[0]
    return found


def _is_below(path: str, point: str) -> bool:
    return path == point or path.startswith(point.rstrip("/") + "/")
