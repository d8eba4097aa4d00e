"""`python -m mvc`: what each command prints, and its exit status."""

import code
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mvc.cli.main import main

ROOT = Path(__file__).resolve().parents[3]
Output = pytest.CaptureFixture[str]


def run(folder: Path, *arguments: str) -> int:
    return main(["--app", str(folder), *arguments])


def routes(folder: Path, capsys: Output) -> dict[str, list[str]]:
    """The columns that `routes` prints, by pattern."""
    assert run(folder, "routes") == 0
    lines = [re.split(r" {2,}", line) for line in capsys.readouterr().out.splitlines()]
    return {line[1]: line for line in lines}


def test_feat_K9_routes_lists_every_route(folder: Path, capsys: Output) -> None:
    printed = routes(folder, capsys)
    assert printed["/"] == ["GET", "/", "home", "smallshop.controllers.pages.home", "auto"]
    change = ["POST", "/things/<id:int>", "-", "smallshop.controllers.pages.change", "auto"]
    assert printed["/things/<id:int>"] == [*change, "disabled"]


def test_feat_D10_routes_say_what_holds_for_them(folder: Path, capsys: Output) -> None:
    (folder / "controllers" / "more.py").write_text(
        "from mvc import get, put, login_required, permission_required, role_required\n"
        "@get('/a', lane='pool', timeout=2.5, max_concurrency=4, queue=8, key='address')\n"
        "def a(r): ...\n"
        "@put('/b', max_body='unlimited', stream_body=True, csrf=False, permissions='x.add')\n"
        "def b(r): ...\n"
        "@get('/c', login=True)\n@permission_required('x.see')\ndef c(r): ...\n"
        "@get('/d')\n@login_required\n@role_required('staff')\ndef d(r): ...\n"
    )
    printed = routes(folder, capsys)
    assert printed["/a"][4:] == ["pool", "timeout=2.5, max_concurrency=4, queue=8, key=address"]
    rules = "max_body=unlimited, stream_body, no csrf, permission x.add"
    assert printed["/b"][4:] == ["auto", rules]
    assert printed["/c"][5] == "login, permission x.see"
    assert set(printed["/d"][5].split(", ")) == {"login", "role staff"}


def test_feat_D10_routes_say_which_folder_is_mounted(folder: Path, capsys: Output) -> None:
    (folder / "files").mkdir()
    text = "from mvc import mount\nmount('/f/', 'files')\n"
    (folder / "controllers" / "more.py").write_text(text)
    assert routes(folder, capsys)["/f/<path:path>"][-1] == f"files of {folder / 'files'}"


def test_feat_D10_routes_show_what_the_last_server_learned(folder: Path, capsys: Output) -> None:
    moves = {"home": {"lane": "inline", "reason": "100 runs under 0.2 ms", "time": 1.7e9}}
    (folder / "var").mkdir()
    (folder / "var" / "lanes.json").write_text(json.dumps(moves))
    lane = routes(folder, capsys)["/"][4]
    assert re.fullmatch(r"pool -> inline: 100 runs under 0\.2 ms \(2023-11-1\d \d\d:\d\d\)", lane)


def test_feat_K17_config_shows_values_and_origins(
    folder: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "config.toml").write_text("port = 9000\nsecret_key = 'not-to-be-seen'\n")
    monkeypatch.setenv("TREADLE_THREADS", "7")
    assert run(folder, "config") == 0
    out = capsys.readouterr().out
    lines = {line.split()[0]: line.split()[1:] for line in out.splitlines()}
    assert lines["port"][:2] == ["9000", str(folder / "config.toml")]
    assert lines["threads"][:2] == ["7", "TREADLE_THREADS"]
    assert lines["host"][:2] == ["127.0.0.1", "default"]
    assert "not-to-be-seen" not in out


def test_check_says_that_all_is_well(folder: Path, capsys: Output) -> None:
    assert run(folder, "check") == 0
    assert capsys.readouterr().out == "3 routes, no errors\n"


