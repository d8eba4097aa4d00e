"""Settings: which layer wins, what is refused, and what the derived paths are."""

from pathlib import Path
from typing import Any

import pytest

from mvc.config import ConfigError, Settings
from mvc.layers import describe, load_settings


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "other").mkdir()
    return tmp_path


def load(
    root: Path, toml: str = "", environ: dict[str, str] | None = None, **given: Any
) -> Settings:
    (root / "app" / "config.toml").write_text(toml, "utf-8")
    return load_settings(environ or {}, given, root=root)


def test_feat_K7_a_later_layer_wins_and_is_remembered(root: Path) -> None:
    toml = "port = 1\nthreads = 2\nlogin_url = '/enter'\n"
    environ = {"TREADLE_PORT": "3", "TREADLE_THREADS": "4", "DATABASE_URL": "sqlite:///x.db"}
    settings = load(root, toml, environ, port="5", host=None)
    assert (settings.port, settings.threads, settings.login_url) == (5, 4, "/enter")
    origins = {name: origin for name, _, origin, _ in describe(settings)}
    assert origins["port"] == "--port"
    assert origins["threads"] == "TREADLE_THREADS"
    assert origins["login_url"] == str(root / "app" / "config.toml")
    assert origins["database_url"] == "DATABASE_URL"
    assert origins["host"] == "default"


def test_the_prefixed_variable_beats_the_shared_one(root: Path) -> None:
    environ = {"TREADLE_SECRET_KEY": "a", "SECRET_KEY": "b"}
    assert load(root, environ=environ).secret_key == "a"


@pytest.mark.parametrize(
    ("toml", "environ", "given", "problem"),
    [
        ("prot = 1", {}, {}, "config.toml: unknown setting 'prot': did you mean port?"),
        ("", {"TREADLE_PROT": "1"}, {}, "variable TREADLE_PROT: did you mean TREADLE_PORT?"),
        ("", {"TREADLE_QQQQ": "1"}, {}, "lists them"),
        ("port = '1'", {}, {}, "port must be a whole number, not '1'"),
        ("port = true", {}, {}, "port must be a whole number, not True"),
        ("port = 70000", {}, {}, "port must be from 0 to 65535"),
        ("debug = 1", {}, {}, "debug must be true or false"),
        ("allowed_hosts = 'x'", {}, {}, "allowed_hosts must be a list"),
        ("session_policy = 'lax'", {}, {}, "one of default, strict"),
        ("app = 'x'", {}, {}, "give it as --app"),
        ("port = ", {}, {}, "config.toml: Invalid value"),
        ("trusted_proxies = ['proxy']", {}, {}, "an address or network such as 10.0.0.0/8"),
        ("csrf_trusted_origins = ['a.test']", {}, {}, "must be an origin"),
        ("login_url = '//evil.test'", {}, {}, "a path such as /login"),
        ("static_url = '/s'", {}, {}, "a path that ends with /"),
        ("", {"TREADLE_SESSION_COOKIE": "a b"}, {}, "TREADLE_SESSION_COOKIE must be letters"),
        ("", {"TREADLE_DEBUG": "maybe"}, {}, "TREADLE_DEBUG must be true or false, not 'maybe'"),
        ("", {}, {"threads": "0"}, "--threads must be from 1"),
        ("", {}, {"port": "http"}, "--port must be a whole number"),
    ],
)
def test_feat_K3_what_is_wrong_is_named_with_its_place(
    root: Path, toml: str, environ: dict[str, str], given: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(root, toml, environ, **given)
    assert problem in str(caught.value)


def test_lists_and_tables_from_file_and_environment(root: Path) -> None:
    toml = "allowed_hosts = ['a.example']\n[security_headers]\nX-Frame-Options = false\n"
    environ = {"TREADLE_TRUSTED_PROXIES": "10.0.0.1, ::1", "TREADLE_CSP": '{"img-src": "*"}'}
    settings = load(root, toml, environ)
    assert settings.allowed_hosts == ("a.example",)
    assert settings.security_headers == {"X-Frame-Options": False}
    assert settings.trusted_proxies == ("10.0.0.1", "::1")
    assert settings.csp == {"img-src": "*"}


def test_an_application_that_is_not_there(root: Path) -> None:
    with pytest.raises(ConfigError, match="no application in 'nowhere'"):
        load(root, app="nowhere")


@pytest.mark.parametrize(
    ("app", "url", "database"),
    [
        (None, "", "{root}/var/app.db"),
        ("other", "", "{root}/other/var/app.db"),
        ("other", "sqlite:///x.db", "{root}/other/x.db"),
        (None, "sqlite:///var/x.db?a=1", "{root}/var/x.db?a=1"),
        (None, "sqlite:////data/x.db", "/data/x.db"),
        (None, "sqlite:///:memory:", ":memory:"),
    ],
)
def test_feat_M5_data_lies_in_the_root_or_in_the_other_application(
    root: Path, app: str | None, url: str, database: str
) -> None:
    settings = load(root, database_url=url or None, app=app)
    assert settings.database == "sqlite:///" + database.format(root=root)
    assert settings.is_default_app is (app is None)


def test_mysql_urls_stay_as_they_are(root: Path) -> None:
    url = "mysql://ann:secret@db.example:3306/site"
    settings = load(root, environ={"DATABASE_URL": url})
    assert settings.database == url


def test_sec_A11_secrets_are_masked(root: Path) -> None:
    environ = {"DATABASE_URL": "mysql://ann:hunter2@db/x", "SECRET_KEY": "correct-horse"}
    shown = str(list(describe(load(root, environ=environ))))
    assert "hunter2" not in shown
    assert "correct-horse" not in shown
    assert "ann" in shown


def test_settings_alone_keep_everything_in_memory() -> None:
    settings = Settings()
    assert settings.data_dir is None
    assert settings.database == "sqlite:///:memory:"
    assert not settings.is_default_app
