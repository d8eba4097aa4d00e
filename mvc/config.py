"""Every setting, with its type, default and meaning; `mvc.layers` fills them from the outside.

`Settings()` alone is a complete configuration without any folder: what a test needs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from enum import Enum
from ipaddress import ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from mvc.tokens import is_token

_MIB = 1024 * 1024
_ANY_NUMBER = 2**63 - 1
_SOME = (1, _ANY_NUMBER)
_WORDS = {"true": True, "yes": True, "on": True, "1": True}
_WORDS |= {"false": False, "no": False, "off": False, "0": False}
_SQLITE = "sqlite:///"


MASK = "********"


class ConfigError(Exception):
    """A setting is unknown or its value does not fit; the message says where and what to do."""


def _parse_bool(text: str) -> bool:
    return _WORDS[text.strip().lower()]


def _parse_names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _parse_policy(text: str) -> Any:
    return json.loads(text) if text.lstrip().startswith("{") else text


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_names(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


class Form(Enum):
    """What a text, or each of a list, must look like beyond its kind: the test, and in words."""

    ANY = (lambda text: True, "")
    NETWORK = (_is_network, "an address or network such as 10.0.0.0/8")
    ORIGIN = (re.compile(r"https?://[^/?#@\s]+").fullmatch, "an origin: scheme://host[:port]")
    LOCATION = (re.compile(r"(?:/(?![/\\])|https?://)\S*").fullmatch, "a path such as /login")
    PREFIX = (re.compile(r"/(?:[^/\s]+/)+").fullmatch, "a path that ends with /, such as /static/")
    SHARE = (
        re.compile(r"[0-9]{1,15}|(?:[0-9]{1,2}|100)%").fullmatch,
        "a number of bytes, or a share such as 25%",
    )
    TOKEN = (is_token, "letters, digits and signs such as - and _")

    def __init__(self, fits: Callable[[str], object], title: str) -> None:
        self.fits = fits
        self.title = title


class Kind(Enum):
    """The type of a setting: its name, how text becomes it, and how a TOML value is checked."""

    TEXT = ("a text", str, lambda value: isinstance(value, str))
    SECRET = ("a text, never shown", str, lambda value: isinstance(value, str))  # sec:A11
    FLAG = ("true or false", _parse_bool, lambda value: isinstance(value, bool))
    NUMBER = ("a whole number", int, _is_int)
    NAMES = ("a list of texts (comma-separated outside a file)", _parse_names, _is_names)
    TABLE = ("a table (JSON outside a file)", json.loads, lambda value: isinstance(value, dict))
    POLICY = (
        "a text or a table",
        _parse_policy,
        lambda value: isinstance(value, (str, dict)),
    )

    def __init__(
        self, title: str, parse: Callable[[str], Any], accepts: Callable[[object], bool]
    ) -> None:
        self.title = title
        self.parse = parse
        self.accepts = accepts


def _setting(
    default: Any,
    kind: Kind,
    about: str,
    *,
    choices: tuple[str, ...] = (),
    bounds: tuple[int, int] = (0, _ANY_NUMBER),
    form: Form = Form.ANY,
) -> Any:
    """A setting. bounds: the least and the greatest number it may be; form: see `Form`."""
    notes = {
        "kind": kind,
        "about": about,
        "choices": choices,
        "bounds": bounds,
        "form": form,
    }
    if isinstance(default, dict):
        return field(default_factory=lambda: MappingProxyType(default), metadata=notes)
    return field(default=default, metadata=notes)


@dataclass(frozen=True)
class Settings:
    """The configuration of one application. Unknown names are a TypeError; `mvc.layers` says more.

    The last four are derived, not configured: root holds server.py, app_dir the application,
    data_root is where `var/` and relative SQLite paths count from (None = keep all in memory).
    """

    host: str = _setting("127.0.0.1", Kind.TEXT, "address to listen on")
    port: int = _setting(
        8000, Kind.NUMBER, "TCP port to listen on; 0 lets the system choose", bounds=(0, 65535)
    )
    threads: int = _setting(32, Kind.NUMBER, "worker threads to start with", bounds=(1, 4096))
    app: str = _setting("app", Kind.TEXT, "folder of the application")
    debug: bool = _setting(False, Kind.FLAG, "error pages with traceback, on loopback only")
    access_log: str = _setting("-", Kind.TEXT, "a file, - for standard output, or off")
    access_log_format: str = _setting(
        "common", Kind.TEXT, "what its lines say", choices=("common", "combined", "json")
    )
    allowed_hosts: tuple[str, ...] = _setting(
        (), Kind.NAMES, "host names answered; empty = loopback names on a loopback listener; * all"
    )
    trusted_proxies: tuple[str, ...] = _setting(
        (),
        Kind.NAMES,
        "addresses or networks whose forwarding fields count",
        form=Form.NETWORK,
    )
    proxy_protocol: bool = _setting(
        False, Kind.FLAG, "connections come from trusted_proxies and begin with a PROXY header"
    )
    database_url: str = _setting(
        "", Kind.TEXT, "sqlite:///file or mysql://user:password@host/name; empty = var/app.db"
    )
    auto_migrate: str = _setting(
        "tables",
        Kind.TEXT,
        "what a start does to the database: off, tables = make missing ones, safe = all that adds",
        choices=("off", "tables", "safe"),
    )
    schema_check: str = _setting(
        "warn",
        Kind.TEXT,
        "when database, models and migrations disagree: off, warn, refuse to start",
        choices=("off", "warn", "refuse"),
    )
    lazy_loads: str = _setting(
        "",
        Kind.TEXT,
        "objects that load a relation one by one (N+1): report, refuse, load for all, nothing; "
        "empty = warn with debug, allow without",
        choices=("", "warn", "raise", "batch", "allow"),
    )
    max_queries: int = _setting(
        0, Kind.NUMBER, "statements of one request, then a warning is logged; 0 = any number"
    )
    slow_query: int = _setting(
        0, Kind.NUMBER, "milliseconds from which a statement is logged; 0 = never"
    )
    query_log: bool = _setting(False, Kind.FLAG, "log every statement with time, rows and caller")
    secret_key: str = _setting(
        "", Kind.SECRET, "key for signatures; empty = the key ring in var/keys"
    )
    strict_responses: bool = _setting(False, Kind.FLAG, "handlers must return Response objects")
    max_body: int = _setting(1 * _MIB, Kind.NUMBER, "bytes of request body without files")
    max_upload: int = _setting(10 * _MIB, Kind.NUMBER, "bytes of a multipart form with its files")
    upload_reserve: int = _setting(
        512 * _MIB,
        Kind.NUMBER,
        "bytes that uploads leave free on their disk, or 5 % if that is less",
    )
    max_connections: int = _setting(
        65536, Kind.NUMBER, "clients at a time, within 80 % of the open-files limit", bounds=_SOME
    )
    max_connections_per_address: int = _setting(
        512,
        Kind.NUMBER,
        "the same per client address, loopback exempt; its requests behind a proxy",
        bounds=_SOME,
    )
    minimum_rate: int = _setting(
        500, Kind.NUMBER, "bytes a second that a client must send or take after 10 s"
    )
    memory_budget: str = _setting(
        "25%",
        Kind.TEXT,
        "bytes all requests may hold, or their share of the memory",
        form=Form.SHARE,
    )
    limits: Mapping[str, int | str] = _setting({}, Kind.TABLE, "sizes by name, see below")
    timeouts: Mapping[str, float] = _setting({}, Kind.TABLE, "seconds by name, see below")
    session_store: str = _setting(
        "database", Kind.TEXT, "where sessions live", choices=("database", "memory")
    )
    session_policy: str = _setting(
        "default",
        Kind.TEXT,
        "14 days idle, 30 in all; strict: 1 h, 24 h",
        choices=("default", "strict"),
    )
    session_cookie: str = _setting(
        "session", Kind.TEXT, "name of the session cookie", form=Form.TOKEN
    )
    login_url: str = _setting(
        "/login", Kind.TEXT, "where login_required sends a browser", form=Form.LOCATION
    )
    append_slash: bool = _setting(False, Kind.FLAG, "redirect between /x and /x/")
    csp: str | Mapping[str, str] = _setting(
        "", Kind.POLICY, "Content-Security-Policy; empty = the framework's own"
    )
    security_headers: Mapping[str, str | bool] = _setting(
        {}, Kind.TABLE, "security fields to change; false removes one"
    )
    csrf_trusted_origins: tuple[str, ...] = _setting(
        (),
        Kind.NAMES,
        "other origins that may send forms here (scheme://host[:port])",
        form=Form.ORIGIN,
    )
    user_model: str = _setting("", Kind.TEXT, "dotted name of the user model; empty = mvc.User")
    static_url: str = _setting(
        "/static/", Kind.TEXT, "URL prefix of static files", form=Form.PREFIX
    )
    static_hashed_urls: str = _setting(
        "auto",
        Kind.TEXT,
        "static() names the content, for caching for a year; auto: unless debug",
        choices=("auto", "on", "off"),
    )
    static_cache_control: str | Mapping[str, str] = _setting(
        "no-cache", Kind.POLICY, "Cache-Control of static files; a table: by pattern of the path"
    )
    static_follow_symlinks: bool = _setting(
        False, Kind.FLAG, "follow links below static/ that stay inside it"
    )
    file_cache: int = _setting(
        16 * _MIB, Kind.NUMBER, "bytes of small static files kept in memory, of each mount"
    )
    compression: str = _setting(
        "public",
        Kind.TEXT,
        "which answers to compress; public: those without session or cookies",
        choices=("public", "all", "off"),
    )
    compression_minimum: int = _setting(500, Kind.NUMBER, "bytes of the smallest answer compressed")
    compression_level: int = _setting(
        6, Kind.NUMBER, "of gzip: 1 is fast, 9 is small", bounds=(1, 9)
    )
    auto_etag: bool = _setting(False, Kind.FLAG, "give answers to GET an ETag of their content")
    middleware: tuple[str, ...] = _setting(
        (), Kind.NAMES, "dotted names of middleware classes, outermost first"
    )
    cors_allowed_origins: tuple[str, ...] = _setting(
        (), Kind.NAMES, "origins whose scripts may read answers"
    )
    cors_allowed_origin_regexes: tuple[str, ...] = _setting(
        (), Kind.NAMES, "the same as patterns that match whole origins"
    )
    cors_allow_all_origins: bool = _setting(False, Kind.FLAG, "let every origin read answers")
    cors_urls_regex: str = _setting("^.*$", Kind.TEXT, "paths that CORS is about")
    cors_allow_methods: tuple[str, ...] = _setting(
        ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"), Kind.NAMES, "methods in a preflight"
    )
    cors_allow_headers: tuple[str, ...] = _setting(
        (
            "accept",
            "authorization",
            "content-type",
            "user-agent",
            "x-csrf-token",
            "x-csrftoken",
            "x-requested-with",
        ),
        Kind.NAMES,
        "request fields in a preflight",
    )
    cors_expose_headers: tuple[str, ...] = _setting(
        (), Kind.NAMES, "response fields scripts may read"
    )
    cors_preflight_max_age: int = _setting(86400, Kind.NUMBER, "seconds; 0 = do not say")
    cors_allow_credentials: bool = _setting(False, Kind.FLAG, "allow cookies across origins")
    cors_allow_private_network: bool = _setting(False, Kind.FLAG, "allow private network access")

    root: Path | None = None
    app_dir: Path | None = None
    data_root: Path | None = None
    origins: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_default_app(self) -> bool:
        """Whether this is the application beside server.py, whose data lies in the root."""
        return self.root is not None and self.data_root == self.root

    @property
    def data_dir(self) -> Path | None:
        """The folder of database, keys, uploads and logs, or None without a project folder."""
        return None if self.data_root is None else self.data_root / "var"

    @property
    def database(self) -> str:
        """The database URL to connect to: the default filled in, SQLite paths absolute."""
        if not self.database_url:
            return f"{_SQLITE}{self.data_dir}/app.db" if self.data_dir else f"{_SQLITE}:memory:"
        path, _, options = self.database_url.removeprefix(_SQLITE).partition("?")
        is_relative = path != self.database_url and path != ":memory:" and not path.startswith("/")
        if not (self.database_url.startswith(_SQLITE) and is_relative and self.data_root):
            return self.database_url
        return f"{_SQLITE}{self.data_root / path}" + (f"?{options}" if options else "")


def hide_password(url: str) -> str:
    """A database URL for people to read: with a mask in place of its password (sec:A11)."""
    password = urlsplit(url).password
    return url.replace(f":{password}@", f":{MASK}@", 1) if password else url


def setting_fields() -> dict[str, Field[Any]]:
    """The settings that can be configured, by name, in their order of reading."""
    return {each.name: each for each in fields(Settings) if "kind" in each.metadata}
