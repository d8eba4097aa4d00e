"""Error pages: a fixed one for visitors, one with the traceback for whoever develops here."""

from mvc.debugging.pages import error_page

__all__ = ["error_page"]
