"""Opening the listening socket, with errors that say what to do."""

import contextlib
import ctypes
import errno
import socket
import struct
import sys

from httpcore.runtime import pacing

if sys.platform != "win32":
    import resource

_REMEDIES = {
    errno.EADDRINUSE: "stop the program that uses it, or choose another port (0: any free one)",
    errno.EACCES: "ports below 1024 need privileges; choose a higher one",
    errno.EADDRNOTAVAIL: "this machine has no such address; 127.0.0.1 and 0.0.0.0 always work",
}

# A packet filter of one instruction: return 0, keep nothing (linux/filter.h, asm/socket.h).
_BPF_RETURN = 0x06
_SO_ATTACH_FILTER = 26

# What counts as the limit of open files where there is none: Windows has no such number.
_MANY_FILES = 65536


def open_listener(host: str, port: int, backlog: int) -> socket.socket:
    """A non-blocking listening socket on `host`:`port` (port 0: any free one).

    Raises OSError whose text is one line that names the address, the reason and a remedy.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as error:
        raise OSError(
            f"cannot listen on {host}:{port}: no such host; use an address of this machine"
        ) from error
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        pacing.hold_back(sock)  # connections inherit it
        sock.bind(address)
        sock.listen(backlog)
        sock.setblocking(False)
    except (OSError, OverflowError) as error:
        sock.close()
        raise OSError(_explain(host, port, error)) from error
    return sock


def _explain(host: str, port: int, error: Exception) -> str:
    number = getattr(error, "errno", None)
    reason = getattr(error, "strerror", None) or str(error)
    remedy = _REMEDIES.get(number or 0, "check the address and port")
    return f"cannot listen on {host}:{port}: {reason[:1].lower()}{reason[1:]}; {remedy}"


def ignore_newcomers(listener: socket.socket) -> None:
    """Let no more connections into the backlog, so that it can be emptied to the last (sec:R1).

    A connection that came between the last `accept` and `close` would be reset, its request lost.
    Linux lets a listener drop the packets that begin connections; their clients try again, and are
    refused once it is closed. Elsewhere that moment remains.
    """
    if sys.platform != "linux":
        return
    drop = ctypes.create_string_buffer(struct.pack("=HBBI", _BPF_RETURN, 0, 0, 0))
    program = struct.pack("@HP", 1, ctypes.addressof(drop))
    with contextlib.suppress(OSError):  # a kernel that forbids it
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


def raise_open_files_limit() -> int:
    """Lift the soft limit of open files to the hard one; returns what then holds."""
    if sys.platform == "win32":
        return _MANY_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError):
        return soft  # some systems report a hard limit they do not grant
    return hard
