"""Verifies access tokens and signs the gateway's internal ones: the one wrapper around python-jose.

No other module imports jose, or joserfc, which is the exit: TOKEN_BACKEND=joserfc puts the same
wrapper on it. The libraries are asked for one thing only, the ES256 signature under a key built
beforehand; every other rule is ours, in `checks`, because python-jose does not keep them.
"""

import os
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from jose import backends as jose_backends
from jose import jwk as jose_jwk
from jose import jws as jose_jws
from jose.exceptions import JOSEError
from joserfc import jws as joserfc_jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from matricula_chassis.auth.cache import TokenCache
from matricula_chassis.auth.checks import (
    ALGORITHM,
    TOKEN_TYPE,
    ClaimRules,
    check_claims,
    read_unverified,
)
from matricula_chassis.auth.principal import Claims
from matricula_chassis.auth.rejection import Reason, TokenRejected
from matricula_chassis.clock import Clock
from matricula_chassis.ids import IdSource

INTERNAL_LIFETIME: Final = timedelta(seconds=60)
EXTERNAL_LIFETIME: Final = timedelta(minutes=5)
_COORDINATE_BYTES: Final = 32


class BadKey(ValueError):  # noqa: N818 - named as the fact it states
    """A key that cannot carry ES256; nothing of it is repeated here."""

    def __init__(self) -> None:
        super().__init__("not a P-256 key for ES256")


class _Backend(Protocol):
    def public(self, jwk: Mapping[str, str]) -> Any: ...
    def private(self, key: ec.EllipticCurvePrivateKey) -> Any: ...
    def holds(self, token: str, key: Any) -> bool: ...
    def sign(self, payload: bytes, key: Any, *, key_id: str) -> str: ...


class _PythonJose:
    """python-jose, with the cryptography backend and nothing but that."""

    def __init__(self) -> None:
        if jose_backends.ECKey.__name__ != "CryptographyECKey":
            raise RuntimeError("python-jose has not chosen its cryptography backend")

    def public(self, jwk: Mapping[str, str]) -> Any:
        return jose_jwk.construct(dict(jwk), ALGORITHM)

    def private(self, key: ec.EllipticCurvePrivateKey) -> Any:
        return jose_backends.ECKey(key, ALGORITHM)

    def holds(self, token: str, key: Any) -> bool:
        try:
            jose_jws.verify(token, key, algorithms=["ES256"])
        except JOSEError:
            return False
        return True

    def sign(self, payload: bytes, key: Any, *, key_id: str) -> str:
        headers = {"kid": key_id, "typ": TOKEN_TYPE}
        return str(jose_jws.sign(payload, key, headers=headers, algorithm=ALGORITHM))


class _Joserfc:
    """joserfc, behind the same rules."""

    def public(self, jwk: Mapping[str, str]) -> Any:
        return ECKey.import_key(dict(jwk))

    def private(self, key: ec.EllipticCurvePrivateKey) -> Any:
        numbers = key.private_numbers()
        return ECKey.import_key(
            {
                **_public_jwk(key.public_key()),
                "d": _base64url(numbers.private_value.to_bytes(_COORDINATE_BYTES, "big")),
            }
        )

    def holds(self, token: str, key: Any) -> bool:
        try:
            joserfc_jws.deserialize_compact(token, key, algorithms=["ES256"])
        except JoseError:
            return False
        return True

    def sign(self, payload: bytes, key: Any, *, key_id: str) -> str:
        header = {"alg": ALGORITHM, "kid": key_id, "typ": TOKEN_TYPE}
        return joserfc_jws.serialize_compact(header, payload, key, algorithms=["ES256"])


_BACKENDS: Final[Mapping[str, Callable[[], _Backend]]] = {"jose": _PythonJose, "joserfc": _Joserfc}


def _backend(name: str | None) -> _Backend:
    chosen = name or os.environ.get("TOKEN_BACKEND", "jose")
    if chosen not in _BACKENDS:
        raise ValueError("TOKEN_BACKEND is neither jose nor joserfc")
    return _BACKENDS[chosen]()


class VerifyingKey:
    """One public key of one issuer, parsed once. `backend` is jose, joserfc or the setting's."""

    __slots__ = ("_backend", "_key", "key_id")

    def __init__(self, jwk: Mapping[str, Any], *, backend: str | None = None) -> None:
        """Build the key of an EC P-256 JWK (RFC 7517); raises BadKey for everything else."""
        key_id = jwk.get("kid")
        if not isinstance(key_id, str) or not _is_es256(jwk):
            raise BadKey
        self.key_id = key_id
        self._backend = _backend(backend)
        try:
            # Only the four members that make the point; nothing else of the set is believed.
            self._key = self._backend.public({name: jwk[name] for name in ("kty", "crv", "x", "y")})
        except (ValueError, TypeError, JOSEError, JoseError):
            raise BadKey from None

    def holds(self, token: str) -> bool:
        """Return whether this key signed the token with ES256. Says nothing about its claims."""
        return self._backend.holds(token, self._key)


