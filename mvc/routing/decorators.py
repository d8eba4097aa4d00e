"""`route` and its kin: they file a declaration and return the function unchanged.

One set of methods, three owners: a module of the application (`from mvc import route`), a `Group`
in such a module, and an `Application` itself (`@app.route`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar, Unpack, overload

from mvc.routing.applied import FORGOTTEN, check_bare, described
from mvc.routing.location import Caller, caller_outside
from mvc.routing.metadata import metadata_of
from mvc.routing.options import Options
from mvc.routing.registry import ErrorKey, Registry, registry_of
from mvc.routing.route import make_route

F = TypeVar("F", bound=Callable[..., Any])


class RouteDecorators(ABC):
    """The decorators that declare routes. Where they are filed is the subclass's business."""

    @abstractmethod
    def _registry(self, caller: Caller) -> Registry: ...

    def _combine(
        self, pattern: str, name: str | None, options: Options
    ) -> tuple[str, str | None, Options]:
        """Add what the owner gives to all its routes (a group's prefix)."""
        return pattern, name, options

    def route(
        self,
        pattern: str = FORGOTTEN,
        methods: str | Iterable[str] = "GET",
        name: str | None = None,
        **options: Unpack[Options],
    ) -> Callable[[F], F]:
        """Answer `methods` on the paths of `pattern` with the decorated function.

        pattern: see `mvc.routing.pattern`. methods: one, several in a text, or a list; HEAD and
        OPTIONS come by themselves. name: for `url_for`. options: see `RouteOptions`.
        Raises ValueError with file and line for a broken pattern or an unknown option (feat:R17).
        """
        caller = caller_outside()
        if not isinstance(pattern, str):
            raise TypeError(f"{caller.location}: a route needs its pattern: @route('/path')")
        text, qualified, merged = self._combine(pattern, name, options)
        draft = make_route((text, methods, qualified), _undecorated, merged, caller.location)

        def declare(function: F) -> F:
            route = replace(draft, handler=function)
            self._registry(caller).routes.append(route)
            metadata_of(function).routes.append(route)
            return function

        return declare

    def get(
        self, pattern: str = FORGOTTEN, name: str | None = None, **options: Unpack[Options]
    ) -> Callable[[F], F]:
        """`route` for GET."""
        return self._route_for("GET", pattern, name, options)

    def post(
        self, pattern: str = FORGOTTEN, name: str | None = None, **options: Unpack[Options]
    ) -> Callable[[F], F]:
        """`route` for POST."""
        return self._route_for("POST", pattern, name, options)

    def put(
        self, pattern: str = FORGOTTEN, name: str | None = None, **options: Unpack[Options]
    ) -> Callable[[F], F]:
        """`route` for PUT."""
        return self._route_for("PUT", pattern, name, options)

    def patch(
        self, pattern: str = FORGOTTEN, name: str | None = None, **options: Unpack[Options]
    ) -> Callable[[F], F]:
        """`route` for PATCH."""
        return self._route_for("PATCH", pattern, name, options)

    def delete(
        self, pattern: str = FORGOTTEN, name: str | None = None, **options: Unpack[Options]
    ) -> Callable[[F], F]:
        """`route` for DELETE."""
        return self._route_for("DELETE", pattern, name, options)

    def _route_for(
        self, method: str, pattern: str, name: str | None, options: Options
    ) -> Callable[[F], F]:
        if "methods" in options:
            short = method.lower()
            raise TypeError(f"@{short} answers {method} alone: write @route with methods=[...]")
        return self.route(pattern, method, name, **options)


