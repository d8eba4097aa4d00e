"""Declaring routes and hooks: what is filed, where, and what is refused at once."""

from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from mvc.auth import login_required, owner_required, permission_required, role_required
from mvc.routing import (
    Group,
    after,
    before,
    command,
    error,
    gather,
    get,
    make_route,
    metadata_of,
    middleware,
    on_shutdown,
    on_startup,
    post,
    registry_of,
    route,
)
from mvc.routing.declared import routes_from
from mvc.security.csrf import csrf_exempt
from mvc.views import context_processor, template_filter, template_global, view

HERE = Path(__file__).name


def handler(request: object) -> None: ...


def test_feat_R1_decorators_stack_and_return_the_function() -> None:
    def own(request: object) -> None: ...

    declared = route("/a", name="a")(get("/b", timeout=3)(own))
    assert declared is own
    assert [each.pattern.text for each in metadata_of(own).routes] == ["/b", "/a"]
    assert metadata_of(own).routes[0].options.timeout == 3
    assert metadata_of(own).routes[0] in registry_of(__name__).routes


def test_feat_R17_errors_name_the_line_of_the_decorator() -> None:
    with pytest.raises(ValueError, match=rf"{HERE}:\d+: pattern '/<a b>'"):
        route("/<a b>")(handler)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"lanes": "pool"}, "did you mean 'lane'"),
        ({"timout": 3}, "did you mean 'timeout'"),
        ({"lane": "fast"}, "one of auto, inline, pool"),
        ({"max_body": "much"}, "'unlimited'"),
        ({"max_concurrency": 0}, "give 1 or more"),
        ({"queue": -1}, "give 0 or more"),
        ({"queue": 2}, "with max_concurrency only"),
        ({"max_concurrency": 2, "queue_timeout": 2}, "with a queue only"),
        ({"max_concurrency": 2, "queue": 2, "queue_timeout": 0}, "give 0.001 or more"),
        ({"key": "address"}, "with max_concurrency only"),
        ({"max_concurrency": 1, "key": "adress"}, "did you mean 'address'"),
        ({"max_concurrency": 1, "key": "user"}, "take 'session' .* or lock the user's row"),
        ({"max_concurrency": 1, "key": "colour"}, "take 'path.NAME', 'query.NAME', 'session'"),
        ({"max_concurrency": 1, "key": "path"}, "take 'path.NAME'"),
        ({"max_concurrency": 1, "key": "path."}, "take 'path.NAME'"),
        ({"max_concurrency": 1, "key": "session."}, "take 'path.NAME'"),
        ({"max_concurrency": 1, "key": "address.x"}, "take 'path.NAME'"),
        ({"max_concurrency": 1, "key": 3}, "key=3 is unknown: take 'path.NAME'"),
        ({"max_concurrency": 1, "key": "path.id"}, "/x has no parameter 'id': it has none"),
        ({"metods": "GET"}, "did you mean 'methods'"),
        ({"timeout": "3"}, "timeout='3'"),
        ({"timeout": 0}, "timeout=0"),
        ({"max_concurrency": True}, "max_concurrency=True"),
        ({"csrf": "no"}, "give True or False"),
    ],
)
def test_unknown_options_are_refused_with_a_suggestion(options: dict, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        route("/x", **options)(handler)


def test_feat_V2_key_names_a_parameter_of_the_pattern() -> None:
    def own(request: object) -> None: ...

    with pytest.raises(ValueError, match="no parameter 'idd': did you mean 'id'"):
        route("/x/<id:int>/<page>", max_concurrency=1, key="path.idd")(own)
    route("/x/<id:int>/<page>", max_concurrency=1, key="path.id")(own)
    assert metadata_of(own).routes[-1].options.key == "path.id"


@pytest.mark.parametrize(
    ("methods", "problem"),
    [
        ("get", "write 'GET'"),
        ("", "methods is empty"),
        (["G T"], "no token"),
        ([3], "no token"),
        (3, "methods=3"),
    ],
)
def test_methods_that_are_none(methods: str | list[str], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        make_route(("/", methods, None), handler, {}, "here:1")


@pytest.mark.parametrize(
    ("decorate", "problem"),
    [
        (route, rf"{HERE}:\d+: a route needs its pattern"),
        (get, "a route needs its pattern"),
        (Group("/g").post, "a route needs its pattern"),
        (view, "@view\\('page.html'\\)"),
        (permission_required, "permission_required needs a name"),
        (role_required, "role_required needs a name"),
        (owner_required, "owner_required needs a model"),
    ],
)
def test_sec_A6_a_decorator_without_its_parentheses_is_an_error(
    decorate: Any, problem: str
) -> None:
    with pytest.raises(TypeError, match=problem):
        decorate(handler)


@pytest.mark.parametrize(
    ("decorator", "problem"),
    [
        (login_required, "write @login_required, without parentheses"),
        (csrf_exempt, "write @csrf_exempt, without parentheses"),
        (before, "write @before, without parentheses"),
        (after, "write @after, without parentheses"),
        (middleware, "write @middleware, without parentheses"),
        (on_startup, "write @on_startup, without parentheses"),
        (on_shutdown, "write @on_shutdown, without parentheses"),
        (command, "write @command, without parentheses"),
        (template_global, "write @template_global, without parentheses"),
        (template_filter, "write @template_filter, without parentheses"),
        (context_processor, "write @context_processor, without parentheses"),
        (permission_required, "permission_required needs a name: @permission_required"),
        (role_required, "role_required needs a name"),
        (owner_required, "owner_required needs a model"),
        (view, "@view\\('page.html'\\)"),
        (route, "a route needs its pattern"),
        (get, "a route needs its pattern"),
    ],
)
def test_sec_A6_a_decorator_with_empty_parentheses_is_an_error(
    decorator: Any, problem: str
) -> None:
    with pytest.raises(TypeError, match=problem):
        decorator()


def test_a_short_form_takes_no_methods() -> None:
    with pytest.raises(TypeError, match="@post answers POST alone: write @route"):
        post("/x", methods=["GET"])  # type: ignore[call-arg]


@pytest.mark.parametrize("key", [200, "404", handler, int])
def test_feat_E1_error_takes_a_status_or_an_exception(key: Any) -> None:
    with pytest.raises(ValueError, match="give a status from 400 to 599, or an exception type"):
        error(key)


def test_methods_as_text_or_list() -> None:
    for methods in ("GET,POST", "GET POST", ["GET", "POST"], ("POST", "GET")):
        assert make_route(("/", methods, None), handler, {}, "").methods == {"GET", "POST"}


def test_max_body_unlimited_is_said_in_words() -> None:
    assert make_route(("/", "GET", None), handler, {"max_body": "unlimited"}, "").options.max_body


def test_feat_R28_groups_nest() -> None:
    api = Group("/api", name="api", middleware=["a"], login=True)
    admin = api.group("/admin", name="admin", middleware=["b"], permissions="rule")

    @admin.get("/items/<id:int>", name="items", middleware=["c"])
    def items(request: object, id: int) -> None: ...  # noqa: A002

    (declared,) = metadata_of(items).routes
    assert declared.pattern.text == "/api/admin/items/<id:int>"
    assert declared.name == "api:admin:items"
    assert declared.options.middleware == ("a", "b", "c")
    assert declared.options.login
    assert declared.options.permissions == ("rule",)
    assert HERE in declared.location


def test_gather_takes_a_package_and_what_is_below_it() -> None:
    registry_of("shop.controllers.items").before.append(handler)
    registry_of("shopping").before.append(handler)
    assert gather("shop").before == [handler]


def test_metadata_of_a_wrapper_is_its_own() -> None:
    def inner(request: object) -> None: ...

    metadata_of(inner).add_guard(lambda request, arguments: None)

    @wraps(inner)
    def outer(request: object) -> None: ...

    metadata_of(outer).add_guard(lambda request, arguments: None)
    assert len(metadata_of(inner).guards) == 1
    assert len(metadata_of(outer).guards) == 2


def test_metadata_of_a_method_is_that_of_its_function() -> None:
    class Pages:
        def index(self, request: object) -> None: ...

    metadata_of(Pages.index).csrf_exempt = True
    assert metadata_of(Pages().index).csrf_exempt
    with pytest.raises(TypeError, match="wrap it in a function"):
        metadata_of(len)


def test_feat_R4_routes_from_every_form() -> None:
    def decorated(request: object) -> None: ...

    route("/decorated")(decorated)
    one = make_route(("/route", "GET", None), handler, {}, "")
    entries = (decorated, one, ("/pair", handler), ("/three", handler, {"methods": "POST"}))
    routes = [each for entry in entries for each in routes_from(entry)]
    assert [each.pattern.text for each in routes] == ["/decorated", "/route", "/pair", "/three"]
    assert routes[-1].methods == {"POST"}
    with pytest.raises(TypeError, match="is no route"):
        list(routes_from(handler))