def _is_es256(jwk: Mapping[str, Any]) -> bool:
    return (
        jwk.get("kty") == "EC"
        and jwk.get("crv") == "P-256"
        and jwk.get("alg", ALGORITHM) == ALGORITHM
        and jwk.get("use", "sig") == "sig"
        and "d" not in jwk
        and all(isinstance(jwk.get(name), str) and len(jwk[name]) == 43 for name in ("x", "y"))  # noqa: PLR2004 - 32 bytes in base64url
    )


class SigningKey:
    """A P-256 private key with its key id. Keep it out of logs: it has no text of its own."""

    __slots__ = ("_private", "key_id")

    def __init__(self, private: ec.EllipticCurvePrivateKey, *, key_id: str) -> None:
        if not isinstance(private.curve, ec.SECP256R1):
            raise BadKey
        self._private = private
        self.key_id = key_id

    @classmethod
    def generate(cls, *, key_id: str) -> "SigningKey":
        """Make a new key."""
        return cls(ec.generate_private_key(ec.SECP256R1()), key_id=key_id)

    @property
    def private(self) -> ec.EllipticCurvePrivateKey:
        """The key itself, for whoever stores it."""
        return self._private

    def public_jwk(self) -> dict[str, str]:
        """Return the public half as a JWK with kid, alg and use."""
        return {
            **_public_jwk(self._private.public_key()),
            "kid": self.key_id,
            "alg": ALGORITHM,
            "use": "sig",
        }


def _public_jwk(public: ec.EllipticCurvePublicKey) -> dict[str, str]:
    numbers = public.public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": _base64url(numbers.x.to_bytes(_COORDINATE_BYTES, "big")),
        "y": _base64url(numbers.y.to_bytes(_COORDINATE_BYTES, "big")),
    }


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


class KeySource(Protocol):
    """Finds the keys of one issuer."""

    async def find(self, key_id: str) -> VerifyingKey | None:
        """Return the key with this id, or None when the issuer has none.

        Raises TokenRejected(KEYS_UNAVAILABLE) when no key of the issuer could ever be had.
        """
        ...


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer whose tokens are accepted, its keys, and what its tokens must satisfy."""

    issuer: str
    keys: KeySource
    max_lifetime: timedelta = EXTERNAL_LIFETIME
    requires_not_before: bool = False


class TokenVerifier:
    """Verifies access tokens of the trusted issuers; each check is a Reason, in their order."""

    def __init__(
        self,
        issuers: Sequence[TrustedIssuer],
        *,
        clock: Clock,
        cache: TokenCache | None = None,
    ) -> None:
        self._issuers = {
            one.issuer: (
                one.keys,
                ClaimRules(
                    max_lifetime=one.max_lifetime,
                    requires_not_before=one.requires_not_before,
                ),
            )
            for one in issuers
        }
        if len(self._issuers) != len(issuers):
            raise ValueError("an issuer is given twice")
        self._clock = clock
        self._cache = cache

    async def verify(self, token: str, *, audience: str) -> Claims:
        """Return the claims of a good token; raises TokenRejected with the first failed check."""
        now = self._clock.now().timestamp()
        if self._cache is not None:
            cached = self._cache.get(token, audience=audience, now=now)
            if cached is not None:
                return cached
        unverified = read_unverified(token)
        if unverified.issuer not in self._issuers:
            raise TokenRejected(Reason.ISSUER)
        keys, rules = self._issuers[unverified.issuer]
        key = await keys.find(unverified.key_id)
        if key is None:
            raise TokenRejected(Reason.UNKNOWN_KEY)
        if not key.holds(token):
            raise TokenRejected(Reason.SIGNATURE)
        claims = check_claims(
            unverified.payload,
            rules=rules,
            audience=audience,
            now=self._clock.now().timestamp(),
        )
        if self._cache is not None:
            self._cache.put(token, claims, now=now)
        return claims


class TokenSigner:
    """Signs internal tokens: ES256, RFC 9068 shape, one audience, 60 seconds."""

    def __init__(
        self,
        key: SigningKey,
        *,
        issuer: str,
        clock: Clock,
        ids: IdSource,
        lifetime: timedelta = INTERNAL_LIFETIME,
        backend: str | None = None,
    ) -> None:
        self._backend = _backend(backend)
        self._key = self._backend.private(key.private)
        self._key_id = key.key_id
        self._issuer = issuer
        self._clock = clock
        self._ids = ids
        self._lifetime = int(lifetime.total_seconds())

    def sign(self, claims: Mapping[str, Any], *, audience: str) -> str:
        """Sign claims for one service; iss, aud, iat, nbf, exp and jti are set here.

        Members that are None are left out.
        """
        now = int(self._clock.now().timestamp())
        stated = {name: value for name, value in claims.items() if value is not None}
        payload = {
            **stated,
            "iss": self._issuer,
            "aud": audience,
            "iat": now,
            "nbf": now,
            "exp": now + self._lifetime,
            "jti": str(self._ids.uuid7()),
        }
        return self._backend.sign(orjson.dumps(payload), self._key, key_id=self._key_id)
