"""Signed notes and log checkpoints (C2SP signed-note, tlog-checkpoint), Ed25519 only.

Keys come and go in their C2SP text forms; where they are kept is not decided here.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from event_log.domain.merkle import HASH_BYTES

_ED25519 = b"\x01"
_KEY_BYTES = 32
_DASH = "\N{EM DASH} "
_SECRET_PREFIX = "PRIVATE+KEY+"  # noqa: S105 - the fixed first words of the C2SP key file


class NoteError(ValueError):
    """A note, checkpoint or key that is malformed or not signed by the expected key."""


def key_hash(name: str, public: bytes) -> bytes:
    """First four bytes that tell keys of one name apart (signed-note, "Signatures")."""
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def _checked_name(name: str) -> str:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise NoteError("a key name holds neither spaces nor a plus sign")
    return name


def _decode(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError("not base64") from None


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Public half: `<name>+<hash>+<base64(0x01 || key)>`."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read the one-line form; NoteError when it is no Ed25519 verifier key."""
        parts = text.strip().split("+", 2)
        if len(parts) != 3:  # noqa: PLR2004 - name, hash, key
            raise NoteError("a verifier key has three parts")
        data = _decode(parts[2])
        if len(data) != 1 + _KEY_BYTES or data[:1] != _ED25519:
            raise NoteError("not an Ed25519 verifier key")
        key = cls(_checked_name(parts[0]), data[1:])
        if key_hash(key.name, key.public).hex() != parts[1]:
            raise NoteError("the key hash does not match the key")
        return key

    def text(self) -> str:
        """One-line form."""
        key = b64encode(_ED25519 + self.public).decode()
        return f"{self.name}+{key_hash(self.name, self.public).hex()}+{key}"


@dataclass(frozen=True, slots=True)
class SignerKey:
    """Private half; its text form is a secret and never logged."""

    name: str
    private: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str) -> "SignerKey":
        """Make a new key for this origin."""
        return cls(_checked_name(name), Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, text: str) -> "SignerKey":
        """Read `PRIVATE+KEY+<name>+<hash>+<base64(0x01 || seed)>`."""
        body = text.strip()
        parts = body.removeprefix(_SECRET_PREFIX).split("+", 2)
        if not body.startswith(_SECRET_PREFIX) or len(parts) != 3:  # noqa: PLR2004
            raise NoteError("not a signer key")
        data = _decode(parts[2])
        if len(data) != 1 + _KEY_BYTES or data[:1] != _ED25519:
            raise NoteError("not an Ed25519 signer key")
        key = cls(_checked_name(parts[0]), Ed25519PrivateKey.from_private_bytes(data[1:]))
        if key_hash(key.name, key.verifier().public).hex() != parts[1]:
            raise NoteError("the key hash does not match the key")
        return key

    def secret_text(self) -> str:
        """One-line secret form, for the key file only."""
        data = b64encode(_ED25519 + self.private.private_bytes_raw()).decode()
        return f"{_SECRET_PREFIX}{self.name}+{self._hash().hex()}+{data}"

    def verifier(self) -> VerifierKey:
        """Public half."""
        return VerifierKey(self.name, self.private.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """Signed note over `text`, which ends with a newline."""
        signature = b64encode(self._hash() + self.private.sign(text.encode())).decode()
        return f"{text}\n{_DASH}{self.name} {signature}\n"

    def _hash(self) -> bytes:
        return key_hash(self.name, self.private.public_key().public_bytes_raw())


def open_note(note: str, key: VerifierKey) -> str:
    """Text of a note signed by `key`; signatures by other keys are ignored."""
    text, separator, signatures = note.rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        raise NoteError("a note has text, an empty line and signatures")
    text += "\n"
    for line in signatures.removesuffix("\n").split("\n"):
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or name != key.name:
            continue
        data = _decode(encoded)
        if data[:4] != key_hash(key.name, key.public):
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(data[4:], text.encode())
        except InvalidSignature:
            raise NoteError("the signature does not verify") from None
        return text
    raise NoteError("no signature by the expected key")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A statement that the log `origin` has `size` entries under `root`."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the three lines of a checkpoint; extension lines are ignored."""
        lines: Sequence[str] = text.split("\n")
        if len(lines) < 4 or not lines[0]:  # noqa: PLR2004 - three lines, each ended
            raise NoteError("a checkpoint has origin, size and root")
        if not lines[1].isascii() or not lines[1].isdigit() or str(int(lines[1])) != lines[1]:
            raise NoteError("the size is a plain decimal number")
        root = _decode(lines[2])
        if len(root) != HASH_BYTES:
            raise NoteError("the root is a SHA-256 hash")
        return cls(lines[0], int(lines[1]), root)

    def text(self) -> str:
        """Note text to sign."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"
