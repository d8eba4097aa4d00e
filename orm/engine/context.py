"""What a statement is being run for, as the program around the ORM knows it: a request, a job."""

from collections.abc import Callable, Mapping

Describe = Callable[[], Mapping[str, str]]

_describe: Describe | None = None


def describe() -> Mapping[str, str]:
    """The present context, such as {"request": "...", "route": "GET /notes"}; empty when nobody
    said how to find it."""
    return {} if _describe is None else _describe()


def set_context(function: Describe | None) -> None:
    """Ask `function` for the context from now on, on the thread that runs a statement. Query logs,
    slow queries and reports of lazy loads show it."""
    global _describe
    _describe = function
