"""What every endpoint of one application shares, and how it is put together for a route.

From the outside in:

    before hooks, middleware of the application, middleware of the route      (each may answer)
      CSRF, guards in reading order, typed parameters                         (each may refuse)
        controller and conversion of its result, in a transaction when the method is unsafe
    after hooks, session, security fields, conditional answer

The layers are composed once, at start; a request meets only those that its route has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from httpcore import ClientDisconnected, Response
from mvc.config import ConfigError
from mvc.dispatch.errors import ErrorResponder
from mvc.dispatch.middleware import Call, Recover, error_hooks, load_middleware, wrap
from mvc.dispatch.parameters import collect, convert_path
from mvc.dispatch.signature import Signature, read_signature
from mvc.dispatch.work import Invoke, Work, in_read_only, in_transaction
from mvc.requests import Request, Services
from mvc.responses import PLAIN, to_response
from mvc.routing import SAFE_METHODS, Guard, Route, metadata_of
from mvc.security import csrf
from mvc.views import with_template


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The parts of an application that its endpoints share.

    services: the application as its requests know it. errors: answers exceptions.
    work: what the storage offers to a request. finish: settles session and fields.
    before, after: hooks. middleware: loaded, outermost first.
    cors: the middleware for a route's `cors`, None for what has no route; outside all others.
    """

    services: Services
    errors: ErrorResponder
    work: Work
    finish: Callable[[Request, Response], Response]
    before: Sequence[Callable[..., Any]] = ()
    after: Sequence[Callable[..., Any]] = ()
    middleware: list[Any] = field(default_factory=list)
    cors: Callable[[Any], Sequence[Any]] = lambda option: ()


def compose(pipeline: Pipeline, route: Route, guards: Sequence[Guard]) -> tuple[Call, Recover]:
    """The call that answers a route's requests, and what answers an exception it lets out."""
    stack = [*_cors(pipeline, route), *pipeline.middleware, *_route_middleware(route)]
    hooks = error_hooks(stack)

    until_gone = route.options.cancel_on_disconnect

    def recover(request: Request, error: Exception) -> Response:
        if until_gone and request.disconnected:
            raise ClientDisconnected("the client has gone, and its work was stopped") from error
        return pipeline.errors.respond(request, error, hooks)

    call = _core(pipeline, route, guards)
    if stack:
        # Middleware sees responses only (feat:E8).
        call = _guarded(call, recover)
    for item in reversed(stack):
        call = wrap(item, call, recover)
    if pipeline.before:
        call = _with_before(pipeline.before, call, recover)
    return call, recover


def _core(pipeline: Pipeline, route: Route, guards: Sequence[Guard]) -> Call:
    options = route.options
    invoke = _invoker(pipeline, route, guards)
    if options.read_only:
        invoke = in_read_only(pipeline.work, invoke)
    safe = _checked(guards, invoke)
    if route.methods <= SAFE_METHODS:
        return safe
    if options.transaction and not options.read_only:
        invoke = in_transaction(pipeline.work, options, invoke)
    unsafe = _checked(guards, invoke)
    is_exempt = metadata_of(route.handler).csrf_exempt or not route.options.csrf

    def call(request: Request) -> Response:
        if request.head.method in SAFE_METHODS:
            return safe(request)
        csrf.check(request, is_exempt)
        return unsafe(request)

    return call


_NOTHING: dict[str, Any] = {}


def _checked(guards: Sequence[Guard], invoke: Invoke) -> Call:
    if not guards:
        return invoke

    def call(request: Request) -> Response:
        extras: dict[str, Any] = {}
        refusal = ask_guards(guards, request, extras)
        return invoke(request, extras) if refusal is None else refusal

    return call


def ask_guards(
    guards: Sequence[Guard], request: Request, extras: dict[str, Any]
) -> Response | None:
    """The first refusal, or None when every guard agrees; `extras` then holds what they found."""
    for guard in guards:
        refusal = guard(request, extras)
        if refusal is not None:
            return to_response(refusal, request)
    return None


def _invoker(pipeline: Pipeline, route: Route, guards: Sequence[Guard]) -> Invoke:
    handler = with_template(route.handler)
    signature = read_signature(route, bool(guards))
    takes_request_alone = not (guards or signature.accepts or signature.takes_any)
    arguments = _arguments(signature)
    converters = {} if pipeline.services.settings.strict_responses else PLAIN

    def invoke(request: Request, extras: dict[str, Any] = _NOTHING) -> Response:
        return to_response(handler(request, **arguments(request, extras)), request)

    def invoke_alone(request: Request) -> Response:
        result = handler(request)
        # A look-up here spares the usual dict or text a call.
        convert = converters.get(type(result))
        return to_response(result, request) if convert is None else convert(result, 200)

    return invoke_alone if takes_request_alone else invoke


def _arguments(signature: Signature) -> Callable[[Request, dict[str, Any]], dict[str, Any]]:
    if not signature.path and not signature.typed:

        def path_only(request: Request, extras: dict[str, Any]) -> dict[str, Any]:
            return {**request.params, **_fitting(signature, extras)} if extras else request.params

        return path_only

    def every(request: Request, extras: dict[str, Any]) -> dict[str, Any]:
        values = convert_path(request.params, signature.path)
        found = [each for each in signature.typed if each.name not in extras]
        return {**values, **collect(request, tuple(found)), **_fitting(signature, extras)}

    return every


def _fitting(signature: Signature, extras: dict[str, Any]) -> dict[str, Any]:
    if signature.takes_any:
        return extras
    return {name: value for name, value in extras.items() if name in signature.accepts}


def _guarded(call: Call, recover: Recover) -> Call:
    def guarded(request: Request) -> Response:
        try:
            return call(request)
        except Exception as error:
            return recover(request, error)

    return guarded


def _with_before(
    hooks: Sequence[Callable[..., Any]],
    inner: Call,
    recover: Recover,
) -> Call:
    def call(request: Request) -> Response:
        try:
            for hook in hooks:
                answer = hook(request)
                if isinstance(answer, Response):
                    return to_response(answer, request)
        except Exception as error:
            return recover(request, error)
        return inner(request)

    return call


def _cors(pipeline: Pipeline, route: Route) -> Sequence[Any]:
    try:
        return pipeline.cors(route.options.cors)
    except ConfigError as error:
        if route.options.cors is None:
            raise
        raise ValueError(f"{route.location}: {error}") from error


def _route_middleware(route: Route) -> list[Any]:
    try:
        return [load_middleware(item) for item in route.options.middleware]
    except (ImportError, TypeError) as error:
        raise type(error)(f"{route.location}: {error}") from error
