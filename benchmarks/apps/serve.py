"""Starts the WSGI servers that have no command of their own: serve.py SERVER MODULE PORT."""

import importlib
import sys
from typing import Any

HOST = "127.0.0.1"
THREADS = 32


def bjoern(app: Any, port: int) -> None:
    importlib.import_module("bjoern").run(app, HOST, port)


def cheroot(app: Any, port: int) -> None:
    wsgi = importlib.import_module("cheroot.wsgi")
    wsgi.Server((HOST, port), app, numthreads=THREADS, max=THREADS).safe_start()


def waitress(app: Any, port: int) -> None:
    importlib.import_module("waitress").serve(app, host=HOST, port=port, threads=THREADS)


SERVERS = {server.__name__: server for server in (bjoern, cheroot, waitress)}

if __name__ == "__main__":
    server, module, port = sys.argv[1:]
    SERVERS[server](importlib.import_module(module).app, int(port))