class Decorators(RouteDecorators):
    """Routes and hooks."""

    def before(self, function: F = FORGOTTEN) -> F:
        """Run `function(request)` before every request, known path or not (feat:E7).

        A Response it returns is the answer; anything else is ignored.
        """
        check_bare("before", function)
        self._registry(caller_outside()).before.append(function)
        return function

    def after(self, function: F = FORGOTTEN) -> F:
        """Run `function(request, response)` after every request; it returns the response.

        Returning None keeps the one it was given.
        """
        check_bare("after", function)
        self._registry(caller_outside()).after.append(function)
        return function

    def error(self, key: ErrorKey = FORGOTTEN) -> Callable[[F], F]:
        """Answer a status, or an exception and its subclasses, with `function(request, error)`.

        It returns what a handler may return. Answering a status keeps that status unless the
        function says another. Raises ValueError for a status outside 400-599.
        """
        is_type = isinstance(key, type) and issubclass(key, BaseException)
        if not is_type and not (isinstance(key, int) and 400 <= key <= 599):
            given = described(key)
            raise ValueError(f"error({given}): give a status from 400 to 599, or an exception type")
        caller = caller_outside()

        def declare(function: F) -> F:
            self._registry(caller).errors.append((key, function))
            return function

        return declare

    def middleware(self, item: F = FORGOTTEN) -> F:
        """Put a middleware class, or a function, around every request (see `Middleware`)."""
        check_bare("middleware", item)
        self._registry(caller_outside()).middleware.append(item)
        return item

    def on_startup(self, function: F = FORGOTTEN) -> F:
        """Run `function(app)`, or `function()`, once before the first request."""
        check_bare("on_startup", function)
        self._registry(caller_outside()).on_startup.append(function)
        return function

    def on_shutdown(self, function: F = FORGOTTEN) -> F:
        """Run `function(app)`, or `function()`, once after the last request."""
        check_bare("on_shutdown", function)
        self._registry(caller_outside()).on_shutdown.append(function)
        return function

    @overload
    def command(self, target: str) -> Callable[[F], F]: ...
    @overload
    def command(self, target: F) -> F: ...
    def command(self, target: Any = FORGOTTEN) -> Any:
        """Make `function(app, arguments)` a command of `python -m mvc`; it may take less.

        `@command` calls it as the function, `-` for `_`; `@command("name")` names it.
        """
        registry = self._registry(caller_outside())

        def declare(function: F, name: str = "") -> F:
            registry.commands.append((name or function.__name__.replace("_", "-"), function))
            return function

        if isinstance(target, str):
            return partial(declare, name=target)
        check_bare("command", target)
        return declare(target)


class ModuleDecorators(Decorators):
    """Files everything under the module that called."""

    def _registry(self, caller: Caller) -> Registry:
        return registry_of(caller.module)


class Group(RouteDecorators):
    """Routes that share a prefix, a name and protection (feat:R28).

    prefix: put before each pattern as it stands; "" as pattern is the prefix itself.
    name: `Group(name="api")` makes `name="items"` the route `api:items`.
    middleware: around those of the route. login, permissions: needed for every route in it.
    """

    def __init__(
        self,
        prefix: str = "",
        *,
        name: str | None = None,
        middleware: Sequence[Any] = (),
        login: bool = False,
        permissions: str | Sequence[str] = (),
    ) -> None:
        self.prefix = prefix
        self.name = name
        self.middleware = tuple(middleware)
        self.login = login
        self.permissions = _as_names(permissions)

    def group(self, prefix: str = "", **given: Any) -> Group:
        """A group inside this one: prefixes and names join, protection adds up."""
        inner = Group(prefix, **given)
        inner.prefix = self.prefix + inner.prefix
        inner.name = ":".join(each for each in (self.name, inner.name) if each) or None
        inner.middleware = self.middleware + inner.middleware
        inner.login = self.login or inner.login
        inner.permissions = self.permissions + inner.permissions
        return inner

    def _registry(self, caller: Caller) -> Registry:
        return registry_of(caller.module)

    def _combine(
        self, pattern: str, name: str | None, options: Options
    ) -> tuple[str, str | None, Options]:
        merged = options.copy()
        merged["middleware"] = (*self.middleware, *options.get("middleware", ()))
        merged["login"] = self.login or options.get("login", False)
        merged["permissions"] = (*self.permissions, *_as_names(options.get("permissions", ())))
        qualified = f"{self.name}:{name}" if self.name and name else name
        return self.prefix + pattern, qualified, merged


def _undecorated(request: Any) -> Any:
    """Stands for the handler until the decorator is applied."""
    raise NotImplementedError


def _as_names(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


_of_module = ModuleDecorators()
route = _of_module.route
get = _of_module.get
post = _of_module.post
put = _of_module.put
patch = _of_module.patch
delete = _of_module.delete
before = _of_module.before
after = _of_module.after
error = _of_module.error
middleware = _of_module.middleware
on_startup = _of_module.on_startup
on_shutdown = _of_module.on_shutdown
command = _of_module.command
