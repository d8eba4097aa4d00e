"""Serve an application: python server.py [--app DIR] [--port 8000] [--debug] ... (see --help)."""

from __future__ import annotations

import os
import signal
import sys

import orm
from httpcore import Server
from mvc import Application, ConfigError, LoadError
from mvc.cli.lanes import LaneRecorder
from mvc.cli.logs import start_logging
from mvc.cli.serverconfig import server_config
from mvc.cli.serving import announce, parse_arguments, refuse_unsafe
from mvc.loading import SAMPLE_ROWS, find_sample
from mvc.requests.proxies import client_finder
from orm.schema.provision import has_tables


def main() -> int:
    """Configuration -> application -> server. Exit status 0 after a stop, 1 with one line why."""
    arguments = parse_arguments(sys.argv[1:])
    start_logging()
    try:
        serve(Application.load(environ=os.environ, arguments=arguments))
    except (ConfigError, LoadError, orm.OrmError, OSError) as error:
        print(f"server.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("server.py: interrupted before it served; reset.py starts afresh", file=sys.stderr)
        return 1
    return 0


def serve(app: Application) -> None:
    """Prepare what is missing, then answer until SIGINT or SIGTERM."""
    refuse_unsafe(app.settings)
    recorder = LaneRecorder(app.settings.data_dir)
    server = Server(
        app,
        server_config(app.settings),
        on_lane_change=recorder.note,
        client_of=client_finder(app.settings.trusted_proxies),
    )
    server.bind()
    is_filled = prepare(app)
    try:
        # The server takes over the signals when it runs; from the announcement on they mean 0.
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda number, frame: sys.exit(0))
        if hasattr(signal, "SIGUSR1"):  # asks for counters: nothing, not an end, before and after
            signal.signal(signal.SIGUSR1, lambda number, frame: None)
        announce(app, server.url, is_filled)
        with recorder:
            server.run()
    finally:
        app.stop()
        orm.close()


def prepare(app: Application) -> bool:
    """Tables and keys; sample data for the default application's first start. Whether it was."""
    is_first_start = app.settings.is_default_app and not has_tables(app.settings.database)
    app.start()
    sample = find_sample(app.settings.app_dir) if is_first_start else None
    if sample is not None:
        sample.create(SAMPLE_ROWS)
    return sample is not None


if __name__ == "__main__":
    sys.exit(main())
