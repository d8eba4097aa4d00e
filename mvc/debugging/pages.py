"""The page a visitor sees when something went wrong (sec:A9, sec:H1).

A fault of ours is told as one fixed text and the request's id, which the log has too. The page with
the traceback exists only when three things hold at once: debug is on, the connection comes from
this machine, and the Host asked for is a loopback name - so that neither a forgotten setting nor a
rebound DNS name shows it to anyone else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from httpcore import HTTPError, StoredBody, reason_phrase
from mvc.debugging.masking import Masker, is_secret_name, secrets_of
from mvc.debugging.sentences import SENTENCES
from mvc.debugging.tracebacks import ExceptionView, SourceLine, describe
from mvc.requests import best_match, expects_json
from mvc.responses import HtmlResponse, JsonResponse, Response, TextResponse
from mvc.responses.conversion import REQUIRED_FIELDS
from mvc.security.headers import CSP_FIELD, content_security_policy, csp_nonce
from mvc.security.hosts import is_loopback_address, is_loopback_host
from mvc.views.environment import Templates

if TYPE_CHECKING:
    from mvc.requests import Request

Fields = Iterable[tuple[str, str]]

_PROBLEM = "application/problem+json"  # RFC 9457
_OUR_FAULT = "The server could not answer. Give this number when you report it."

_templates = Templates()


def error_page(
    request: Request | None,
    status: int,
    detail: str,
    headers: Fields = (),
    exception: BaseException | None = None,
    debug: bool = False,
) -> Response:
    """The response to an error, as HTML, JSON or text by Accept.

    detail: one sentence for the client, "" for what `SENTENCES` says of the status; a 500 shows a
        fixed one whatever is given here.
    exception: shown with its traceback when `debug` is on and the client sits at this machine.
    """
    is_shown = exception is not None and debug and _is_at_this_machine(request)
    content = _content(request, status, detail)
    if is_shown and request is not None and exception is not None:
        masker = Masker(_secret_values(request))
        content["exceptions"] = _masked(describe(exception), masker)
        content["sections"] = _request_data(request, masker)
    response = _format_of(request)(request, content)
    for name, value in headers:
        response.headers.add(name, value)
    if status in REQUIRED_FIELDS:
        response.headers.setdefault(*REQUIRED_FIELDS[status])
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _content(request: Request | None, status: int, detail: str) -> dict[str, Any]:
    title = reason_phrase(status)
    if detail in ("", title):  # an HTTPError without a detail has its title there
        detail = SENTENCES.get(status, title)
    content: dict[str, Any] = {"status": status, "title": title, "detail": detail}
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        content["detail"] = _OUR_FAULT
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and request is not None:
        content["request_id"] = request.id
    return content


def _is_at_this_machine(request: Request | None) -> bool:
    return (
        request is not None
        and is_loopback_address(request.peer.remote[0])
        and is_loopback_address(request.remote_addr)
        and is_loopback_host(request.head.host)
    )


def _format_of(request: Request | None) -> Callable[[Request | None, dict[str, Any]], Response]:
    if request is None:
        return _as_html
    if expects_json(request):
        return _as_json
    offers = ("text/html", "text/plain")
    is_text = best_match(request.headers.get("Accept"), offers) == "text/plain"
    return _as_text if is_text else _as_html


def _as_html(request: Request | None, content: dict[str, Any]) -> Response:
    nonce = csp_nonce(request) if request is not None else ""
    template = "treadle/debug.html" if "exceptions" in content else "treadle/error.html"
    page = _templates.render(template, {**content, "nonce": nonce})
    response = HtmlResponse(page, content["status"])
    if request is not None and nonce:
        # Said here too: this page may be made after the security fields were.
        response.headers[CSP_FIELD] = content_security_policy(request.app.settings.csp, nonce)
    return response


def _as_json(request: Request | None, content: dict[str, Any]) -> Response:
    document = {"type": "about:blank", **content}
    document.pop("sections", None)
    if "exceptions" in document:
        document["exceptions"] = [
            {"title": each.title, "message": each.message, "location": each.location}
            for each in content["exceptions"]
        ]
    return JsonResponse(document, content["status"], content_type=_PROBLEM)


def _as_text(request: Request | None, content: dict[str, Any]) -> Response:
    lines = [f"{content['status']} {content['title']}", content["detail"]]
    if "request_id" in content:
        lines.append(f"Request {content['request_id']}")
    exceptions = content.get("exceptions", ())
    lines += [f"{each.title}: {each.message} ({each.location})" for each in exceptions]
    return TextResponse("\n".join(lines) + "\n", content["status"])


def _request_data(request: Request, masker: Masker) -> list[tuple[str, list[tuple[str, str]]]]:
    line = [("method", request.method), ("target", request.target), ("id", request.id)]
    sections = [
        ("Request", masker.pairs([*line, ("client", request.remote_addr)])),
        ("Path parameters", masker.pairs((k, repr(v)) for k, v in request.params.items())),
        ("Query", masker.pairs(request.query.pairs())),
        ("Form", masker.pairs(_form_pairs(request))),
        ("Fields", masker.pairs(request.headers.items())),
    ]
    return [(title, pairs) for title, pairs in sections if pairs]


def _form_pairs(request: Request) -> list[tuple[str, str]]:
    # A body that is still on the wire is not waited for, and a broken one is not news here.
    if isinstance(request.stream, StoredBody):
        with suppress(HTTPError):
            return list(request.form.pairs())
    return []


def _secret_values(request: Request) -> list[str]:
    sent = [*request.query.pairs(), *_form_pairs(request), *request.headers.items()]
    values = [value for name, value in sent if is_secret_name(name)]
    return [*secrets_of(request.app.settings), *request.cookies.values(), *values]


def _masked(exceptions: list[ExceptionView], masker: Masker) -> list[ExceptionView]:
    return [
        ExceptionView(
            title=each.title,
            message=masker.text(each.message),
            location=each.location,
            frames=[
                replace(frame, source=[_masked_line(line, masker) for line in frame.source])
                for frame in each.frames
            ],
        )
        for each in exceptions
    ]


def _masked_line(line: SourceLine, masker: Masker) -> SourceLine:
    return replace(line, text=masker.text(line.text))
