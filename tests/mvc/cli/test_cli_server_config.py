"""How settings become the server's configuration."""

import json
from dataclasses import fields

import pytest

from httpcore import UNLIMITED, Limits, ServerConfig
from mvc.cli.serverconfig import describe_tables, server_config
from mvc.config import ConfigError, Settings, setting_fields
from mvc.layers import load_settings


def test_defaults_are_the_servers_own() -> None:
    assert server_config(Settings()) == ServerConfig()


def test_settings_of_the_same_name_are_passed_on() -> None:
    config = server_config(
        Settings(threads=3, access_log_format="json", minimum_rate=7, max_connections=9)
    )
    assert (config.threads, config.access_log_format) == (3, "json")
    assert (config.minimum_rate, config.max_connections) == (7, 9)


def test_sec_T6_trusted_proxies_are_exempt() -> None:
    config = server_config(Settings(trusted_proxies=("10.0.0.0/8", "192.0.2.1")))
    assert config.trusted_proxies == ("10.0.0.0/8", "192.0.2.1")


@pytest.mark.parametrize(("text", "budget"), [("25%", 0.25), ("100%", 1.0), ("12345", 12345)])
def test_sec_T9_memory_budget_is_bytes_or_a_share(text: str, budget: float) -> None:
    value = server_config(Settings(memory_budget=text)).memory_budget
    assert (value, type(value)) == (budget, type(budget))


@pytest.mark.parametrize("text", ["", "lots", "1.5", "101%", "-1", "5 %"])
def test_a_memory_budget_that_is_neither(text: str) -> None:
    with pytest.raises(ConfigError, match="TREADLE_MEMORY_BUDGET must be a number of bytes"):
        load_settings({"TREADLE_MEMORY_BUDGET": text}, {})


def test_sizes_and_durations_by_name() -> None:
    config = server_config(
        Settings(limits={"head": 8192, "linger": "unlimited"}, timeouts={"keep_alive": 5})
    )
    assert (config.limits.head, config.limits.linger) == (8192, UNLIMITED)
    assert config.limits.field_line == Limits().field_line
    assert config.timeouts.keep_alive == 5.0


def test_tables_come_from_the_environment_too() -> None:
    environ = {"TREADLE_TIMEOUTS": json.dumps({"head": 1.5})}
    assert server_config(load_settings(environ, {})).timeouts.head == 1.5


def test_a_form_may_be_as_large_as_any_other_body() -> None:
    limits = server_config(Settings(max_body=99 * 1024 * 1024)).limits
    assert limits.multipart_body == limits.body == 99 * 1024 * 1024


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        ({"limits": {"heads": 1}}, r"there is no limits\.heads: did you mean 'head'\?"),
        ({"limits": {"body": 1}}, r"limits\.body is the setting max_body; set that"),
        ({"limits": {"head": 0}}, r"limits\.head must be a whole number from 1 or \"unlimited\""),
        ({"limits": {"head": True}}, r"limits\.head must be a whole number"),
        ({"timeouts": {"head": 0}}, r"timeouts\.head must be a number of seconds above 0, not 0"),
        ({"timeouts": {"head": float("nan")}}, r"timeouts\.head must be a number of seconds"),
        ({"timeouts": {"body": 1}}, r"there is no timeouts\.body: "),
    ],
)
def test_what_does_not_fit_is_one_line(tables: dict[str, dict[str, object]], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        server_config(Settings(**tables))


def test_a_fault_in_a_table_names_the_file_that_has_it() -> None:
    settings = Settings(timeouts={"keepalive": 5}, origins={"timeouts": "/srv/app/config.toml"})
    expected = r"^/srv/app/config\.toml: there is no timeouts\.keepalive: did you mean 'keep_alive'"
    with pytest.raises(ConfigError, match=expected):
        server_config(settings)


def test_every_size_and_duration_is_described() -> None:
    settings = Settings(
        limits={"head": 8192}, origins={"limits": "config.toml", "max_body": "TREADLE_MAX_BODY"}
    )
    rows = {name: (value, origin) for name, value, origin in describe_tables(settings)}
    assert rows["limits.head"] == ("8192", "config.toml")
    assert rows["limits.body"] == ("1048576", "TREADLE_MAX_BODY")
    assert rows["limits.field_line"] == ("8190", "default")
    assert rows["timeouts.keep_alive"] == ("15", "default")
    assert len(rows) == len(fields(Limits)) + len(fields(ServerConfig().timeouts))


def test_http_X1_proxy_protocol_needs_a_proxy_to_trust() -> None:
    assert server_config(Settings(proxy_protocol=True, trusted_proxies=("::1",))).proxy_protocol
    with pytest.raises(ConfigError, match="proxy_protocol needs trusted_proxies"):
        server_config(Settings(proxy_protocol=True))


def test_what_cannot_be_set_is_known() -> None:
    """A new field of the server's configuration gets a setting, or a line here."""
    inner = {"queue_per_thread", "backlog"}  # follow from others; nobody has asked to tune them
    assert {each.name for each in fields(ServerConfig)} - setting_fields().keys() == inner
