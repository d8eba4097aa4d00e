"""Password hashing: slow on purpose, bounded so that logins cannot starve the rest (sec:A1-A3).

Hashes are PHC strings, so parameters may rise later: `needs_rehash` tells at the next login.
argon2id is used when argon2-cffi is installed, scrypt of the standard library otherwise; both
kinds verify wherever the library is there.

One hash takes 20-30 MiB. At most one runs per core and `_MAX_WAITING` wait; whoever comes later is
sent away with 503 at once instead of filling the memory and the thread pool (sec:A2).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from httpcore import HTTPError

T = TypeVar("T")

argon2: Any = None  # the module, when the extra is installed
with suppress(ImportError):
    argon2 = import_module("argon2")

MAX_PASSWORD = 1024  # bytes; more is 400 (sec section 2)
UNUSABLE = "!"  # the hash of an account nobody can log in to with a password

_SALT_BYTES = 16
_HASH_BYTES = 32
_SCRYPT_LOG_N, _SCRYPT_R, _SCRYPT_P = 15, 8, 3  # 32 MiB (sec:A1)
_SCRYPT_MEMORY = 64 * 1024 * 1024  # ceiling we allow OpenSSL, above the 32 MiB it needs
_ARGON2_TIME, _ARGON2_KIB, _ARGON2_LANES = 2, 19456, 1  # 19 MiB (sec:A1)
_MAX_WAITING = 16
_WAIT_SECONDS = 10.0
_BUSY = (("Retry-After", "2"),)

_SCRYPT_PHC = re.compile(
    r"\$scrypt\$ln=(?P<n>1?[0-9]),r=(?P<r>[0-9]{1,2}),p=(?P<p>[0-9]{1,2})"
    r"\$(?P<salt>[A-Za-z0-9+/]+)\$(?P<hash>[A-Za-z0-9+/]+)"
)


class HashLane:
    """Runs at most `slots` hashes at once; `waiting` more wait; the rest is refused with 503.

    They run on threads of their own: the C library keeps what a hash has freed for the thread that
    freed it, so 32 workers hashing in turn would end up holding 32 times 20-30 MiB.
    """

    def __init__(self, slots: int, waiting: int, wait_seconds: float = _WAIT_SECONDS) -> None:
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="treadle-hash")
        self._admitted = threading.Semaphore(slots + waiting)
        self._wait_seconds = wait_seconds

    def run(self, work: Callable[..., T], *arguments: Any) -> T:
        """What `work` returns. Raises HTTPError 503 with Retry-After: too many, or too slow."""
        if not self._admitted.acquire(blocking=False):
            raise HTTPError(503, "Too many logins at once. Try again in a moment.", _BUSY)
        future = self._threads.submit(self._work, work, arguments)
        try:
            return future.result(self._wait_seconds)
        except TimeoutError:
            if future.cancel():  # it had not begun, so nobody else gives its place back
                self._admitted.release()
            raise HTTPError(503, "Logins take too long right now. Try again.", _BUSY) from None

    def _work(self, work: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        try:
            return work(*arguments)
        finally:
            self._admitted.release()


_lane = HashLane(max(1, os.cpu_count() or 1), _MAX_WAITING)


def hash_password(password: str) -> str:
    """A PHC string with a fresh salt. Raises HTTPError 400 over 1,024 bytes, 503 when busy."""
    data = _checked(password)
    return _lane.run(_hash_argon2 if argon2 else _hash_scrypt, data)


def verify_password(password: str, stored: str) -> bool:
    """Whether `password` made `stored`. Every failure costs the work of a real one (sec:A3).

    Raises HTTPError 400 over 1,024 bytes, 503 when busy.
    """
    data = _checked(password)
    verify = _verifier(stored)
    if verify is None:
        spend_equal_work(password)
        return False
    return _lane.run(verify, data, stored)


def spend_equal_work(password: str) -> None:
    """Do what verifying does, for an account that does not exist or may not log in (sec:A3)."""
    stored = _decoy()
    verify = _verifier(stored)
    data = _checked(password)
    if verify is not None:
        _lane.run(verify, data, stored)


def needs_rehash(stored: str) -> bool:
    """Whether a hash made today would use another method or other parameters."""
    if argon2:
        return not stored.startswith("$argon2id$") or _argon2().check_needs_rehash(stored)
    return not stored.startswith(f"$scrypt$ln={_SCRYPT_LOG_N},r={_SCRYPT_R},p={_SCRYPT_P}$")


def _checked(password: str) -> bytes:
    data = password.encode("utf-8", "surrogatepass")
    if len(data) > MAX_PASSWORD:
        raise HTTPError(400, f"A password has at most {MAX_PASSWORD} bytes.")
    return data


def _verifier(stored: str) -> Callable[[bytes, str], bool] | None:
    if stored.startswith("$argon2id$") and argon2:
        return _verify_argon2
    if stored.startswith("$scrypt$"):
        return _verify_scrypt
    return None


@cache
def _decoy() -> str:
    """A hash no password is known for, with today's parameters."""
    return hash_password(secrets.token_hex(_SALT_BYTES))


def _hash_scrypt(data: bytes) -> str:
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = _scrypt(data, salt, (_SCRYPT_LOG_N, _SCRYPT_R, _SCRYPT_P), _HASH_BYTES)
    parameters = f"ln={_SCRYPT_LOG_N},r={_SCRYPT_R},p={_SCRYPT_P}"
    return f"$scrypt${parameters}${_to_base64(salt)}${_to_base64(digest)}"


def _verify_scrypt(data: bytes, stored: str) -> bool:
    match = _SCRYPT_PHC.fullmatch(stored)
    if match is None:
        return False
    try:
        salt, expected = _from_base64(match["salt"]), _from_base64(match["hash"])
        cost = (int(match["n"]), int(match["r"]), int(match["p"]))
        digest = _scrypt(data, salt, cost, len(expected))
    except (binascii.Error, ValueError):  # a damaged row, or parameters OpenSSL refuses
        return False
    return hmac.compare_digest(digest, expected)


def _scrypt(data: bytes, salt: bytes, cost: tuple[int, int, int], length: int) -> bytes:
    log_n, block, parallel = cost
    return hashlib.scrypt(
        data, salt=salt, n=1 << log_n, r=block, p=parallel, maxmem=_SCRYPT_MEMORY, dklen=length
    )


@cache
def _argon2() -> Any:
    return argon2.PasswordHasher(
        time_cost=_ARGON2_TIME,
        memory_cost=_ARGON2_KIB,
        parallelism=_ARGON2_LANES,
        hash_len=_HASH_BYTES,
        salt_len=_SALT_BYTES,
    )


def _hash_argon2(data: bytes) -> str:
    return str(_argon2().hash(data))


def _verify_argon2(data: bytes, stored: str) -> bool:
    try:
        return bool(_argon2().verify(stored, data))
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).rstrip(b"=").decode()


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
