"""Sealed blocks: AES-256-GCM with a random nonce, bound to the place where the block belongs.

Layout: format byte | key version (2 bytes) | nonce (12) | ciphertext and tag. The first three
bytes and the context are authenticated, so a block moved elsewhere does not open. One key seals
at most 2^32 blocks (NIST SP 800-38D section 8.3); keys here belong to one person or submission.
"""

import os
import struct
from functools import lru_cache
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
MAX_KEY_VERSION: Final = 0xFFFF
_FORMAT: Final = 1
_HEADER: Final = struct.Struct(">BH")
_BODY_AT: Final = _HEADER.size + NONCE_BYTES
OVERHEAD_BYTES: Final = _BODY_AT + TAG_BYTES
_UUID_MARK: Final = b"u" + (16).to_bytes(4, "big")

CipherKey = bytes | bytearray | AESGCM
"""A key of 32 bytes, or the cipher already made from one (which saves 2 µs a block)."""


class SealBroken(Exception):  # noqa: N818 - named as the fact it states
    """The block was not sealed with this key for this context, or it was altered.

    It says no more than that, whatever was wrong.
    """

    def __init__(self) -> None:
        super().__init__("the sealed block does not open")


def new_key() -> bytes:
    """Return a new random AES-256 key."""
    return os.urandom(KEY_BYTES)


def cipher_of(key: CipherKey) -> AESGCM:
    """Return the cipher of a key; raises ValueError unless the key has 256 bits."""
    if isinstance(key, AESGCM):
        return key
    if len(key) != KEY_BYTES:
        raise ValueError("an AES-256 key has 32 bytes")
    return AESGCM(key)


def context_of(*parts: str | int | UUID) -> bytes:
    """Return a context from its parts: table, row, person, key version and the like.

    Different parts never give the same bytes: each carries its kind and its length.
    """
    return b"".join(
        [_UUID_MARK + part.bytes if isinstance(part, UUID) else _piece(part) for part in parts]
    )


@lru_cache(maxsize=1024)
def _piece(part: str | int) -> bytes:
    kind, raw = (
        (b"s", part.encode("utf-8"))
        if isinstance(part, str)
        else (b"i", str(int(part)).encode("ascii"))
    )
    return kind + len(raw).to_bytes(4, "big") + raw


def seal(
    plaintext: bytes | bytearray, *, key: CipherKey, context: bytes, key_version: int = 1
) -> bytes:
    """Return the sealed block, OVERHEAD_BYTES longer than the plaintext."""
    header = _HEADER.pack(_FORMAT, key_version)
    nonce = os.urandom(NONCE_BYTES)
    return header + nonce + cipher_of(key).encrypt(nonce, plaintext, header + context)


def open_sealed(sealed: bytes, *, key: CipherKey, context: bytes) -> bytes:
    """Return the plaintext; raises SealBroken for everything that `seal` did not make so."""
    if len(sealed) < OVERHEAD_BYTES or sealed[0] != _FORMAT:
        raise SealBroken
    header, nonce, body = sealed[:3], sealed[3:_BODY_AT], sealed[_BODY_AT:]
    try:
        return cipher_of(key).decrypt(nonce, body, header + context)
    except InvalidTag:
        raise SealBroken from None


def open_into(sealed: bytes, *, key: CipherKey, context: bytes) -> bytearray:
    """Open into a buffer that the caller can overwrite; for keys. Raises SealBroken."""
    if len(sealed) < OVERHEAD_BYTES or sealed[0] != _FORMAT:
        raise SealBroken
    opened = bytearray(len(sealed) - OVERHEAD_BYTES)
    nonce, body = sealed[3:_BODY_AT], sealed[_BODY_AT:]
    try:
        cipher_of(key).decrypt_into(nonce, body, sealed[:3] + context, opened)
    except InvalidTag:
        raise SealBroken from None
    return opened


def key_version_of(sealed: bytes) -> int:
    """Return the key version that a block names; believe it only once the block has opened."""
    if len(sealed) < OVERHEAD_BYTES or sealed[0] != _FORMAT:
        raise SealBroken
    return int(_HEADER.unpack_from(sealed)[1])


def wipe(buffer: bytearray) -> None:
    """Overwrite a buffer with zeros. Copies that Python made elsewhere are beyond reach."""
    buffer[:] = bytes(len(buffer))
