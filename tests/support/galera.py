"""Three MariaDB nodes of one Galera cluster on loopback: started, killed, brought back, stopped.

What makes three nodes on one machine work, each learnt from a failure:

  - every port lies below net.ipv4.ip_local_port_range: an outgoing connection of another process
    may hold one above, and the joiner dies ("rsync or stunnel daemon terminated unexpectedly");
  - evs.keepalive_period stays below a third of suspect_timeout, or the server aborts;
  - evs.* cannot be SET at run time, only in the configuration;
  - after a full stop only the node stopped last may start the cluster again (`safe_to_bootstrap`).
"""

import getpass
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pymysql

from tests.support.mariadb import MariaDbUnavailable

NODES = 3
USER, PASSWORD = "board", "pin-secret"

_PROVIDERS = ("/usr/lib/galera/libgalera_smm.so", "/usr/lib/libgalera_smm.so")
_PORTS = range(21000, 32000)  # below the ports that outgoing connections take
_START_DEADLINE = 60.0
_STOP_DEADLINE = 30.0

# A node that dies is missed after 2 s instead of 5: commits of the others wait that long.
SHORT_TIMEOUTS = (
    "evs.keepalive_period=PT0.5S;evs.inactive_check_period=PT0.5S;evs.suspect_timeout=PT2S;"
    "evs.inactive_timeout=PT4S;evs.install_timeout=PT4S"
)

# The servers refuse to run as root. As their own user from the start: a change of user would clear
# the signal that ends them when a killed test run could not.
_IS_ROOT = os.geteuid() == 0
_OWNER = "mysql" if _IS_ROOT else getpass.getuser()
_BECOME = ("--reuid=mysql", "--regid=mysql", "--clear-groups") if _IS_ROOT else ()
_AS_OWNER = ("setpriv", *_BECOME, "--pdeathsig=TERM")

_CONFIGURATION = """\
[mariadbd]
datadir={folder}/data
socket={folder}/socket
tmpdir={folder}
pid-file={folder}/pid
log-error={folder}/error.log
port={port}
bind-address=127.0.0.1
skip-name-resolve
innodb_buffer_pool_size=64M
binlog_format=ROW
default_storage_engine=InnoDB
innodb_autoinc_lock_mode=2
innodb_flush_log_at_trx_commit=2
max_connections=200
wsrep_on=ON
wsrep_provider={provider}
wsrep_cluster_name=treadle
wsrep_cluster_address=gcomm://{members}
wsrep_node_name=n{number}
wsrep_node_address=127.0.0.1:{group}
wsrep_node_incoming_address=127.0.0.1:{port}
wsrep_sst_method=rsync
wsrep_sst_receive_address=127.0.0.1:{transfer}
wsrep_slave_threads=2
wsrep_provider_options="base_host=127.0.0.1;base_port={group};\
gmcast.listen_addr=tcp://127.0.0.1:{group};ist.recv_addr=127.0.0.1:{increment};\
gcache.size=32M;{options}"
"""


def _free_ports(count: int) -> list[int]:
    """Ports nobody listens on, far enough apart in time to be taken a moment later."""
    found: list[int] = []
    for port in random.sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError(f"no {count} free ports in {_PORTS}")


