"""Signed access tokens for tests: an issuer in memory, and tokens made by hand to be wrong.

Nothing here uses a token library, so what it makes does not share their mistakes.
"""

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from matricula_chassis.auth import (
    Authenticator,
    KeySet,
    Policy,
    SigningKey,
    TokenVerifier,
    TrustedIssuer,
    VerifyingKey,
)
from matricula_chassis.clock import Clock

GATEWAY_ISSUER: Final = "matricula-gateway"
OIDC_ISSUER: Final = "https://issuer.test"
TEST_UKPRN: Final = 10_000_001
_HALF: Final = 32


def base64url(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def json_bytes(value: Mapping[str, Any]) -> bytes:
    """Return JSON without spaces."""
    return json.dumps(value, separators=(",", ":")).encode("utf-8")


def sign_es256(signing_input: str, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the 64 bytes of an ES256 signature (RFC 7518 section 3.4)."""
    r, s = decode_dss_signature(key.sign(signing_input.encode(), ec.ECDSA(SHA256())))
    return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")


class TokenMint:
    """An issuer in memory: one key, and tokens of any content.

    `TokenMint(clock)` plays the gateway; `TokenMint(clock, issuer=OIDC_ISSUER)` the provider.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        issuer: str = GATEWAY_ISSUER,
        key: SigningKey | None = None,
        lifetime: timedelta = timedelta(seconds=60),
    ) -> None:
        self.clock = clock
        self.issuer = issuer
        self.key = key or SigningKey.generate(key_id=f"test-{uuid4().hex[:8]}")
        self.lifetime = lifetime

    @property
    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public key set as a document."""
        return {"keys": [self.key.public_jwk()]}

    def trusted(self, *, requires_not_before: bool = False) -> TrustedIssuer:
        """Return this issuer as a TokenVerifier takes it."""
        return TrustedIssuer(
            self.issuer,
            KeySet([VerifyingKey(self.key.public_jwk())]),
            max_lifetime=self.lifetime,
            requires_not_before=requires_not_before,
        )

    def header(self, **changes: Any) -> dict[str, Any]:
        """Return the header of a good token, changed."""
        return {"alg": "ES256", "typ": "at+jwt", "kid": self.key.key_id, **changes}

    def claims(self, *, audience: str, **changes: Any) -> dict[str, Any]:
        """Return the claims of a good token, changed; a change to `...` leaves a claim out."""
        now = self.now()
        claims = {
            "iss": self.issuer,
            "aud": audience,
            "sub": "person-1",
            "client_id": "front-end",
            "ukprn": TEST_UKPRN,
            "roles": [],
            "iat": now,
            "nbf": now,
            "exp": now + int(self.lifetime.total_seconds()),
            "jti": str(uuid4()),
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not ...}

    def now(self) -> int:
        """Return the time in seconds since the epoch."""
        instant: datetime = self.clock.now()
        return int(instant.timestamp())

    def token(self, *, audience: str, **changes: Any) -> str:
        """Return a signed token: `roles=["auditor"]`, `ukprn=…`, `sub=…`, `acr="mfa"`, `exp=…`."""
        return self.signed(self.header(), self.claims(audience=audience, **changes))

    def service_token(self, *, audience: str, client_id: str, **changes: Any) -> str:
        """Return a client-credentials token: the subject is the client, its role is `service`."""
        claims = {"sub": client_id, "client_id": client_id, "roles": ["service"], **changes}
        return self.token(audience=audience, **claims)

    def signed(self, header: Mapping[str, Any] | bytes, payload: Mapping[str, Any] | bytes) -> str:
        """Return a token of exactly this header and payload, with this mint's signature."""
        raw = [one if isinstance(one, bytes) else json_bytes(one) for one in (header, payload)]
        signing_input = ".".join(base64url(one) for one in raw)
        return f"{signing_input}.{base64url(sign_es256(signing_input, self.key.private))}"


def bearer(token: str) -> dict[str, str]:
    """Return the request header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def authenticator(
    policy: Policy, *, service: str, gateway: TokenMint, provider: TokenMint | None = None
) -> Authenticator:
    """Return the authenticator of a service under test: `create_app(authenticate=…)`."""
    issuers = [gateway.trusted(requires_not_before=True)]
    if provider is not None:
        issuers.append(provider.trusted())
    return Authenticator(
        TokenVerifier(issuers, clock=gateway.clock),
        policy=policy,
        service=service,
        internal_issuer=gateway.issuer,
    )
