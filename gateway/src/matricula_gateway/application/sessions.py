"""What is known of one access token while it lives: claims, decisions, internal tokens.

Keyed by the whole token, so that nothing but a verified token can hit. Everything here is worked
out once and read often. Must not verify tokens.
"""

from collections import OrderedDict
from dataclasses import replace
from typing import Any, Final

from matricula_chassis.auth.permissions import Policy
from matricula_chassis.auth.policy_document import Operation
from matricula_chassis.auth.principal import Claims, Principal
from matricula_gateway.application.ports import InternalSigner
from matricula_gateway.application.rulings import Ruling, decide

_INTERNAL_SECONDS: Final = 60
_INTERNAL_MARGIN: Final = 15
"""An internal token is replaced while it still has this many seconds to live."""
_NO_CORRELATION: Final = "-"


class Session:
    """One verified access token. Decisions and internal tokens are kept per purpose."""

    __slots__ = ("_decisions", "_internal", "_policy", "_principal", "claims", "rate_key", "until")

    def __init__(self, claims: Claims, *, policy: Policy, until: float) -> None:
        self.claims = claims
        self.until = until
        self.rate_key = f"{claims.client_id} {claims.subject}"
        self._policy = policy
        self._principal = Principal.from_claims(claims, correlation_id=_NO_CORRELATION)
        self._decisions: dict[tuple[str, str | None], Ruling] = {}
        self._internal: dict[tuple[str, str | None], tuple[float, bytes]] = {}

    def decide(self, operation: Operation, stated_purpose: str | None) -> Ruling:
        """Return the decision on an operation for the purpose stated with the request."""
        key = (operation.name, stated_purpose)
        ruling = self._decisions.get(key)
        if ruling is None:
            principal = self._principal
            if stated_purpose is not None:
                principal = replace(principal, purpose=stated_purpose)
            ruling = decide(
                operation, principal, policy=self._policy, stated_purpose=stated_purpose
            )
            if stated_purpose is None or stated_purpose in self._policy.purposes:
                self._decisions[key] = ruling  # the closed list bounds the table
        return ruling

    def internal_token(
        self, service: str, stated_purpose: str | None, *, signer: InternalSigner, now: float
    ) -> bytes:
        """Return the token that tells a service who is asking; `now` in seconds, monotonic.

        It carries no correlation id, because it serves many requests; that travels as a field.
        """
        key = (service, stated_purpose)
        entry = self._internal.get(key)
        if entry is not None and now < entry[0]:
            return entry[1]
        token = signer.sign(self._internal_claims(stated_purpose), audience=service)
        encoded = token.encode("ascii")
        self._internal[key] = (now + _INTERNAL_SECONDS - _INTERNAL_MARGIN, encoded)
        return encoded

    def _internal_claims(self, stated_purpose: str | None) -> dict[str, Any]:
        claims = self.claims
        return {
            "sub": claims.subject,
            "client_id": claims.client_id,
            "ukprn": claims.ukprn,
            "roles": sorted(claims.roles),
            "purpose": stated_purpose or claims.purpose,
            "acr": claims.acr,
            "act": {"sub": claims.actor} if claims.actor else None,
        }

    def forget_internal(self) -> None:
        """Drop the internal tokens: the key that signed them is no longer in use."""
        self._internal.clear()


class SessionTable:
    """Sessions by token, at most `size`, each until the token expires or `life` is over."""

    __slots__ = ("_life", "_sessions", "_size", "policy")

    def __init__(self, *, policy: Policy, size: int, life_seconds: float) -> None:
        self.policy = policy
        self._size = size
        self._life = life_seconds
        self._sessions: OrderedDict[bytes, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def get(self, token: bytes, *, now: float) -> Session | None:
        """Return the session of a token seen before; `now` in seconds since the epoch."""
        session = self._sessions.get(token)
        if session is None:
            return None
        if now >= session.until:
            del self._sessions[token]
            return None
        self._sessions.move_to_end(token)
        return session

    def add(self, token: bytes, claims: Claims, *, now: float) -> Session:
        """Keep a verified token; the one used longest ago makes room."""
        until = min(claims.expires_at, now + self._life)
        session = Session(claims, policy=self.policy, until=until)
        self._sessions[token] = session
        if len(self._sessions) > self._size:
            self._sessions.popitem(last=False)
        return session

    def forget(self) -> None:
        """Forget every session: a key of the issuer was withdrawn."""
        self._sessions.clear()

    def forget_internal(self) -> None:
        """Have every internal token signed anew."""
        for session in self._sessions.values():
            session.forget_internal()
