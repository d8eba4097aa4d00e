"""Responses: the classes, the helpers, and how a controller's result becomes one."""

from mvc.responses.classes import (
    HtmlResponse,
    JsonResponse,
    JsonStreamResponse,
    NoContentResponse,
    NotModifiedResponse,
    PartialResponse,
    RedirectResponse,
    Response,
    StreamResponse,
    TextResponse,
)
from mvc.responses.compression import Delivery
from mvc.responses.conditional import apply_conditional
from mvc.responses.content_types import content_type_of, raster_image_type
from mvc.responses.conversion import PLAIN, ensure_sendable, to_response
from mvc.responses.dates import format_http_date, parse_http_date
from mvc.responses.encoding import encode_json
from mvc.responses.files import FileResponse
from mvc.responses.helpers import abort, file, html, json, redirect, text
from mvc.responses.ranges import parse_range
from mvc.responses.representation import detached

__all__ = [
    "PLAIN",
    "Delivery",
    "FileResponse",
    "HtmlResponse",
    "JsonResponse",
    "JsonStreamResponse",
    "NoContentResponse",
    "NotModifiedResponse",
    "PartialResponse",
    "RedirectResponse",
    "Response",
    "StreamResponse",
    "TextResponse",
    "abort",
    "apply_conditional",
    "content_type_of",
    "detached",
    "encode_json",
    "ensure_sendable",
    "file",
    "format_http_date",
    "html",
    "json",
    "parse_http_date",
    "parse_range",
    "raster_image_type",
    "redirect",
    "text",
    "to_response",
]
