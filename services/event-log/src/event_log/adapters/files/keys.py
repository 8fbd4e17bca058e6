"""The log's signing key on disk, readable by its owner only, and its public half beside it."""

import os
import stat
from pathlib import Path

from event_log.domain.notes import NoteError, SignerKey, VerifierKey

_OWNER_ONLY = 0o600
_FOREIGN = stat.S_IRWXG | stat.S_IRWXO


class KeyFileError(Exception):
    """A key file that cannot be used; `reason` says why, the content is never shown."""

    def __init__(self, reason: str) -> None:
        super().__init__("the key file cannot be used")
        self.reason = reason


def create_keys(signing_key: Path, verifier_key: Path, *, origin: str) -> VerifierKey:
    """Make a new key pair; refuses to overwrite a signing key."""
    signer = SignerKey.generate(origin)
    signing_key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(signing_key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    except FileExistsError:
        raise KeyFileError("exists-already") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(signer.secret_text() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return _write_verifier(verifier_key, signer.verifier())


def load_signer(signing_key: Path, *, origin: str, create_beside: Path | None = None) -> SignerKey:
    """Read the signing key, after making it where `create_beside` (for the public half) allows.

    Raises KeyFileError when others may read the file or when it is the key of another log.
    """
    if create_beside is not None and not signing_key.exists():
        create_keys(signing_key, create_beside, origin=origin)
    try:
        mode = signing_key.stat().st_mode
        text = signing_key.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise KeyFileError("cannot-be-read") from None
    if mode & _FOREIGN:
        raise KeyFileError("readable-by-others")
    try:
        signer = SignerKey.parse(text)
    except (NoteError, ValueError):
        raise KeyFileError("not-a-signing-key") from None
    if signer.name != origin:
        raise KeyFileError("key-of-another-log")
    return signer


def load_verifier(verifier_key: Path) -> VerifierKey:
    """Read the public half."""
    try:
        return VerifierKey.parse(verifier_key.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        raise KeyFileError("cannot-be-read") from None
    except NoteError:
        raise KeyFileError("not-a-verifier-key") from None


def _write_verifier(path: Path, key: VerifierKey) -> VerifierKey:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(key.text() + "\n", "utf-8")
    return key
