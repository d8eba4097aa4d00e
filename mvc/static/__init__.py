"""Files of folders, served by ourselves: the static folder's and those of `mount`."""

from mvc.static.below import file_below
from mvc.static.directories import DirectoryEntry, list_directory
from mvc.static.files import StaticFiles
from mvc.static.mounts import Mount, declare_mount, mount
from mvc.static.opening import open_below
from mvc.static.options import FileOptions

__all__ = [
    "DirectoryEntry",
    "FileOptions",
    "Mount",
    "StaticFiles",
    "declare_mount",
    "file_below",
    "list_directory",
    "mount",
    "open_below",
]