@dataclass
class Node:
    """One member; `process` is None while it is down."""

    number: int
    folder: Path
    port: int
    group: int
    transfer: int
    increment: int
    process: subprocess.Popen[bytes] | None = None

    def start(self, *, first: bool = False) -> None:
        """Start the server and return when it is Synced."""
        begin = ["--wsrep-new-cluster"] if first else []
        server = shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
        self.process = subprocess.Popen(
            [*_AS_OWNER, str(server), f"--defaults-file={self.folder}/my.cnf", *begin],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _START_DEADLINE
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.status("wsrep_local_state_comment") == "Synced":
                return
            time.sleep(0.05)
        log = (self.folder / "error.log").read_text(errors="replace")
        raise RuntimeError(f"node {self.number} did not join: {log[-3000:]}")

    def status(self, name: str) -> str:
        """A value of SHOW STATUS over the local socket; "" while the node does not answer."""
        with suppress(pymysql.MySQLError, OSError), self.administer() as connection:
            cursor = connection.cursor()
            cursor.execute("SHOW GLOBAL STATUS LIKE %s", (name,))
            row = cursor.fetchone()
            return str(row[1]) if row else ""
        return ""

    def administer(self) -> "pymysql.Connection[pymysql.cursors.Cursor]":
        """A connection as root."""
        return pymysql.connect(
            unix_socket=f"{self.folder}/socket", user="root", read_timeout=10, autocommit=True
        )

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL: as a power cut of this node."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(_STOP_DEADLINE)
            self.process = None

    def stop(self) -> None:
        """SIGTERM: the node says goodbye to the others."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process = None


@dataclass
class Cluster:
    """The nodes; `stop` ends what is left of them and removes their folder."""

    folder: Path
    nodes: list[Node] = field(default_factory=list)

    def url(self, name: str = "treadle", first: int = 0) -> str:
        """All hosts, beginning with that of node `first` (counted from 0)."""
        order = self.nodes[first:] + self.nodes[:first]
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in order)
        return f"mysql://{USER}:{PASSWORD}@{hosts}/{name}"

    def stop(self) -> None:
        for node in reversed(self.nodes):
            node.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def galera_provider() -> str:
    """The path of the library. MariaDbUnavailable when Galera or one of its tools is missing."""
    found = next((path for path in _PROVIDERS if Path(path).exists()), None)
    tools = [
        tool for tool in ("mariadb-install-db", "rsync", "setpriv") if shutil.which(tool) is None
    ]
    if found is None or tools:
        raise MariaDbUnavailable("Galera is not installed: apt-get install galera-4 rsync")
    return found


def start_cluster(options: str = SHORT_TIMEOUTS) -> Cluster:
    """Install and start three nodes, some 12 s; `options` go into wsrep_provider_options."""
    provider = galera_provider()
    folder = Path(tempfile.mkdtemp(prefix="treadle-galera-"))
    folder.chmod(0o755)
    cluster = Cluster(folder)
    try:
        ports = iter(_free_ports(NODES * 4))
        cluster.nodes = [
            Node(number, folder / f"n{number}", *(next(ports) for _ in range(4)))
            for number in range(1, NODES + 1)
        ]
        members = ",".join(f"127.0.0.1:{node.group}" for node in cluster.nodes)
        for node in cluster.nodes:
            _install(node, provider, members, options)
        for node in cluster.nodes:
            node.start(first=node.number == 1)
        _create_user(cluster.nodes[0])
    except BaseException:
        cluster.stop()
        raise
    return cluster


def _install(node: Node, provider: str, members: str, options: str) -> None:
    node.folder.mkdir()
    shutil.chown(node.folder, _OWNER)
    values = vars(node) | {"provider": provider, "members": members, "options": options}
    (node.folder / "my.cnf").write_text(_CONFIGURATION.format(**values))
    outcome = subprocess.run(
        [
            "mariadb-install-db",
            "--no-defaults",
            f"--user={_OWNER}",
            f"--datadir={node.folder}/data",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ],
        env=os.environ | {"TMPDIR": str(node.folder)},
        capture_output=True,
        timeout=_START_DEADLINE,
        check=False,
    )
    if outcome.returncode:
        text = (outcome.stdout + outcome.stderr).decode(errors="replace")
        raise RuntimeError(f"mariadb-install-db failed: {text[-2000:]}")


def _create_user(node: Node) -> None:
    """An ordinary user, on every node because GRANT replicates."""
    with node.administer() as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE DATABASE treadle CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        cursor.execute("GRANT ALL ON treadle.* TO %s@'%%' IDENTIFIED BY %s", (USER, PASSWORD))
