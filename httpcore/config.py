"""Every limit and time-out of the server, with unit, default and the answer when it is passed.

The figures are `sec` section 2; precedents stand beside each there. All are counted on bytes
received while reading, and all durations run on the monotonic clock.
"""

from dataclasses import dataclass, field

KIB = 1024
MIB = 1024 * KIB

# The word for "no limit": a route that wants it must say so.
UNLIMITED = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes, in bytes unless the name says otherwise."""

    request_line: int = 8190  # -> 414 (http:L5)
    field_line: int = 8190  # -> 431 (http:F2)
    head: int = 32 * KIB  # all field lines together -> 431 (http:F2)
    field_count: int = 100  # -> 431 (http:F2)
    trailer: int = 8 * KIB  # -> 400 (http:M4)
    trailer_count: int = 32  # -> 400 (http:M4)
    chunk_line: int = 256  # -> 400 (http:M3)
    chunk_extensions: int = 4 * KIB  # per body -> 400 (http:M3)
    chunk_overhead: int = 16 * KIB  # framing bytes beyond the data -> 400 (http:M3)
    body: int = 1 * MIB  # an endpoint may name its own -> 413 (http:M6)
    multipart_body: int = 10 * MIB  # -> 413
    body_in_memory: int = 64 * KIB  # larger bodies are spooled to a file (sec:T2)
    disk_reserve: int = 512 * MIB  # left free by them, 5 % of a smaller disk -> 507 (sec:F6)
    pipelined: int = 64 * KIB  # bytes held behind the current request, then reading stops (http:C2)
    unread_body: int = 64 * KIB  # drained for keep-alive, else the connection closes (http:C3)
    linger: int = 64 * MIB  # discarded after a refusal (sec 0.4)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Durations in seconds."""

    first_byte: float = 10.0  # after accept -> close
    head: float = 20.0  # from the first byte of a request to its whole head -> 408 (sec:T1)
    body_progress: float = 20.0  # without a byte of the body -> 408 (sec:T2)
    body_total: float = 300.0  # of a body that is not streamed to the handler -> 408
    rate_grace: float = 10.0  # before a minimum rate counts (sec:T2, sec:T3)
    write_progress: float = 30.0  # without a byte taken by the peer -> close (sec:T3)
    keep_alive: float = 15.0  # idle between requests -> close
    keep_alive_full: float = 2.0  # the same when more than 80 % of the connections are in use
    connection_age: float = 3600.0  # then the next answer says `Connection: close`
    linger: float = 5.0  # discarding input after a refusal (sec 0.4)
    graceful_stop: float = 30.0  # for requests in flight at SIGTERM (sec:R1)
    idle_grace: float = 2.0  # for idle connections at SIGTERM (sec:R1)


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """What a `Server` needs to know.

    host, port: the listener's address; port 0 lets the system choose.
    threads: worker threads to start with.
    queue_per_thread: the ready queue holds this many requests a thread, then 503 (sec:T12).
    minimum_rate: bytes a second that a peer must send or take after `rate_grace`.
    max_connections: at most this many, and at most 80 % of the open-files limit.
    max_connections_per_address: loopback and `trusted_proxies` are exempt (sec:T6).
    trusted_proxies: addresses or networks of proxies that speak for many clients.
    proxy_protocol: every connection begins with a PROXY header, version 1 or 2, and comes from one
        of `trusted_proxies`; others are closed (http:X1).
    backlog: of the listening socket.
    access_log: "-" for standard output, "off", or a file's path.
    access_log_format: "common", "combined" or "json".
    memory_budget: what all connections together may hold, in bytes (int) or as a share of the
        memory there is (float), then 503 (sec:T9).
    """

    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 32
    queue_per_thread: int = 8
    minimum_rate: int = 500
    max_connections: int = 65536
    max_connections_per_address: int = 512
    trusted_proxies: tuple[str, ...] = ()
    proxy_protocol: bool = False
    backlog: int = 1024
    access_log: str = "-"
    access_log_format: str = "common"
    memory_budget: int | float = 0.25
    limits: Limits = field(default_factory=Limits)
    timeouts: Timeouts = field(default_factory=Timeouts)