def test_check_counts_one_as_one(folder: Path, capsys: Output) -> None:
    (folder / "templates").mkdir()
    (folder / "templates" / "page.html").write_text("{% if %}")
    assert run(folder, "check") == 1
    assert capsys.readouterr().out.startswith("3 routes, 1 error\n")


def test_check_finds_what_only_the_server_knows(folder: Path, capsys: Output) -> None:
    (folder / "config.toml").write_text("[timeouts]\nkeepalive = 5\n")
    assert run(folder, "check") == 1
    place = folder / "config.toml"
    expected = f"mvc: {place}: there is no timeouts.keepalive: did you mean 'keep_alive'?\n"
    assert capsys.readouterr().err == expected


WRAPPED = """
from functools import wraps
from mvc import command

def adding(function):
    @wraps(function)
    def wrapper(app, arguments):
        function(app, arguments, "added")
    return wrapper

def keeping(function):
    @wraps(function)
    def wrapper(app, arguments):
        function(app)
    return wrapper

def passing(function):
    @wraps(function)
    def wrapper(*values):
        function(*values)
    return wrapper

@command
@adding
def adds(app, arguments, word): print(arguments, word)

@command
@keeping
def keeps_back(app): print("kept")

@command
@passing
def passes_on(): print("passed")
"""


FORGOTTEN = """
from mvc import User, before, context_processor, error, get, login_required, view

@login_required
def archive(request): ...

def search(request): ...

def _private(request): ...

def helper(request): ...

def no_controller(text): ...

@get("/used")
def used(request):
    return helper(request)

@error(404)
@view("missing.html")
def missing(request, fault): ...

@before
def hook(request): ...

@context_processor
def context(request): ...
"""


def test_check_hints_at_controllers_without_a_route(folder: Path, capsys: Output) -> None:
    place = folder / "controllers" / "forgotten.py"
    place.write_text(FORGOTTEN)
    assert run(folder, "check") == 0
    hints = [line for line in capsys.readouterr().out.splitlines() if line.startswith("hint: ")]
    assert [hint.partition(", but no route")[0] for hint in hints] == [
        f"hint: {place}:5: 'archive' is decorated as a controller",
        f"hint: {place}:7: 'search' takes a request",
    ]


def test_check_has_no_hint_for_a_module_whose_source_is_gone(folder: Path, capsys: Output) -> None:
    (folder / "controllers" / "gone.py").write_text("import os\nos.remove(__file__)\n")
    (folder / "controllers" / "torn.py").write_text(
        "from pathlib import Path\nPath(__file__).write_text('def (')\n"
    )
    assert run(folder, "check") == 0
    assert "hint" not in capsys.readouterr().out


def test_check_has_no_hint_for_a_function_that_another_module_uses(
    folder: Path, capsys: Output
) -> None:
    (folder / "controllers" / "shared.py").write_text("def locale_of(request): ...\n")
    (folder / "controllers" / "using.py").write_text("from .shared import locale_of\n")
    assert run(folder, "check") == 0
    assert "hint" not in capsys.readouterr().out


def test_feat_X11_check_deploy_finds_what_is_unsafe(folder: Path, capsys: Output) -> None:
    (folder / "config.toml").write_text("debug = true\nhost = '0.0.0.0'\nallowed_hosts = ['*']\n")
    assert run(folder, "check", "--deploy") == 1
    out = capsys.readouterr().out
    for finding in ("debug is on", "allowed_hosts has *", "plain HTTP"):
        assert finding in out


def test_check_reports_a_broken_application_in_one_line(folder: Path, capsys: Output) -> None:
    (folder / "controllers" / "pages.py").write_text("from mvc import get\nget('/<a b>')\nx = 1\n")
    assert run(folder, "check") == 1
    error = capsys.readouterr().err
    assert "pages.py:2: " in error
    assert error.count("\n") == 1


def test_feat_K11_own_commands_get_application_and_arguments(folder: Path, capsys: Output) -> None:
    assert run(folder, "greet-all", "ann", "bob") == 0
    assert capsys.readouterr().out == "hello ann bob\n"


