"""Requests: what arrives, parsed on demand and within limits."""

from mvc.requests.incoming import SavedFile, SaveTo
from mvc.requests.multidict import InvalidField, MissingField, MultiDict
from mvc.requests.negotiation import best_match, expects_json, parse_accept, prefers_json
from mvc.requests.request import Request, new_request
from mvc.requests.services import Services
from mvc.requests.uploads import UploadedFile, safe_filename

__all__ = [
    "InvalidField",
    "MissingField",
    "MultiDict",
    "Request",
    "SaveTo",
    "SavedFile",
    "Services",
    "UploadedFile",
    "best_match",
    "expects_json",
    "new_request",
    "parse_accept",
    "prefers_json",
    "safe_filename",
]
