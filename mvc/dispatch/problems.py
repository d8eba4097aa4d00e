"""Problem documents (RFC 9457) for values that do not fit."""

from collections.abc import Sequence
from typing import Any

from httpcore import HTTPError
from mvc.requests import Request, best_match
from mvc.responses import JsonResponse

PROBLEM_TYPE = "application/problem+json"


class InvalidParameters(HTTPError):
    """Typed parameters that are missing or do not convert (422).

    errors: one {"in", "name", "detail"} each; "in" is path, query, form or json.
    """

    def __init__(self, errors: Sequence[dict[str, str]]) -> None:
        faults = "; ".join(f"{error['name']} {error['detail']}" for error in errors)
        super().__init__(422, f"These values are missing or do not fit: {faults}.")
        self.errors = list(errors)

    def to_problem(self) -> JsonResponse:
        """The problem document that answers this request."""
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": "Unprocessable Content",
            "status": self.status,
            "detail": self.detail,
            "errors": self.errors,
        }
        return JsonResponse(document, self.status, content_type=PROBLEM_TYPE)


def wants_page(request: Request) -> bool:
    """Whether a page tells this client more than a problem document: it asks for HTML by name."""
    offers = (PROBLEM_TYPE, "application/json", "text/html")  # the first of equals wins
    return best_match(request.headers.get("Accept"), offers) == "text/html"