def test_feat_K11_a_command_may_take_less(folder: Path, capsys: Output) -> None:
    (folder / "controllers" / "less.py").write_text(
        "from mvc import command\n"
        "@command\ndef nothing(): print('ran')\n"
        "@command\ndef app_alone(app): print(type(app).__name__)\n"
    )
    assert run(folder, "nothing", "x") == 0
    assert run(folder, "app-alone", "x") == 0
    assert capsys.readouterr().out == "ran\nApplication\n"


def test_feat_K11_a_wrapper_may_add_arguments_or_keep_them_back(
    folder: Path, capsys: Output
) -> None:
    (folder / "controllers" / "wrapped.py").write_text(WRAPPED)
    assert run(folder, "adds", "x") == 0
    assert run(folder, "keeps-back", "x") == 0
    assert run(folder, "passes-on", "x") == 0
    assert capsys.readouterr().out == "['x'] added\nkept\npassed\n"


def test_feat_K11_a_command_may_be_given_a_name(folder: Path, capsys: Output) -> None:
    source = (folder / "controllers" / "pages.py").read_text()
    (folder / "controllers" / "pages.py").write_text(
        source.replace("@command\n", '@command("greet")\n')
    )
    assert run(folder, "greet", "ann") == 0
    assert capsys.readouterr().out == "hello ann\n"


def test_feat_T11_check_compiles_templates(folder: Path, capsys: Output) -> None:
    (folder / "templates").mkdir()
    (folder / "templates" / "bad.html").write_text("a\n{% if %}\n")
    (folder / "templates" / "film.html").write_text("a\n")
    (folder / "templates" / "picture.html").write_bytes(b"\xff\xfe")
    with (folder / "controllers" / "pages.py").open("a") as source:
        source.write(
            "\nfrom mvc import view\n@get('/b')\n@view('xyz.html')\ndef b(r): return {}\n"
            "@get('/c')\n@view('flim.html')\ndef c(r): return {}\n"
        )
    assert run(folder, "check") == 1
    out = capsys.readouterr().out
    assert "bad.html:2: " in out
    assert "there is no template 'xyz.html': put it into the folder templates/" in out
    assert "there is no template 'flim.html': did you mean 'film.html'?" in out


def test_a_database_that_cannot_be_is_one_line(
    folder: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "oracle://x")
    assert run(folder, "routes") == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_shell_offers_the_application(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    (folder / "models.py").write_text("class Thing: ...\n")
    monkeypatch.setattr(code, "interact", lambda **given: seen.update(given))
    assert run(folder, "shell") == 0
    assert {"app", "Thing"} <= set(seen["local"])


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["route"], "did you mean 'routes'?"),
        (["zzz"], "known: config, routes, check, shell"),
        (["digest"], "digest is not available in this release"),
    ],
)
def test_feat_K9_a_typing_error_gets_a_suggestion(
    folder: Path, capsys: Output, arguments: list[str], problem: str
) -> None:
    assert run(folder, *arguments) == 2
    assert problem in capsys.readouterr().err


@pytest.mark.parametrize("form", [["--app", "{}"], ["--app={}"]])
def test_the_application_may_be_named_behind_the_command(
    folder: Path, capsys: Output, form: list[str]
) -> None:
    assert main(["routes", *(each.format(folder) for each in form)]) == 0
    assert "smallshop" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["routes", "check", "shell", "config"])
def test_an_option_that_a_command_does_not_take(folder: Path, capsys: Output, command: str) -> None:
    assert run(folder, command, "--deployy") == 2
    assert f"{command} does not take '--deployy'" in capsys.readouterr().err


def test_a_reader_that_leaves_is_no_error(folder: Path) -> None:
    command = f"{sys.executable} -m mvc --app {folder} routes | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_without_a_command_the_usage_is_printed(capsys: Output) -> None:
    assert main([]) == 0
    assert "routes" in capsys.readouterr().out


def test_an_application_that_is_not_there(capsys: Output) -> None:
    assert main(["--app", "nowhere", "routes"]) == 1
    assert "no application in 'nowhere'" in capsys.readouterr().err
    assert main(["--app"]) == 2
