"""Encryption of personal data at rest: sealed blocks, wrapped keys, blind indexes, files.

Nothing here knows what a field or a person is; `cryptography` does the cryptography.
"""

from matricula_chassis.crypto.blind_index import BlindIndex, KeyedDigest, index_key
from matricula_chassis.crypto.files import (
    AlreadyFinished,
    EncryptedFileReader,
    EncryptedFileWriter,
    FileInUse,
)
from matricula_chassis.crypto.frames import CHUNK_BYTES, EncryptedFileBroken
from matricula_chassis.crypto.key_encryption import (
    FileKeyEncryptionKey,
    KeyEncryptionKey,
    SubordinateKey,
    UnknownKey,
    wrapping_key_id,
)
from matricula_chassis.crypto.private_files import UnsafeKeyFile
from matricula_chassis.crypto.sealing import (
    CipherKey,
    SealBroken,
    cipher_of,
    context_of,
    key_version_of,
    new_key,
    open_sealed,
    seal,
    wipe,
)

__all__ = [
    "CHUNK_BYTES",
    "AlreadyFinished",
    "BlindIndex",
    "CipherKey",
    "EncryptedFileBroken",
    "EncryptedFileReader",
    "EncryptedFileWriter",
    "FileInUse",
    "FileKeyEncryptionKey",
    "KeyEncryptionKey",
    "KeyedDigest",
    "SealBroken",
    "SubordinateKey",
    "UnknownKey",
    "UnsafeKeyFile",
    "cipher_of",
    "context_of",
    "index_key",
    "key_version_of",
    "new_key",
    "open_sealed",
    "seal",
    "wipe",
    "wrapping_key_id",
]
