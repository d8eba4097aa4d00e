"""The key ring: where every signature of the application comes from (sec:S8, sec:S10).

A key never signs data directly. Each use names a purpose, and every part is length-prefixed before
it enters the HMAC, so a signature made for one purpose, or one split of the same bytes, is worth
nothing for another. The first key of the ring signs, all of them verify.

Without `secret_key` the ring lives in `var/keys/ring.json` (folder 0700, file 0600). Several
processes may start at once: each writes a complete ring into a file of its own and tries to link
it to the final name; the first link wins, everyone reads the winner, and nobody ever reads half a
ring.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mvc.config import ConfigError, Settings

_KEY_BYTES = 32
_MIN_SECRET = 32  # characters of `secret_key`
_MIN_VARIETY = 8  # different characters in it: a repeated word is no key
_RING_NAME = "ring.json"


@dataclass(frozen=True, slots=True)
class Key:
    """One secret and the id it is known by; ids appear in tokens, secrets never leave the ring."""

    id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"<Key {self.id}>"


class KeyRing:
    """Keys, newest first: the first signs, all verify."""

    def __init__(self, keys: Sequence[Key]) -> None:
        if not keys:
            raise ConfigError("the key ring is empty: delete its file to have a new one made")
        self._keys = tuple(keys)

    def sign(self, purpose: str, *parts: bytes) -> bytes:
        """The 32-byte signature of `parts` by the newest key, good for `purpose` only."""
        return _signature(self._keys[0], purpose, parts)

    def verify(self, signature: bytes, purpose: str, *parts: bytes) -> bool:
        """Whether any key of the ring made `signature`; the comparison takes constant time."""
        # No early exit: the time must not tell which key matched.
        matches = [
            hmac.compare_digest(signature, _signature(key, purpose, parts)) for key in self._keys
        ]
        return any(matches)

    def __repr__(self) -> str:
        return f"<KeyRing {', '.join(key.id for key in self._keys)}>"


def open_key_ring(settings: Settings) -> KeyRing:
    """The ring these settings ask for: `secret_key`, else `var/keys`, else one kept in memory.

    Raises ConfigError for a weak secret, for a ring that others on the machine may read, and for
    one that cannot be made.
    """
    if settings.secret_key:
        return KeyRing([_key_from_secret(settings.secret_key)])
    if settings.data_dir is not None:
        return _open_folder(settings.data_dir / "keys")
    return KeyRing([_new_key()])


def _signature(key: Key, purpose: str, parts: Sequence[bytes]) -> bytes:
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in (purpose.encode(), *parts))
    return hmac.digest(key.secret, framed, "sha256")


def _new_key() -> Key:
    return Key(f"k{secrets.token_hex(4)}", secrets.token_bytes(_KEY_BYTES))


def _key_from_secret(secret: str) -> Key:
    if len(secret) < _MIN_SECRET or len(set(secret)) < _MIN_VARIETY:
        raise ConfigError(
            f"secret_key is weak: it needs at least {_MIN_SECRET} random characters; leave it out"
            " to have a key made in var/keys, or take the output of"
            " `python -c 'import secrets; print(secrets.token_urlsafe(32))'`"
        )
    digest = hashlib.sha256(secret.encode()).digest()
    return Key(f"s{hashlib.sha256(digest).hexdigest()[:8]}", digest)


def _open_folder(folder: Path) -> KeyRing:
    path = folder / _RING_NAME
    try:
        if not path.exists():
            _create(path)
    except OSError as error:
        raise ConfigError(
            f"the key ring {path} cannot be made: {error.strerror}; let the user who serves"
            " write to that folder, or set secret_key"
        ) from error
    _refuse_if_shared(path)
    try:
        document = json.loads(path.read_text("ascii"))
        keys = [Key(entry["id"], bytes.fromhex(entry["secret"])) for entry in document["keys"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"the key ring {path} is damaged ({error}): restore it from a backup, or delete it;"
            " then a new one is made, and pages that are open have to be loaded again"
        ) from error
    if any(len(key.secret) < _KEY_BYTES for key in keys):
        raise ConfigError(f"the key ring {path} holds a key under {_KEY_BYTES} bytes: delete it")
    return KeyRing(keys)


def _create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)  # the umask is not trusted, and the folder may have existed (sec:A11)
    key = _new_key()
    document = {"version": 1, "keys": [{"id": key.id, "secret": key.secret.hex()}]}
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # another process was first; its ring counts
    finally:
        draft.unlink()


def _refuse_if_shared(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise ConfigError(
            f"the key ring {path} can be read or written by others (mode {mode:04o}):"
            f" run chmod 600 {path}"
        )
