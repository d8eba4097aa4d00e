"""Database URLs and options: what they mean, and what the error for a wrong one says."""

import pytest

from orm.engine.options import MysqlOptions, SqliteOptions, read_options
from orm.engine.registry import connect, get_database
from orm.engine.url import DatabaseURL, parse_url
from orm.errors import ConfigurationError


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("sqlite:///notes.db", "notes.db"),
        ("sqlite:///var/app.db", "var/app.db"),
        ("sqlite:////srv/app.db", "/srv/app.db"),
        ("sqlite:///a%20b%23.db", "a b#.db"),
        ("sqlite://", ""),
        ("sqlite:///:memory:", ""),
    ],
)
def test_sqlite_path(text: str, path: str) -> None:
    assert parse_url(text) == DatabaseURL("sqlite", path=path)


def test_mysql_parts_are_percent_decoded() -> None:
    url = parse_url("mysql://ann%40x:p%40ss%2Fw%23rd@db.example:3307/shop?pool_size=4")
    assert (url.user, url.password, url.host) == ("ann@x", "p@ss/w#rd", "db.example")
    assert (url.port, url.name, url.options) == (3307, "shop", {"pool_size": "4"})


def test_mysql_default_port_and_ipv6() -> None:
    assert parse_url("mysql://u@[::1]/n").port == 3306
    assert parse_url("mysql://u@[::1]/n").host == "::1"


@pytest.mark.parametrize(
    ("place", "hosts"),
    [
        ("h1:3307,h2:3308", (("h1", 3307), ("h2", 3308))),
        ("h1,H2:3308,h3", (("h1", 3306), ("h2", 3308), ("h3", 3306))),
        ("[::1]:3307,[fe80::2],10.0.0.1", (("::1", 3307), ("fe80::2", 3306), ("10.0.0.1", 3306))),
        ("h1,[::1]:3307", (("h1", 3306), ("::1", 3307))),
    ],
)
def test_orm_A2_several_hosts(place: str, hosts: tuple[tuple[str, int], ...]) -> None:
    url = parse_url(f"mysql://u:p%2C%40x@{place}/n?pool_size=4")
    assert url.hosts == hosts
    assert (url.host, url.port) == hosts[0]
    assert (url.user, url.password, url.name, url.options) == (
        "u",
        "p,@x",
        "n",
        {"pool_size": "4"},
    )
    assert parse_url(str(url)).hosts == hosts
    assert url.at(("other", 1)).hosts == (("other", 1),)


@pytest.mark.parametrize("place", ["h1,", "h1,,h2", ",h1", "h1:0", "h1:x,h2", "[h1", "h 1", "::1"])
def test_orm_A2_wrong_hosts_are_refused(place: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_url(f"mysql://u:p@{place}/n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("postgres://u@h/n", "unknown database scheme 'postgres'"),
        ("sqlit:///x.db", "Did you mean sqlite://?"),
        ("var/app.db", "no database URL"),
        ("sqlite://var/app.db", "three slashes"),
        ("mysql://u:p@h", "names no database;"),
        ("mysql://h/n", "names no user"),
        ("mysql:///n", "names no host"),
        ("mysql://u:p@h/a/b", "more than one path segment"),
        ("mysql://u:p@h:port/n", "percent-encode"),
        ("mysql://u:p@h:99999/n", "percent-encode"),
    ],
)
def test_wrong_url_says_what_to_write(text: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_url(text)
    assert says in str(caught.value)


def test_the_password_is_never_shown() -> None:
    url = parse_url("mysql://ann:secret@h/n")
    assert "secret" not in f"{url} {url!r}"


def test_no_error_shows_a_part_of_the_password() -> None:
    for text in ("mysql://ann:se/cret@h/n", "mysql://ann:se#cret@h/n", "mysql://ann:se?cret@h/n"):
        with pytest.raises(ConfigurationError) as caught:
            parse_url(text)
        assert "cret" not in str(caught.value)
        assert "'se'" not in str(caught.value)


def test_keyword_options_win_over_those_of_the_url() -> None:
    database = connect("sqlite://?busy_timeout=1&synchronous=normal", "options", busy_timeout=2)
    try:
        assert get_database("options") is database
        row = database.execute("SELECT * FROM pragma_busy_timeout").rows[0]
        assert row == (2000,)
        assert database.execute("PRAGMA synchronous").rows == [(1,)]
    finally:
        database.close()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"pool_sise": 3}, "Did you mean 'pool_size'?"),
        ({"colour": 3}, "Known: "),
        ({"pool_size": "many"}, "takes int"),
        ({"pool_size": True}, "takes int"),
        ({"pool_wait": -1}, "must not be negative"),
        ({"pool_size": 0}, "greater than 0"),
        ({"read_timeout": 0}, "greater than 0"),
    ],
)
def test_wrong_option_is_named(given: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says.replace("?", r"\?")):
        read_options(MysqlOptions, given)


def test_sec_D19_synchronous_is_full_by_default_and_checked() -> None:
    assert read_options(SqliteOptions, {}).synchronous == "FULL"
    with pytest.raises(ConfigurationError, match="use one of FULL"):
        read_options(SqliteOptions, {"synchronous": "FULL; DROP TABLE x"})


def test_unknown_database_names_the_remedy() -> None:
    with pytest.raises(ConfigurationError, match=r"orm\.connect\(url, name='archive'\)"):
        get_database("archive")
