"""The gateway's own signing keys: a file that only its owner may read, and rotation by time.

A new key is published before it signs, an old one until its last token has expired. Must not sign
or serve.
"""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from matricula_chassis.auth.tokens import SigningKey
from matricula_chassis.ids import IdSource

LEAD: Final = timedelta(seconds=30)
"""How long a new key is published before it signs: services fetch it at leisure."""
AFTERLIFE: Final = timedelta(seconds=150)
"""How long an old key stays published after its last signature: a token's life and the skew."""
_FORBIDDEN_BITS: Final = stat.S_IRWXG | stat.S_IRWXO


class UnusableKeyFile(Exception):  # noqa: N818 - named as the fact it states
    """The key file cannot be trusted or read; `fault` says why, never with its content."""

    def __init__(self, fault: str) -> None:
        super().__init__("the key file is not usable")
        self.fault = fault

    def __str__(self) -> str:
        return f"the key file is not usable: {self.fault}"


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key and its times: it signs from `signs_from`, and is published until `ends_at`."""

    key: SigningKey
    signs_from: datetime
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of one moment, oldest first."""

    keys: tuple[HeldKey, ...]

    def signing(self, now: datetime) -> SigningKey:
        """Return the key that signs now: the newest whose time has come."""
        ready = [one for one in self.published(now) if one.signs_from <= now]
        if not ready:
            raise UnusableKeyFile("no key may sign now")
        return max(ready, key=lambda one: one.signs_from).key

    def published(self, now: datetime) -> tuple[HeldKey, ...]:
        """Return the keys that services may meet now or soon."""
        return tuple(one for one in self.keys if one.ends_at is None or one.ends_at > now)

    def rotated(self, *, now: datetime, ids: IdSource, lead: timedelta = LEAD) -> "KeyRing":
        """Return the ring with a new key; the others end once their tokens have expired."""
        signs_from = now + lead
        kept = (
            replace(one, ends_at=one.ends_at or signs_from + AFTERLIFE)
            for one in self.published(now)
        )
        fresh = SigningKey.generate(key_id=f"gateway-{ids.uuid7()}")
        return KeyRing((*kept, HeldKey(fresh, signs_from)))

    def without(self, key_id: str) -> "KeyRing":
        """Return the ring without a key that must not be believed any longer."""
        return KeyRing(tuple(one for one in self.keys if one.key.key_id != key_id))


def load_key_ring(path: Path) -> KeyRing:
    """Read the key file; raises UnusableKeyFile, also when others may read it."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _FORBIDDEN_BITS:
                raise UnusableKeyFile("others than its owner may read it")
            document = orjson.loads(file.read())
        keys = tuple(_held(entry) for entry in document["keys"])
    except FileNotFoundError:
        raise UnusableKeyFile("it is not there") from None
    except OSError:
        raise UnusableKeyFile("it cannot be read") from None
    except (KeyError, TypeError, ValueError):
        raise UnusableKeyFile("its content is malformed") from None
    if not keys:
        raise UnusableKeyFile("it holds no key")
    return KeyRing(keys)


def store_key_ring(path: Path, ring: KeyRing) -> None:
    """Write the key file in one step, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(orjson.dumps({"keys": [_entry(one) for one in ring.keys]}))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def ensure_key_ring(path: Path, *, now: datetime, ids: IdSource) -> KeyRing:
    """Read the key file, or make one with a first key that signs at once."""
    if not path.exists():
        store_key_ring(path, KeyRing(()).rotated(now=now, ids=ids, lead=timedelta(0)))
    return load_key_ring(path)


def jwks(keys: Sequence[HeldKey]) -> dict[str, Any]:
    """Return the public key set (RFC 7517 section 5)."""
    return {"keys": [one.key.public_jwk() for one in keys]}


def _held(entry: dict[str, Any]) -> HeldKey:
    private = load_pem_private_key(entry["private"].encode("ascii"), password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise TypeError("not an elliptic curve key")
    ends_at = entry["ends_at"]
    return HeldKey(
        key=SigningKey(private, key_id=entry["kid"]),
        signs_from=datetime.fromisoformat(entry["signs_from"]).astimezone(UTC),
        ends_at=None if ends_at is None else datetime.fromisoformat(ends_at).astimezone(UTC),
    )


def _entry(held: HeldKey) -> dict[str, Any]:
    private = held.key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "kid": held.key.key_id,
        "private": private.decode("ascii"),
        "signs_from": held.signs_from.isoformat(),
        "ends_at": None if held.ends_at is None else held.ends_at.isoformat(),
    }
