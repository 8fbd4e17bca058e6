"""The data key of a validation: wrapped in its row, and what it seals outside of files."""

from typing import Final
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from matricula_chassis.crypto import (
    BlindIndex,
    KeyEncryptionKey,
    SubordinateKey,
    cipher_of,
    context_of,
    index_key,
    new_key,
    open_sealed,
    seal,
    wipe,
)

FILE_KEY_ID: Final = "696c727661303031"
"""Names the validation's own key inside its files."""


class DataKeys:
    """Makes and opens data keys. Deleting the wrapped key erases what it sealed."""

    def __init__(self, kek: KeyEncryptionKey) -> None:
        self._kek = kek

    def create(self, validation_id: UUID) -> bytes:
        """Make a key and return it wrapped."""
        return self._kek.wrap(new_key(), context=_context(validation_id))

    def open(self, validation_id: UUID, wrapped: bytes) -> "DataKey":
        """Return a key for use."""
        key = self._kek.unwrap(wrapped, context=_context(validation_id))
        try:
            return DataKey(validation_id, cipher_of(key))
        finally:
            wipe(key)


class DataKey:
    """The key of one validation."""

    def __init__(self, validation_id: UUID, cipher: AESGCM) -> None:
        self._validation_id = validation_id
        self._cipher = cipher
        self.of_files = SubordinateKey(cipher, key_id=FILE_KEY_ID)

    def seal(self, plain: bytes, *what: str | int) -> bytes:
        """Seal bytes, bound to the validation and to what they are."""
        return seal(plain, key=self._cipher, context=context_of(self._validation_id, *what))

    def open(self, sealed: bytes, *what: str | int) -> bytes:
        """Open what was sealed for the same purpose; raises SealBroken."""
        return open_sealed(sealed, key=self._cipher, context=context_of(self._validation_id, *what))

    def seal_values(self, values: object, position: int) -> bytes:
        """Seal the personal part of a finding."""
        plain = orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY)
        return self.seal(plain, "finding", position)

    def open_values(self, sealed: bytes, position: int) -> dict[str, object]:
        """Open the personal part of a finding."""
        values: dict[str, object] = orjson.loads(self.open(sealed, "finding", position))
        return values


class ReferenceIndex:
    """Blind index of learners' references: equal ones of a provider are found, none is read."""

    def __init__(self, root: bytes) -> None:
        self._index = BlindIndex(index_key(root, "finding.learn_ref_number"), bits=32)

    def of(self, reference: str, *, ukprn: int) -> int:
        """Return the index value of a reference; capitals do not count, as in the rules."""
        return self._index.of(f"{ukprn}|{reference.strip().upper()}")


def _context(validation_id: UUID) -> bytes:
    return context_of("validation", validation_id)
