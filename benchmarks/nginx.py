"""nginx as the figures ask for it: one worker, sendfile, no access log."""

import os
from pathlib import Path

# keepalive_requests: by default nginx would end each connection after 1,000 answers, and the
# reconnecting would count against it.
_CONFIGURATION = """\
daemon off;
worker_processes 1;
pid {scratch}/nginx.pid;
{user}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    keepalive_requests 1000000000;
    client_body_temp_path {scratch}/nginx-body;
    proxy_temp_path {scratch}/nginx-proxy;
    fastcgi_temp_path {scratch}/nginx-fastcgi;
    uwsgi_temp_path {scratch}/nginx-uwsgi;
    scgi_temp_path {scratch}/nginx-scgi;
    server {{
        listen 127.0.0.1:{port};
        location /static/ {{ alias {scratch}/treadle/static/; }}
    }}
}}
"""


def configuration(scratch: Path, port: int, is_root: bool) -> str:
    """The text of nginx.conf. is_root: the worker then stays root, to read the scratch folder."""
    user = "user root;" if is_root else ""
    return _CONFIGURATION.format(scratch=scratch, port=port, user=user)


def write_configuration(scratch: Path, port: int) -> Path:
    path = scratch / "nginx.conf"
    path.write_text(configuration(scratch, port, os.geteuid() == 0))
    return path
