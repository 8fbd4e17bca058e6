"""Secrets of the local stack: made at random once, kept in files that only their owner reads.

Role passwords are derived from one random key, so that every start of the same checkout agrees on
them without a file per role.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from matricula_localstack.paths import write_private

_RANDOM_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class SecretFiles:
    """The folder of secrets of one stack."""

    folder: Path

    def random(self, name: str) -> str:
        """Return the secret of this name, making it up on the first call."""
        path = self.folder / name
        try:
            return path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            pass  # it is made up below
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{name}.{secrets.token_hex(4)}")
        write_private(draft, secrets.token_urlsafe(_RANDOM_BYTES) + "\n")
        try:
            path.hardlink_to(draft)  # fails when somebody else was first: theirs is then used
        except FileExistsError:
            pass  # the other's secret is read below
        finally:
            draft.unlink()
        return path.read_text(encoding="utf-8").strip()

    def password(self, role: str) -> str:
        """Return the password of a database role or service client."""
        key = self.random("passwords.key").encode()
        return hmac.new(key, role.encode(), hashlib.sha256).hexdigest()

    def store(self, name: str, value: str) -> Path:
        """Write a value for a process to read and return its path."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / name
        write_private(path, value + "\n")
        return path
