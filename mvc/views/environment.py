"""The template engine of an application: Jinja2 with autoescape for everything (sec:F7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2.runtime import Context
from jinja2.utils import missing

from mvc.calling import number_taken
from mvc.views.extras import Extra, ExtraKind
from mvc.views.functions import FUNCTIONS, static_function
from mvc.views.rendering import rendering_for

if TYPE_CHECKING:
    from mvc.requests import Request

_OWN_TEMPLATES = Path(__file__).parent / "templates"

# Looked up when a template names them, not before: reading the user or the session makes a
# response private, and a page that shows neither should stay cacheable (sec:H8).
_LAZY_NAMES: Mapping[str, Callable[[Any], Any]] = {
    "user": lambda request: request.user,
    "session": lambda request: request.session,
}


def _of_request(function: Callable[..., Any]) -> Callable[[Any], Any]:
    """A context processor that takes a request, made of one that may take nothing."""
    return function if number_taken(function, None) else lambda request: function()


class _LazyContext(Context):
    def resolve_or_missing(self, key: str) -> Any:
        value = super().resolve_or_missing(key)
        request = self.parent.get("request") if value is missing and key in _LAZY_NAMES else None
        return value if request is None else _LAZY_NAMES[key](request)


class _Environment(jinja2.Environment):
    context_class = _LazyContext


class Templates:
    """Finds and renders templates.

    folders: searched in order, then the framework's own (`treadle/...`); missing ones are fine.
    debug: unknown variables raise and files are reloaded when they change; in production an
    unknown variable is empty text. static: makes the URL of a static file from its path, default
    plain ones below `static_url`.
    """

    def __init__(
        self,
        folders: Sequence[Path] = (),
        *,
        debug: bool = False,
        static_url: str = "/static/",
        static: Callable[[str], str] | None = None,
        url_for: Callable[..., str] | None = None,
    ) -> None:
        self._processors: list[Callable[[Request], Mapping[str, Any]]] = []
        self._environment = _Environment(
            loader=jinja2.FileSystemLoader([*map(str, folders), str(_OWN_TEMPLATES)]),
            autoescape=True,
            undefined=jinja2.StrictUndefined if debug else jinja2.Undefined,
            auto_reload=debug,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(FUNCTIONS, static=static or static_function(static_url))
        if url_for is not None:
            self._environment.globals["url_for"] = url_for

    def install(self, extras: Iterable[Extra]) -> None:
        """Add the application's functions, filters and context processors, before any rendering."""
        for extra in extras:
            if extra.kind is ExtraKind.GLOBAL:
                self._environment.globals[extra.name] = extra.function
            elif extra.kind is ExtraKind.FILTER:
                self._environment.filters[extra.name] = extra.function
            else:
                self._processors.append(_of_request(extra.function))

    def faults(self, within: Path) -> Iterator[str]:
        """`file:line: what` for the templates below a folder that do not compile (feat:T11)."""
        for name in self._environment.list_templates():
            try:
                self._environment.get_template(name)
            except jinja2.TemplateSyntaxError as error:
                if Path(error.filename or "").is_relative_to(within):
                    yield f"{error.filename}:{error.lineno}: {error.message}"
            except UnicodeDecodeError:  # a picture among the templates, and no template
                continue

    def names(self) -> list[str]:
        """The templates there are, by the names that `@view` takes."""
        return self._environment.list_templates()

    def render(
        self, template: str, context: Mapping[str, Any], request: Request | None = None
    ) -> str:
        """The text of a template file.

        Its variables: the context processors', then `context`, then `request`; `user` and
        `session` come from the request unless `context` has them. Raises jinja2.TemplateError.
        """
        return self._render(self._environment.get_template(template), context, request)

    def render_string(
        self, source: str, context: Mapping[str, Any], request: Request | None = None
    ) -> str:
        """The text of a template given as source, escaped like a file.

        The source is code: never pass text that came from a client (sec:F7).
        """
        return self._render(self._environment.from_string(source), context, request)

    def _render(
        self, template: jinja2.Template, context: Mapping[str, Any], request: Request | None
    ) -> str:
        variables: dict[str, Any] = {}
        with rendering_for(request):
            if request is not None:
                for processor in self._processors:
                    variables.update(processor(request))
                variables["request"] = request
            variables.update(context)
            return template.render(variables)
