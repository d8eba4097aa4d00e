"""The endpoint of a route: its policy for the server, and the call."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from httpcore import Endpoint, Peer, RequestHead, Response, body_of
from httpcore import Request as ServerRequest
from mvc.dispatch.keys import make_key
from mvc.dispatch.pipeline import Pipeline, ask_guards, compose
from mvc.dispatch.signature import read_signature
from mvc.dispatch.work import Observe
from mvc.requests import Request, new_request
from mvc.requests.decoding import decoding_request
from mvc.routing import Guard, Route
from mvc.views import TemplateResponse

# A gate sees the head alone; whoever asks for the address there gets one that means nothing.
_NO_PEER = Peer(("", 0), ("", 0))


def endpoint_name(route: Route) -> str:
    """What logs and statistics call a route: its name, or methods and pattern."""
    return route.name or f"{','.join(sorted(route.methods))} {route.pattern.text}"


class RouteEndpoint(Endpoint):
    """Answers the requests of one route. Composed at start, shared by all threads, never changed.

    guards: asked in order before the handler; those of the route's options come first.
    """

    def __init__(self, pipeline: Pipeline, route: Route, guards: Sequence[Guard] = ()) -> None:
        options = route.options
        self.route = route
        self.name = endpoint_name(route)
        self.max_body = options.max_body
        self.stream_body = options.stream_body
        self.encoded_body = options.encoded_body
        self.wants_trailers = options.wants_trailers
        self.lane = "pool" if options.cancel_on_disconnect else options.lane
        self.max_concurrency = options.max_concurrency
        self.queue, self.queue_timeout = options.queue, options.queue_timeout
        self.timeout = options.timeout
        if options.key is not None:
            signature = read_signature(route, bool(guards))
            self.key = make_key((pipeline.services, route), options.key, signature)
        self.gated = bool(guards)
        self._guards = tuple(guards)
        self._pipeline = pipeline
        # Bound to application and route from the start, which spares every request a call.
        make_request = decoding_request if options.encoded_body else new_request
        self.request_type = partial(make_request, (pipeline.services, route))
        self._call, self._recover = compose(pipeline, route, guards)
        self._after = tuple(pipeline.after)
        self._settle = pipeline.finish

    def __call__(self, request: ServerRequest) -> Response:
        """Answer a request; only ClientDisconnected does not become a response (sec:R10)."""
        bound: Request = request  # type: ignore[assignment]  # `request_type` made it
        try:
            response = self._call(bound)
        except Exception as error:
            response = self._recover(bound, error)
        if isinstance(response, TemplateResponse):
            response = self._rendered(bound, response)
        if self._after:
            response = self._run_after(bound, response)
        try:
            return self._settle(bound, response)
        except Exception as error:
            return self._finish_anew(bound, response, error)

    def gate(self, head: RequestHead) -> Response | None:
        """Ask the guards before the body is read (http:C5); a refusal is a whole response."""
        binding = (self._pipeline.services, self.route)
        request = new_request(binding, head, body_of(b""), _NO_PEER)
        try:
            refusal = ask_guards(self._guards, request, {})
        except Exception as error:
            refusal = self._pipeline.errors.respond(request, error)
        if refusal is None:
            return None
        try:
            return self._settle(request, refusal)
        except Exception as error:
            return self._finish_anew(request, refusal, error)

    def _rendered(self, request: Request, response: TemplateResponse) -> Response:
        """Behind the middleware, which may change the context, and before the after hooks, which
        run for an error page too (feat:E6, T3)."""
        try:
            response.render()
        except Exception as error:
            return self._pipeline.errors.respond(request, error)
        return response

    def _finish_anew(self, request: Request, failed: Response, error: Exception) -> Response:
        """What failed while a response was finished is answered like the rest."""
        failed.close()
        response = self._pipeline.errors.respond(request, error)
        try:
            return self._settle(request, response)
        except Exception as second:  # the error's own answer cannot be finished either
            response.close()
            return self._pipeline.errors.respond_plainly(request, second)

    def _run_after(self, request: Request, response: Response) -> Response:
        for hook in self._after:
            try:
                answer = hook(request, response)
            except Exception as error:
                response.close()
                response = self._pipeline.errors.respond(request, error)
            else:
                response = answer if isinstance(answer, Response) else response
        return response

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


class ObservedEndpoint(RouteEndpoint):
    """One whose statements are counted (orm:A6). It stands around another one."""

    def __init__(self, inner: RouteEndpoint, observe: Observe, budget: int) -> None:
        self.__dict__.update(inner.__dict__)
        self._inner = inner
        self._observe = observe
        self._budget = budget

    def __call__(self, request: ServerRequest) -> Response:
        bound: Request = request  # type: ignore[assignment]  # `request_type` made it
        with self._observe(bound, self.name, self._budget) as observed:
            response = self._inner(request)
        observed.report(response)
        return response


class WatchedEndpoint(RouteEndpoint):
    """One whose statements end with its deadline, or with its client (feat:V3, V4)."""

    def __init__(self, pipeline: Pipeline, route: Route, guards: Sequence[Guard] = ()) -> None:
        super().__init__(pipeline, route, guards)
        self._watch = pipeline.work.watch
        self._until_gone = route.options.cancel_on_disconnect

    def __call__(self, request: ServerRequest) -> Response:
        with self._watch(request, until_gone=self._until_gone):  # type: ignore[arg-type]
            return super().__call__(request)
