"""The reader over TLS: the same answers, and time-outs although OpenSSL knows none."""

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pymysql.constants import FIELD_TYPE

from orm.engine.mysql.wire.exchange import Exchange
from orm.engine.mysql.wire.stream import Stream
from tests.support.mysql_answers import Raw, answer, definition, text_row

DEADLINE = 10.0
ROWS = [text_row(b"%d" % number, b"x" * 300) for number in range(500)]
WHOLE = answer(
    [definition("n", FIELD_TYPE.LONG), definition("s", FIELD_TYPE.VAR_STRING)],
    ROWS,
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for nobody, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


class Server(threading.Thread):
    """Answers each command with the same rows, and the last of them not at all."""

    def __init__(self, connected: socket.socket, certificate: Path) -> None:
        super().__init__(daemon=True)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._connected = connected
        self.silent = threading.Event()

    def run(self) -> None:
        with self._context.wrap_socket(self._connected, server_side=True) as wrapped:
            while wrapped.recv(65536):
                if not self.silent.is_set():
                    wrapped.sendall(WHOLE)


@pytest.fixture
def ends(certificate: Path) -> Iterator[tuple[Server, ssl.SSLSocket]]:
    near, far = socket.socketpair()
    server = Server(far, certificate)
    server.start()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with context.wrap_socket(near) as wrapped:
        yield server, wrapped
    server.join(DEADLINE)
    assert not server.is_alive()


def test_answers_over_tls(ends: tuple[Server, ssl.SSLSocket]) -> None:
    exchange = Exchange(Raw(), Stream(ends[1], DEADLINE, DEADLINE), 0)
    for _ in range(3):
        rows = exchange.run(exchange.find("SELECT n, s FROM t"), ()).rows
        assert [row[0] for row in rows] == list(range(500))


def test_sec_D16_a_silent_server_over_tls(ends: tuple[Server, ssl.SSLSocket]) -> None:
    server, wrapped = ends
    exchange = Exchange(Raw(), Stream(wrapped, 0.05, 0.05), 0)
    assert len(exchange.run(exchange.find("SELECT n, s FROM t"), ()).rows) == 500
    server.silent.set()
    with pytest.raises(TimeoutError):
        exchange.run(exchange.find("SELECT n, s FROM t"), ())
