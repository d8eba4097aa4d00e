"""What an application declared, filed by the module that declared it.

Importing a controllers module runs its decorators; each files its entry under that module. An
application gathers the registries of its own modules when it loads, so that several applications
in one process (tests) do not see each other's, and loading one twice finds everything again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from mvc.routing.route import Route

# What an `@error` handler is for: a status, or an exception type.
ErrorKey = int | type[BaseException]


@dataclass(slots=True)
class Registry:
    """Declarations in their order: routes, hooks, middleware, commands (name -> function)."""

    routes: list[Route] = field(default_factory=list)
    before: list[Callable[..., Any]] = field(default_factory=list)
    after: list[Callable[..., Any]] = field(default_factory=list)
    errors: list[tuple[ErrorKey, Callable[..., Any]]] = field(default_factory=list)
    middleware: list[Any] = field(default_factory=list)
    on_startup: list[Callable[..., Any]] = field(default_factory=list)
    on_shutdown: list[Callable[..., Any]] = field(default_factory=list)
    commands: list[tuple[str, Callable[..., Any]]] = field(default_factory=list)
    mounts: list[Any] = field(default_factory=list)  # mvc.static.mounts.Mount
    template_extras: list[Any] = field(default_factory=list)  # mvc.views.extras.Extra

    def extend(self, other: "Registry") -> None:
        """Append everything the other one holds."""
        for each in fields(self):
            getattr(self, each.name).extend(getattr(other, each.name))


_by_module: dict[str, Registry] = {}


def registry_of(module: str) -> Registry:
    """What the module declared so far; made on first use."""
    return _by_module.setdefault(module, Registry())


def gather(package: str) -> Registry:
    """Everything the package and its modules declared, in the order they were imported."""
    gathered = Registry()
    for module, registry in list(_by_module.items()):
        if is_inside(module, package):
            gathered.extend(registry)
    return gathered


def forget(package: str) -> None:
    """Drop what the package declared, before its modules are imported anew."""
    for module in [each for each in _by_module if is_inside(each, package)]:
        del _by_module[module]


def is_inside(module: str, package: str) -> bool:
    """Whether the dotted name is the package or something in it."""
    return module == package or module.startswith(f"{package}.")
