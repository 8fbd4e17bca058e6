"""DEV ONLY: the issuer's signing keys: the next one is published before it is used.

Whoever caches the key set for a while therefore knows every key before the first token of it.
"""

import json
from pathlib import Path
from typing import Any, Final

from joserfc import jwt
from joserfc.jwk import ECKey

from matricula_localstack.paths import write_private

ALGORITHM: Final = "ES256"
_KEPT: Final = 5


class KeyRing:
    """One key that signs, one that will, and the last five that did; kept in a private file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if path.exists():
            stored = json.loads(path.read_text(encoding="utf-8"))
            self._current, self._next = (ECKey.import_key(stored[n]) for n in ("current", "next"))
            self._retired = [ECKey.import_key(one) for one in stored["retired"]]
        else:
            self._current, self._next, self._retired = _new_key(), _new_key(), []
            self._save()

    @property
    def current_id(self) -> str:
        """The id of the key that signs."""
        return str(self._current.kid)

    def rotate(self) -> str:
        """Let the next key sign from now on; return its id. The old one stays published."""
        self._retired = [self._current, *self._retired][:_KEPT]
        self._current, self._next = self._next, _new_key()
        self._save()
        return self.current_id

    def jwks(self) -> dict[str, Any]:
        """Return the public keys, without a private part."""
        keys = (self._current, self._next, *self._retired)
        return {"keys": [{**_public(key), "alg": ALGORITHM, "use": "sig"} for key in keys]}

    def sign(self, claims: dict[str, Any]) -> str:
        """Return an access token of these claims (RFC 9068 section 2.1)."""
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": self.current_id}
        return jwt.encode(header, claims, self._current, algorithms=[ALGORITHM])

    def _save(self) -> None:
        stored = {
            "current": self._current.as_dict(private=True),
            "next": self._next.as_dict(private=True),
            "retired": [_public(key) for key in self._retired],
        }
        write_private(self._path, json.dumps(stored, indent=1))


def _new_key() -> ECKey:
    return ECKey.generate_key("P-256", auto_kid=True)


def _public(key: ECKey) -> dict[str, Any]:
    return dict(key.as_dict(private=False))
