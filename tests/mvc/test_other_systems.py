"""The same application where the system offers less: no epoll, poll, sendfile, pread, O_DIRECTORY.

Windows lacks all of these. They are taken away in a process of its own, after the standard library
and before anything of ours is imported: what needs one of them, at import or later, fails here.
"""

import subprocess
import sys

from tests.support.documents import ROOT

LESS = """
import http.client, os, select, selectors, signal, socket, sys, urllib.request
import asyncio, logging.handlers, subprocess, tempfile  # use what is taken away below

MISSING = {
    os: "O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK geteuid getuid pread sendfile sysconf",
    select: "epoll poll",
    selectors: "EpollSelector PollSelector",
    signal: "SIGHUP SIGPIPE",
    socket: "MSG_DONTWAIT MSG_MORE TCP_NOTSENT_LOWAT",
}
for module, names in MISSING.items():
    for name in names.split():
        vars(module).pop(name, None)
selectors.DefaultSelector = selectors.SelectSelector
"""

SITE = """
from mvc import Application, FileResponse, get, post
from mvc.testing import LiveServer

@get("/file")
def file(request):
    return FileResponse(sys.argv[1], headers={"Gone": str(request.disconnected)})

@post("/size", stream_body=True, csrf=False)
def size(request):
    return {"size": len(request.stream.read())}

with LiveServer(Application([file, size])) as server:
    with urllib.request.urlopen(server.url + "/file") as answer:
        assert answer.headers["Gone"] == "False"
        assert answer.read() == b"x" * 100_000
    with socket.create_connection(server.url[7:].split(":"), 10) as sock:
        sock.sendall(b"POST /size HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 2\\r\\n\\r\\n")
        sock.sendall(b"12")
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        assert answer.read() == b'{"size":2}', answer.status
"""


def test_an_application_is_served_without_them(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100_000)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LESS + SITE, path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
