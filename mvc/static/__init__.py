"""Static files: scripts, styles, images and fonts of an application, served by ourselves."""

from mvc.static.files import StaticFiles
from mvc.static.opening import open_below

__all__ = ["StaticFiles", "open_below"]
