"""Key-encryption keys: the port, its file adapter for development, and keys that wrap under a key.

A wrapped key names the key that wrapped it, so several key-encryption keys work side by side while
data keys are wrapped anew.
"""

import base64
import json
import secrets
from pathlib import Path
from typing import Any, Final, Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from matricula_chassis.crypto.private_files import (
    UnsafeKeyFile,
    create_private,
    read_private,
    replace_private,
)
from matricula_chassis.crypto.sealing import (
    KEY_BYTES,
    CipherKey,
    SealBroken,
    cipher_of,
    new_key,
    open_into,
    seal,
)

_KEY_ID_BYTES: Final = 8
_FILE_VERSION: Final = 1


class KeyEncryptionKey(Protocol):
    """Wraps data keys. Adapters: a file here, a key service in production."""

    @property
    def key_id(self) -> str:
        """The id (16 hexadecimal digits) of the key that wraps now."""
        ...

    def wrap(self, data_key: bytes | bytearray, *, context: bytes) -> bytes:
        """Return the wrapped key, bound to a context."""
        ...

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytearray:
        """Return the data key in a buffer that the caller may overwrite.

        Raises SealBroken when it was not wrapped so, UnknownKey when its wrapping key is not here.
        """
        ...


class UnknownKey(LookupError):  # noqa: N818 - named as the fact it states
    """The key-encryption key that wrapped a data key is not here; `key_id` is its id."""

    def __init__(self, key_id: str) -> None:
        super().__init__("the wrapping key is not here")
        self.key_id = key_id


def wrapping_key_id(wrapped: bytes) -> str:
    """Return the id of the key that a wrapped key names."""
    if len(wrapped) <= _KEY_ID_BYTES:
        raise SealBroken
    return wrapped[:_KEY_ID_BYTES].hex()


def _wrap(data_key: bytes | bytearray, *, cipher: AESGCM, key_id: str, context: bytes) -> bytes:
    name = bytes.fromhex(key_id)
    return name + seal(data_key, key=cipher, context=name + context)


def _unwrap(wrapped: bytes, *, cipher: AESGCM, context: bytes) -> bytearray:
    name = wrapped[:_KEY_ID_BYTES]
    return open_into(wrapped[_KEY_ID_BYTES:], key=cipher, context=name + context)


class SubordinateKey:
    """A data key that wraps further keys, for instance those of one submission's files.

    Destroying it destroys them, whatever happens to the key-encryption key.
    """

    __slots__ = ("_cipher", "_key_id")

    def __init__(self, key: CipherKey, *, key_id: str) -> None:
        if len(bytes.fromhex(key_id)) != _KEY_ID_BYTES:
            raise ValueError("a key id has 16 hexadecimal digits")
        self._cipher = cipher_of(key)
        self._key_id = key_id

    @property
    def key_id(self) -> str:
        """The id that its wrapped keys name."""
        return self._key_id

    def wrap(self, data_key: bytes | bytearray, *, context: bytes) -> bytes:
        """Return the wrapped key, bound to a context."""
        return _wrap(data_key, cipher=self._cipher, key_id=self._key_id, context=context)

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytearray:
        """Return the key; raises SealBroken, or UnknownKey when another key wrapped it."""
        if wrapping_key_id(wrapped) != self._key_id:
            raise UnknownKey(wrapping_key_id(wrapped))
        return _unwrap(wrapped, cipher=self._cipher, context=context)


class FileKeyEncryptionKey:
    """Key-encryption keys in one file, for development and small installations.

    JSON: `{"version": 1, "keys": [{"id": …, "key": base64}, …]}`, the newest last. The file must
    be the process's own (or root's) and closed to everybody else; a looser one is refused.
    """

    def __init__(self, path: Path | str, *, create: bool = False) -> None:
        self._path = Path(path)
        if create and not self._path.exists():
            create_private(self._path, _encoded([_new_entry()]))
        self._load()

    @property
    def key_id(self) -> str:
        """The id of the newest key: the one that wraps."""
        return self._newest

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of all keys, the newest last."""
        return tuple(self._ciphers)

    def wrap(self, data_key: bytes | bytearray, *, context: bytes) -> bytes:
        """Wrap with the newest key."""
        cipher = self._ciphers[self._newest]
        return _wrap(data_key, cipher=cipher, key_id=self._newest, context=context)

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytearray:
        """Unwrap with the key that the wrapped key names; raises SealBroken or UnknownKey."""
        key_id = wrapping_key_id(wrapped)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise UnknownKey(key_id)
        return _unwrap(wrapped, cipher=cipher, context=context)

    def rotate(self) -> str:
        """Add a new key, which wraps from now on; return its id. One process at a time."""
        entry = _new_entry()
        replace_private(self._path, _encoded([*_read_entries(self._path), entry]))
        self._load()
        return entry["id"]

    def retire(self, key_id: str) -> None:
        """Remove an old key for good. What it alone wrapped can never be opened again."""
        if key_id == self._newest:
            raise ValueError("the key that wraps cannot be retired")
        entries = _read_entries(self._path)
        kept = [entry for entry in entries if entry["id"] != key_id]
        if len(kept) == len(entries):
            raise UnknownKey(key_id)
        replace_private(self._path, _encoded(kept))
        self._load()

    def _load(self) -> None:
        self._ciphers = {
            entry["id"]: AESGCM(base64.b64decode(entry["key"], validate=True))
            for entry in _read_entries(self._path)
        }
        self._newest = next(reversed(self._ciphers))


def _new_entry() -> dict[str, str]:
    return {
        "id": secrets.token_hex(_KEY_ID_BYTES),
        "key": base64.b64encode(new_key()).decode("ascii"),
    }


def _encoded(entries: list[dict[str, str]]) -> bytes:
    return json.dumps({"version": _FILE_VERSION, "keys": entries}, indent=1).encode("ascii")


def _read_entries(path: Path) -> list[dict[str, str]]:
    raw = read_private(path)
    try:
        document: Any = json.loads(raw)
        version = document["version"]
        entries = [{"id": one["id"], "key": one["key"]} for one in document["keys"]]
        keys = {len(base64.b64decode(one["key"], validate=True)) for one in entries}
        names = {len(bytes.fromhex(one["id"])) for one in entries}
    except (ValueError, TypeError, KeyError):
        raise UnsafeKeyFile(path, "it is not a key file") from None
    if version != _FILE_VERSION or keys != {KEY_BYTES} or names != {_KEY_ID_BYTES}:
        raise UnsafeKeyFile(path, "it is not a key file")
    return entries
