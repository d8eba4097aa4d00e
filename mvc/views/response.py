"""Responses made from templates, and the one controller that answers HTML and JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, cast

from httpcore import FileBody
from mvc.requests import prefers_json
from mvc.responses import JsonResponse, Response
from mvc.routing import metadata_of
from mvc.views.environment import Templates

if TYPE_CHECKING:
    from mvc.requests import Request

HTML = "text/html; charset=utf-8"
Body = bytes | Iterable[bytes] | FileBody


class _Services(Protocol):
    templates: Templates


class TemplateResponse(Response):
    """A template with its context, rendered when its body is first asked for (feat:T3).

    That is behind all middleware, or when one reads `body`; until then it may change `template` and
    `context`.
    """

    __slots__ = ("_body", "context", "request", "template")

    def __init__(
        self,
        request: Request,
        template: str,
        context: Mapping[str, Any] | None = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content_type: str = HTML,
    ) -> None:
        super().__init__(b"", status, headers, content_type)
        self.request = request
        self.template = template
        self.context = dict(context or {})
        self._body: Body | None = None

    @property
    def body(self) -> Body:
        """The rendered text, or what was put in its place. Raises jinja2.TemplateError."""
        if self._body is None:
            templates = cast(_Services, self.request.app).templates
            self._body = templates.render(self.template, self.context, self.request).encode()
        return self._body

    @body.setter
    def body(self, body: Body) -> None:
        self._body = body

    def render(self) -> None:
        """Fill the body, once. Raises jinja2.TemplateError."""
        _ = self.body

    def close(self) -> None:
        """Release the body, when there is one."""
        if self._body is not None:
            super().close()


def render(
    request: Request,
    template: str,
    values: Mapping[str, Any] | None = None,
    /,
    *,
    status: int = 200,
    **context: Any,
) -> TemplateResponse:
    """`template` with a mapping, the keywords, or both as its context."""
    return TemplateResponse(request, template, {**(values or {}), **context}, status)


def with_template(handler: Callable[..., Any]) -> Callable[..., Any]:
    """`handler`, its result rendered as its `@view` says; without one the handler itself."""
    template = metadata_of(handler).template
    if template is None:
        return handler

    def viewed(request: Request, *values: Any, **named: Any) -> Any:
        return render_view(request, template, handler(request, *values, **named))

    return viewed


def render_view(request: Request, template: str, result: Any) -> Any:
    """What a `@view` handler returned, as HTML or JSON by Accept (feat:T5).

    Only a dict is for the template, alone or as (dict, status) or (dict, status, headers); whatever
    else the handler returned is its answer as it stands.
    """
    parts = result if isinstance(result, tuple) else (result,)
    is_for_template = (
        1 <= len(parts) <= 3
        and isinstance(parts[0], Mapping)
        and all(isinstance(status, int) for status in parts[1:2])
    )
    if not is_for_template:
        return result
    response: Response
    if prefers_json(request):
        response = JsonResponse(*parts)
    else:
        response = TemplateResponse(request, template, *parts)
    response.vary("Accept")
    return response
