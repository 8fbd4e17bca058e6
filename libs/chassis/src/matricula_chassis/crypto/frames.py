"""The layout of an encrypted file: a header with the wrapped file key, then numbered frames.

Header: magic (4) | length of the wrapped key (2) | wrapped key.
Frame:  length of the plaintext, top bit set on the last frame (4) | nonce (12) | ciphertext | tag.
Each frame authenticates the header, its number and its length word: none can be altered, swapped,
dropped or repeated, and a file cut short lacks its last. A frame, once there, is not rewritten.
"""

import hashlib
import os
import struct
from array import array
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from matricula_chassis.crypto.key_encryption import KeyEncryptionKey
from matricula_chassis.crypto.sealing import NONCE_BYTES, TAG_BYTES, cipher_of, new_key, wipe

CHUNK_BYTES: Final = 65_536
MAGIC: Final = b"MEF\x01"
_KEY_LENGTH: Final = struct.Struct(">4sH")
_LENGTH: Final = struct.Struct(">I")
_NUMBER_AND_LENGTH: Final = struct.Struct(">QI")
_LAST: Final = 0x8000_0000
_MAX_WRAPPED_BYTES: Final = 1_024
FRAME_PREFIX_BYTES: Final = _LENGTH.size + NONCE_BYTES
FRAME_OVERHEAD_BYTES: Final = FRAME_PREFIX_BYTES + TAG_BYTES


class EncryptedFileBroken(Exception):  # noqa: N818 - named as the fact it states
    """The file is not what its writer wrote: altered, reordered, cut short or of another key."""

    def __init__(self) -> None:
        super().__init__("the encrypted file is broken")


@dataclass(slots=True)
class FrameMap:
    """Where each frame begins, in the file and in the plaintext; the last entry is the end."""

    file_offsets: "array[int]"
    plain_offsets: "array[int]" = field(default_factory=lambda: array("Q", [0]))
    is_finished: bool = False

    @property
    def count(self) -> int:
        """How many frames there are."""
        return len(self.file_offsets) - 1

    @property
    def file_end(self) -> int:
        """The file offset after the last whole frame."""
        return self.file_offsets[-1]

    @property
    def plain_end(self) -> int:
        """The number of plaintext bytes in whole frames."""
        return self.plain_offsets[-1]

    def append(self, length: int, *, last: bool) -> None:
        """Add a frame with this many plaintext bytes."""
        self.file_offsets.append(self.file_end + FRAME_OVERHEAD_BYTES + length)
        self.plain_offsets.append(self.plain_end + length)
        self.is_finished = last

    def truncate(self, count: int) -> None:
        """Keep the first frames only."""
        del self.file_offsets[count + 1 :]
        del self.plain_offsets[count + 1 :]
        self.is_finished = False


class FrameCipher:
    """Seals and opens the frames of one file."""

    __slots__ = ("_cipher", "_header_digest", "header_bytes")

    def __init__(self, cipher: AESGCM, header: bytes) -> None:
        self._cipher = cipher
        self._header_digest = hashlib.sha256(header).digest()
        self.header_bytes = len(header)

    @classmethod
    def create(cls, kek: KeyEncryptionKey, *, context: bytes) -> "tuple[FrameCipher, bytes]":
        """Make a file key; return the cipher and the header that carries the wrapped key."""
        key = bytearray(new_key())
        try:
            wrapped = kek.wrap(key, context=context)
            cipher = cipher_of(key)
        finally:
            wipe(key)
        header = _KEY_LENGTH.pack(MAGIC, len(wrapped)) + wrapped
        return cls(cipher, header), header

    @classmethod
    def read(cls, descriptor: int, kek: KeyEncryptionKey, *, context: bytes) -> "FrameCipher":
        """Read a file's header. Raises EncryptedFileBroken, SealBroken or UnknownKey."""
        start = os.pread(descriptor, _KEY_LENGTH.size, 0)
        if len(start) < _KEY_LENGTH.size:
            raise EncryptedFileBroken
        magic, length = _KEY_LENGTH.unpack(start)
        wrapped = os.pread(descriptor, length, _KEY_LENGTH.size)
        if magic != MAGIC or not 0 < len(wrapped) == length <= _MAX_WRAPPED_BYTES:
            raise EncryptedFileBroken
        key = kek.unwrap(wrapped, context=context)
        try:
            cipher = cipher_of(key)
        finally:
            wipe(key)
        return cls(cipher, start + wrapped)

    def seal(self, plaintext: bytes | memoryview, *, number: int, last: bool) -> bytearray:
        """Return a whole frame, ready to be appended."""
        length_word = len(plaintext) | (_LAST if last else 0)
        nonce = os.urandom(NONCE_BYTES)
        frame = bytearray(FRAME_OVERHEAD_BYTES + len(plaintext))
        _LENGTH.pack_into(frame, 0, length_word)
        frame[_LENGTH.size : FRAME_PREFIX_BYTES] = nonce
        with memoryview(frame) as whole, whole[FRAME_PREFIX_BYTES:] as body:
            self._cipher.encrypt_into(nonce, plaintext, self._bound_to(number, length_word), body)
        return frame

    def open(self, descriptor: int, frames: FrameMap, *, number: int) -> bytes:
        """Return the plaintext of one frame; raises EncryptedFileBroken."""
        start, end = frames.file_offsets[number], frames.file_offsets[number + 1]
        frame = os.pread(descriptor, end - start, start)
        if len(frame) != end - start:
            raise EncryptedFileBroken
        (length_word,) = _LENGTH.unpack_from(frame)
        nonce = frame[_LENGTH.size : FRAME_PREFIX_BYTES]
        try:
            return self._cipher.decrypt(
                nonce, memoryview(frame)[FRAME_PREFIX_BYTES:], self._bound_to(number, length_word)
            )
        except InvalidTag:
            raise EncryptedFileBroken from None

    def _bound_to(self, number: int, length_word: int) -> bytes:
        return self._header_digest + _NUMBER_AND_LENGTH.pack(number, length_word)


def map_frames(descriptor: int, *, start: int) -> FrameMap:
    """Find the whole frames of a file by their length words, up to the first that is not whole.

    What comes after the map's end is a torn write or a forgery. Nothing is authenticated here.
    """
    size = os.fstat(descriptor).st_size
    frames = FrameMap(file_offsets=array("Q", [start]))
    while not frames.is_finished:
        raw = os.pread(descriptor, _LENGTH.size, frames.file_end)
        if len(raw) < _LENGTH.size:
            break
        (length_word,) = _LENGTH.unpack(raw)
        length = length_word & ~_LAST
        is_last = bool(length_word & _LAST)
        if length > CHUNK_BYTES or (length == 0 and not is_last):
            break
        if frames.file_end + FRAME_OVERHEAD_BYTES + length > size:
            break
        frames.append(length, last=is_last)
    return frames
