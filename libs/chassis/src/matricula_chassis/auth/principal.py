"""Who is asking: verified claims, and the principal that use cases and audit records see.

Nothing here believes a token; claims are made by the verifier only, after every check.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matricula_chassis.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of one verified access token (RFC 9068). Times are seconds since the epoch."""

    issuer: str
    subject: str
    audience: str
    client_id: str
    issued_at: int
    not_before: int | None
    expires_at: int
    token_id: str
    ukprn: int | None
    roles: frozenset[str]
    scopes: frozenset[str]
    acr: str | None
    purpose: str | None
    actor: str | None
    """Subject of the `act` claim (RFC 8693 section 4.1): who acts for `subject`."""
    transaction: str | None
    """The `txn` claim: the correlation id that the gateway gave the request."""
    values: Mapping[str, Any]
    """Every claim of the token as it was sent; read-only."""

    @property
    def is_client_credentials(self) -> bool:
        """Whether no person stands behind the token (RFC 9068 section 2.2)."""
        return self.subject == self.client_id


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts in a request. `acting_for` is the subject on whose behalf, or None."""

    subject: str
    client_id: str
    ukprn: int | None
    roles: frozenset[str]
    purpose: str | None
    acr: str | None
    acting_for: str | None
    correlation_id: str
    token_id: str

    @classmethod
    def from_claims(cls, claims: Claims, *, correlation_id: str) -> "Principal":
        """Return the principal of a token; with an `act` claim the actor is the subject."""
        return cls(
            subject=claims.actor or claims.subject,
            client_id=claims.client_id,
            ukprn=claims.ukprn,
            roles=claims.roles,
            purpose=claims.purpose,
            acr=claims.acr,
            acting_for=claims.subject if claims.actor else None,
            correlation_id=correlation_id,
            token_id=claims.token_id,
        )


def provider_of(principal: Principal) -> int:
    """Return the provider whose rows the caller may see; raises Forbidden when there is none."""
    if principal.ukprn is None:
        raise Forbidden("forbidden", reason="no_provider_scope")
    return principal.ukprn
