"""DEV ONLY: authorisation codes and families of refresh tokens.

A refresh token works once; a second use shows a theft and ends its whole family (RFC 9700 section
4.14.2). The same holds for a code. Codes live in memory for a minute, families in a private file.
"""

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from matricula_localstack.paths import write_private

CODE_SECONDS: Final = 60
REFRESH_SECONDS: Final = 8 * 3600


@dataclass(frozen=True, slots=True)
class SignIn:
    """A person who signed in: what every token of theirs says. Authlib calls it the user."""

    subject: str
    acr: str
    auth_time: int


@dataclass(frozen=True, slots=True)
class Code:
    """An authorisation code; the members that Authlib's grants and PKCE read."""

    client_id: str
    redirect_uri: str
    code_challenge: str
    code_challenge_method: str
    sign_in: SignIn
    family: str
    expires_at: float

    def get_redirect_uri(self) -> str:
        """Return the address that the code was sent to."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Return no scope."""
        return ""


@dataclass(frozen=True, slots=True)
class Family:
    """The refresh tokens that come from one sign-in; only the newest is good."""

    family: str
    client_id: str
    sign_in: SignIn
    audience: str
    token_hash: str
    expires_at: float

    def check_client(self, client: Any) -> bool:
        """Return whether the token was given to this client."""
        return bool(client.get_client_id() == self.client_id)

    def get_scope(self) -> str:
        """Return no scope."""
        return ""


class GrantsStore:
    """Codes in memory and families in a file; one event loop uses it."""

    def __init__(self, path: Path, *, time: Callable[[], float]) -> None:
        self._path = path
        self._time = time
        self._codes: dict[str, Code] = {}
        self._spent_codes: dict[str, Code] = {}
        self._families: dict[str, Family] = {}
        if path.exists():
            for entry in json.loads(path.read_text(encoding="utf-8")):
                family = Family(**{**entry, "sign_in": SignIn(**entry["sign_in"])})
                self._families[family.family] = family

    def add_code(self, text: str, code: Code) -> None:
        """Keep a code for a minute."""
        now = self._time()
        self._codes = {k: v for k, v in self._codes.items() if v.expires_at > now}
        self._spent_codes = {k: v for k, v in self._spent_codes.items() if v.expires_at > now}
        self._codes[_hash(text)] = code

    def code(self, text: str, *, client_id: str) -> Code | None:
        """Return a code that may be exchanged; a spent one ends what came of it."""
        spent = self._spent_codes.get(_hash(text))
        if spent is not None:
            self.end_family(spent.family)
            return None
        code = self._codes.get(_hash(text))
        if code is None or code.client_id != client_id or code.expires_at <= self._time():
            return None
        return code

    def spend_code(self, code: Code) -> None:
        """Take a code out of use."""
        for key, value in list(self._codes.items()):
            if value is code:
                self._spent_codes[key] = self._codes.pop(key)

    def start_family(self, family: str, *, client_id: str, sign_in: SignIn, audience: str) -> str:
        """Return the first refresh token of a sign-in."""
        text = _new_token(family)
        self._families[family] = Family(
            family=family,
            client_id=client_id,
            sign_in=sign_in,
            audience=audience,
            token_hash=_hash(text),
            expires_at=self._time() + REFRESH_SECONDS,
        )
        self._save()
        return text

    def family_of(self, text: str) -> Family | None:
        """Return the family of a refresh token that is good; an older one ends the family."""
        family = self._families.get(text.partition(".")[0])
        if family is None or family.expires_at <= self._time():
            return None
        if family.token_hash != _hash(text):
            self.end_family(family.family)
            return None
        return family

    def turn(self, family: Family) -> str:
        """Return the next refresh token of a family; the one before is spent."""
        text = _new_token(family.family)
        self._families[family.family] = replace(family, token_hash=_hash(text))
        self._save()
        return text

    def end_family(self, family: str) -> None:
        """End a sign-in: none of its refresh tokens is good any more."""
        if self._families.pop(family, None) is not None:
            self._save()

    def _save(self) -> None:
        now = self._time()
        self._families = {k: v for k, v in self._families.items() if v.expires_at > now}
        stored = [asdict(family) for family in self._families.values()]
        write_private(self._path, json.dumps(stored, indent=1))


def new_family() -> str:
    """Return the id of a new family."""
    return secrets.token_hex(8)


def _new_token(family: str) -> str:
    return f"{family}.{secrets.token_urlsafe(32)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
