"""How much memory there is for us, and a budget of it (sec:T9).

The least of what can be found counts: physical memory, what is left of this process's address space
where that is limited, and the limits of its control group and of every group around that one. In a
container the group's path as /proc tells it often does not exist in the mounted hierarchy; then the
root of the mount is the container's own group, which is looked at in any case.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

if sys.platform != "win32":
    import resource

# What we assume where the system tells nothing.
UNKNOWN = 1024 * 1024 * 1024
# cgroup v1 says "no limit" by a number near 2**63.
_UNLIMITED = 2**60

# Hierarchies by the controllers that /proc/self/cgroup lists: mount point and file (cgroups(7)).
_HIERARCHIES = {
    "": ("sys/fs/cgroup", "memory.max"),
    "memory": ("sys/fs/cgroup/memory", "memory.limit_in_bytes"),
}


def find_memory_limit(root: Path = Path("/")) -> int:
    """Bytes of memory this process may count on; `root` is where /proc and /sys are found."""
    return min(_limits(root), default=UNKNOWN)


class Budget:
    """Bytes that may be held at a time. Only the loop's owner calls it, so it has no lock.

    limit: bytes. held: bytes taken and not given back.
    """

    __slots__ = ("held", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0

    def take(self, count: int) -> bool:
        """Hold `count` more bytes, or say False and hold no more."""
        if self.held + count > self.limit:
            return False
        self.held += count
        return True

    def hold(self, count: int) -> None:
        """Count `count` more bytes that are held in any case, beyond the limit, too."""
        self.held += count

    def give(self, count: int) -> None:
        """Give back what was taken. Raises ValueError for more than is held."""
        if count > self.held:
            raise ValueError(f"gave back {count} bytes of {self.held} held")
        self.held -= count

    @property
    def is_spent(self) -> bool:
        return self.held >= self.limit


def budget_bytes(setting: int | float, available: int) -> int:
    """A configured budget in bytes: an int as it stands, a float as a share of what there is."""
    return setting if isinstance(setting, int) else int(available * setting)


def _limits(root: Path) -> Iterator[int]:
    yield from _cgroup_limits(root)
    yield from _physical(root)
    space = address_space()
    if space is not None:
        yield max(0, space - _reserved(root))


def _cgroup_limits(root: Path) -> Iterator[int]:
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        for controller in controllers.split(","):
            if controller in _HIERARCHIES:
                mount, file = _HIERARCHIES[controller]
                yield from _group_limits(root / mount, group, file)


def _group_limits(mount: Path, group: str, file: str) -> Iterator[int]:
    path = PurePosixPath(group.lstrip("/"))
    if ".." in path.parts:  # a group outside of our namespace
        path = PurePosixPath()
    for place in (path, *path.parents):
        text = _read(mount / place / file).strip()
        if text.isdecimal() and 0 < int(text) < _UNLIMITED:  # v2 says "max" for none
            yield int(text)


def _physical(root: Path) -> Iterator[int]:
    for line in _read(root / "proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        if name == "MemTotal":
            yield int(rest.split()[0]) * 1024
            return
    if {"SC_PHYS_PAGES", "SC_PAGE_SIZE"} <= getattr(os, "sysconf_names", {}).keys():
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def address_space() -> int | None:
    """Bytes of address space this process may use, None where that is not limited."""
    if sys.platform == "win32":
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft


def _reserved(root: Path) -> int:
    """Bytes of address space that are taken: mostly by threads, long before anybody uses them."""
    pages = _read(root / "proc/self/statm").partition(" ")[0]
    return int(pages) * resource.getpagesize() if pages.isdecimal() else 0


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")
    except OSError:
        return ""
