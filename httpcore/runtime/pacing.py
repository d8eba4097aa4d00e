"""How much of an answer the kernel takes ahead of its peer (sec:T3, T9).

Left alone it takes megabytes for each connection, whether the peer reads or not: 900 slow readers
of a page of 1 MB held 1.7 GB in the kernel, and copying it there kept the loop from everybody else.
So new connections may have little waiting in the kernel. Who then proves to read gets all that the
kernel gives: where the peer takes it in time, large pieces cost half as much to send.
"""

import contextlib
import socket
import sys

UNREAD = 64 * 1024  # bytes that may wait in the kernel for a peer we know nothing of
PROOF = 256 * 1024  # bytes of one answer that a peer takes, and it is one that reads

# Python does not name it everywhere (linux/tcp.h, netinet/tcp.h of macOS).
_NUMBERS = {"linux": 25, "darwin": 0x201}
_OPTION = getattr(socket, "TCP_NOTSENT_LOWAT", _NUMBERS.get(sys.platform))


def hold_back(listener: socket.socket) -> None:
    """Limit what connections accepted from now on have waiting in the kernel."""
    _set(listener, UNREAD)


def let_go(sock: socket.socket) -> None:
    """Lift the limit of a connection."""
    _set(sock, 0)


def _set(sock: socket.socket, size: int) -> None:
    if _OPTION is not None:
        with contextlib.suppress(OSError):  # a kernel without it
            sock.setsockopt(socket.IPPROTO_TCP, _OPTION, size)
