"""Blind indexes: search by equality over encrypted values, without the values.

An index value is a truncated HMAC-SHA-256 of the normalised value under a key of that index alone.
It shows which rows are equal and how often. Truncation makes strangers collide on purpose:
candidates are decrypted and compared. Never for values of a small set, such as health codes.
"""

from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ROOT_KEY_BYTES: Final = 32
_SALT: Final = b"matricula/blind-index/1"
_WORD_BITS: Final = 64
_SIGN: Final = 1 << (_WORD_BITS - 1)
_MIN_BITS: Final = 8
_BLOCK_BYTES: Final = 64
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))


class KeyedDigest:
    """HMAC-SHA-256 (RFC 2104) under one key, which is hashed once and not for every text.

    hmac.digest does that each time, and setting OpenSSL up is dearer than hashing a short text.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        if len(key) > _BLOCK_BYTES:
            key = sha256(key).digest()
        block = key.ljust(_BLOCK_BYTES, b"\0")
        self._inner = sha256(block.translate(_INNER))
        self._outer = sha256(block.translate(_OUTER))

    def of(self, content: bytes) -> bytes:
        """Return the 32 bytes of the digest."""
        inner = self._inner.copy()
        inner.update(content)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()


class BlindIndex:
    """One index: `of` turns a normalised text into a signed 64-bit number for PostgreSQL bigint.

    The number has `bits` bits: choose about log2 of the expected rows. Below 64 it is never
    negative. The caller normalises the text, in the same way for writing and for searching.
    """

    __slots__ = ("_keyed", "_shift")

    def __init__(self, key: bytes, bits: int = 32) -> None:
        if len(key) < ROOT_KEY_BYTES:
            raise ValueError("an index key has at least 32 bytes")
        if not _MIN_BITS <= bits <= _WORD_BITS:
            raise ValueError("an index has 8 to 64 bits")
        self._keyed = KeyedDigest(key)
        self._shift = _WORD_BITS - bits

    def of(self, text: str) -> int:
        """Return the index value of a text."""
        digest = self._keyed.of(text.encode("utf-8"))
        number = int.from_bytes(digest[:8], "big") >> self._shift
        return number - (_SIGN << 1) if number >= _SIGN else number


def index_key(root: bytes, name: str) -> bytes:
    """Derive the key of one index (HKDF-SHA-256, RFC 5869) from the root key.

    `name` says which index it is, for instance `learner.uln`; another name gives another key.
    """
    if len(root) < ROOT_KEY_BYTES:
        raise ValueError("a root key has at least 32 bytes")
    if not name:
        raise ValueError("an index needs a name")
    derivation = HKDF(SHA256(), length=32, salt=_SALT, info=name.encode("utf-8"))
    return derivation.derive(root)
