"""The application: what it declared, compiled for the server, and the services its requests use."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from httpcore import Endpoint, RequestHead, Response
from mvc.auth import load_user
from mvc.calling import call_with
from mvc.config import Settings
from mvc.dispatch import ErrorResponder, Pipeline, check_hooks, load_middleware
from mvc.dispatch.site import Site
from mvc.dispatch.work import Work
from mvc.layers import ROOT, load_settings
from mvc.loading import LoadError, explain, load_package
from mvc.requests import Request
from mvc.responses import Delivery, detached, ensure_sendable
from mvc.routing import Caller, Decorators, Registry, Route, caller_outside, location_of
from mvc.routing.declared import declare, routes_from
from mvc.security import headers as security_headers
from mvc.security.cors import cors_middleware
from mvc.security.hosts import HostPolicy
from mvc.security.keys import KeyRing, open_key_ring
from mvc.sessions import MemorySessionStore, Session, SessionManager
from mvc.static import FileOptions, Mount, StaticFiles, declare_mount
from mvc.storage import (
    EXCEPTION_STATUS,
    DatabaseSessionStore,
    DatabaseUserStore,
    connect,
    is_worth_another_try,
    load_user_model,
    prepare_tables,
    query_observer,
    read_only,
    unit_of_work,
    watched,
)
from mvc.views import Templates

_log = logging.getLogger("treadle.app")

_SESSION_STORES: dict[str, Callable[[], Any]] = {
    "database": DatabaseSessionStore,
    "memory": MemorySessionStore,
}


class Application(Decorators):
    """A `Handler` for the server, and `request.app` for its requests.

    routes: decorated functions, Routes, (pattern, function) or (pattern, function, options).
    settings: `Settings()` keeps everything in memory. More can be declared on the application
    itself (`@app.route`, `@app.before`, `app.add_route`) as long as it has not answered a request.
    Raises ValueError or TypeError, naming file and line, for routes that are wrong.
    """

    def __init__(
        self,
        routes: Iterable[Any] = (),
        settings: Settings | None = None,
        *,
        registry: Registry | None = None,
    ) -> None:
        self.settings = settings if settings is not None else Settings()
        self.declared = registry if registry is not None else Registry()
        for item in routes:
            self.declared.routes.extend(routes_from(item))
        self._site: Site | None = None
        self._is_started = False
        self._deliver = Delivery(self.settings)
        connect(self.settings)
        if self.declared.routes:
            self.compile()

    @classmethod
    def load(
        cls,
        folder: str | Path | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        arguments: Mapping[str, Any] | None = None,
        root: Path = ROOT,
    ) -> Application:
        """The application in a folder (see api.md), by default the one the configuration names.

        Raises ConfigError and LoadError, each with one line that says where and what.
        """
        place = Path(folder) if folder is not None else None
        settings = load_settings(environ or {}, arguments or {}, folder=place, root=root)
        if settings.app_dir is None:
            raise RuntimeError("load_settings found no application folder")
        registry = load_package(settings.app_dir)
        try:
            app = cls(settings=settings, registry=registry)
            app.compile()
        except (ValueError, TypeError, ImportError) as error:
            raise LoadError(str(error)) from error
        return app

    # Declaring.

    def _registry(self, caller: Caller) -> Registry:
        self._site = None
        return self.declared

    def add_route(self, pattern: str, function: Callable[..., Any], **options: Any) -> None:
        """Add a route without a decorator; keywords as those of `route`."""
        self.declared.routes.append(declare(pattern, function, options))
        self._site = None

    def mount(
        self, prefix: str, folders: str | Path | Sequence[str | Path], **options: Any
    ) -> None:
        """Serve the files of folders below a prefix; keywords as those of `mvc.mount`."""
        location = caller_outside().location
        self.declared.mounts.append(declare_mount(prefix, folders, options, location))
        self._site = None

    @property
    def routes(self) -> tuple[Route, ...]:
        """The routes in the order they are tried."""
        return self.compile().table.routes

    # Serving.

    @property
    def default_fields(self) -> Sequence[tuple[str, str]]:
        """The fields of every response (sec:H1)."""
        return security_headers.default_fields(self.settings)

    def resolve(self, head: RequestHead) -> Endpoint:
        """The endpoint for a request head; cheap, and safe on the server's loop."""
        return (self._site or self.compile()).resolve(head)

    def compile(self) -> Site:
        """Compose every endpoint, or return what was composed. Raises what is wrong with them."""
        if self._site is None:
            self._site = self._composed()
        return self._site

    def start(self) -> None:
        """Make what the first request needs (tables, keys), then run `@on_startup`. Idempotent.

        Raises ConfigError or an OrmError that says what is missing, LoadError for a hook.
        """
        if self._is_started:
            return
        self._is_started = True
        self.compile()
        prepare_tables(self.settings)
        # Looked at now, so that what is wrong with them ends the start and not a request.
        load_user_model(self.settings.user_model)
        self.keys  # noqa: B018
        self.default_fields  # noqa: B018
        for hook in self.declared.on_startup:
            try:
                self._run(hook)
            except Exception as error:
                raise LoadError(f"on_startup: {explain(error, self.settings.app_dir)}") from error

    def stop(self) -> None:
        """Run `@on_shutdown`, the last declared first; one that fails is logged. Idempotent."""
        if not self._is_started:
            return
        self._is_started = False
        for hook in reversed(self.declared.on_shutdown):
            try:
                self._run(hook)
            except Exception:
                _log.exception("on_shutdown: %s failed", location_of(hook))

    def _run(self, hook: Callable[..., Any]) -> None:
        """Call a hook, with the application when it takes a parameter."""
        call_with(hook, self)

    # Services of requests.

    @cached_property
    def keys(self) -> KeyRing:
        """Signs what leaves and comes back."""
        return open_key_ring(self.settings)

    @cached_property
    def sessions(self) -> SessionManager:
        """Loads and saves sessions."""
        return SessionManager(_SESSION_STORES[self.settings.session_store](), self.settings)

    @cached_property
    def users(self) -> DatabaseUserStore:
        """Finds users."""
        return DatabaseUserStore(self.settings.user_model)

    @cached_property
    def templates(self) -> Templates:
        """Renders templates, with what the application added to them."""
        templates = Templates(
            self._folders("templates"),
            debug=self.settings.debug,
            static=self.static_files.url,
            url_for=self.url_for,
        )
        templates.install(self.declared.template_extras)
        return templates

    @cached_property
    def static_files(self) -> StaticFiles:
        """Serves the static folders, and makes their URLs."""
        settings = self.settings
        is_hashed = settings.static_hashed_urls == "on" or (
            settings.static_hashed_urls == "auto" and not settings.debug
        )
        options = FileOptions(
            cache_control=settings.static_cache_control,
            follow_symlinks=settings.static_follow_symlinks,
            is_hashed=is_hashed,
        )
        return StaticFiles(self._folders("static"), settings.static_url, options, settings)

    @cached_property
    def allows_host(self) -> Callable[[str], bool]:
        """Whether `host[:port]` is one of ours (sec:H9)."""
        return HostPolicy(self.settings).allows

    def load_session(self, request: Request) -> Session:
        """The session of a request."""
        return self.sessions.load(request)

    def load_user(self, request: Request) -> Any:
        """The logged-in user, or the falsy `anonymous`."""
        return load_user(request)

    def url_for(self, name: str, /, **params: Any) -> str:
        """The path of a named route. Raises LookupError or ValueError (feat:R27)."""
        return self.compile().table.url_for(name, params)

    # Composing.

    def _composed(self) -> Site:
        declared = self.declared
        check_hooks(declared)
        pipeline = Pipeline(
            services=self,
            errors=ErrorResponder(declared.errors, EXCEPTION_STATUS, self.settings.debug),
            work=Work(
                unit_of_work,
                read_only,
                watched,
                is_worth_another_try,
                query_observer(self.settings),
            ),
            finish=self._finish,
            before=tuple(declared.before),
            after=tuple(declared.after),
            middleware=[
                load_middleware(item) for item in (*self.settings.middleware, *declared.middleware)
            ],
            cors=partial(cors_middleware, self.settings),
        )
        routes = [*declared.routes, *self._static_routes(), *self._mounted_routes()]
        return Site(pipeline, routes, self.allows_host, self.settings.append_slash)

    def _static_routes(self) -> list[Route]:
        files = self.static_files
        return [declare(f"{files.prefix}<path:path>", files, {})] if files.folders else []

    def _mounted_routes(self) -> Iterator[Route]:
        """The longest prefix first: a mount inside another one's folder comes before it."""
        mounts: list[Mount] = self.declared.mounts
        for each in sorted(mounts, key=lambda mount: -len(mount.prefix)):
            yield from each.routes(each.files(self.settings), self.declared.routes)

    def _folders(self, name: str) -> list[Path]:
        """The application's folder of that name, then the top-level one, as far as they exist."""
        places = (self.settings.app_dir, self.settings.root)
        return [place / name for place in places if place and (place / name).is_dir()]

    def _finish(self, request: Request, response: Response) -> Response:
        if type(response.body) is not bytes or response.status != 200:  # else there is no doubt
            ensure_sendable(response)
        has_context = request.has_context
        if has_context:
            response = detached(response)
            self.sessions.finish(request, response)
        # What depends on the request: a nonce, the route's own policy, HSTS.
        is_plain = request.peer.scheme == "http" and not self._is_proxied
        if has_context or request.route.options.csp or not is_plain:
            security_headers.finish(request, response)
        return self._deliver(request, response)

    @cached_property
    def _is_proxied(self) -> bool:
        return bool(self.settings.trusted_proxies)
