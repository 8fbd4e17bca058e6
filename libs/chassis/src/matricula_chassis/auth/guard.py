"""The guard of a service's endpoints: who is asking, and may they.

A service believes the gateway's internal tokens, and, for operations that the policy marks
`internal`, another service's client credentials. It trusts nothing because of where it comes from.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from matricula_chassis.auth.cache import TokenCache
from matricula_chassis.auth.key_sets import DiscoveredJwks, JwksAddress, RemoteKeySet
from matricula_chassis.auth.metadata import issuer_client
from matricula_chassis.auth.permissions import Policy, UnknownOperation
from matricula_chassis.auth.principal import Claims, Principal
from matricula_chassis.auth.rejection import TokenRejected
from matricula_chassis.auth.tokens import INTERNAL_LIFETIME, TokenVerifier, TrustedIssuer
from matricula_chassis.clock import Clock
from matricula_chassis.errors import Forbidden, Unauthenticated, Unavailable
from matricula_chassis.observability.context import current_context
from matricula_chassis.settings import ServiceSettings

_CHALLENGE: Final = 'Bearer realm="matricula"'


class CredentialsRefused(Unauthenticated):
    """401. `headers` belong on the answer; `context` carries the reason for the log only."""

    def __init__(self, *, challenge: str, reason: str) -> None:
        super().__init__("unauthenticated", reason=reason)
        self.headers: Mapping[str, str] = {"WWW-Authenticate": challenge}


class OperationRefused(Forbidden):
    """403. `headers` belong on the answer."""

    def __init__(self, problem: str, *, operation: str, reason: str) -> None:
        super().__init__(problem, operation=operation, reason=reason)
        challenge = f'{_CHALLENGE}, error="insufficient_scope"'
        self.headers: Mapping[str, str] = {"WWW-Authenticate": challenge}


@dataclass(frozen=True, slots=True)
class AuthenticatedCaller:
    """Whose token the request carries; `authorise` says what it may be used for."""

    claims: Claims
    authenticator: "Authenticator"

    @property
    def client_id(self) -> str:
        """The OAuth client that the request came through."""
        return self.claims.client_id

    def authorise(self, operation: str) -> Principal:
        """Return the principal for an operation; raises OperationRefused."""
        return self.authenticator.authorise(self.claims, operation=operation)


class Authenticator:
    """Believes or refuses the callers of one service, and decides by the policy.

    An instance is what `create_app(authenticate=…)` takes.
    """

    def __init__(
        self, verifier: TokenVerifier, *, policy: Policy, service: str, internal_issuer: str
    ) -> None:
        self._verifier = verifier
        self._policy = policy
        self._service = service
        self._internal_issuer = internal_issuer

    async def __call__(self, request: HTTPConnection, /) -> AuthenticatedCaller:
        """Return the caller of a request; raises CredentialsRefused or Unavailable."""
        try:
            claims = await self._verifier.verify(bearer_token(request), audience=self._service)
        except TokenRejected as rejected:
            if rejected.is_outage:
                raise Unavailable("unavailable", reason=rejected.reason.code) from None
            raise CredentialsRefused(
                challenge=f'{_CHALLENGE}, error="invalid_token"', reason=rejected.reason.code
            ) from None
        return AuthenticatedCaller(claims, self)

    def authorise(self, claims: Claims, *, operation: str) -> Principal:
        """Return who acts, if the policy lets them; raises OperationRefused.

        An operation that the policy does not list for this service is refused to everybody.
        """
        try:
            wanted = self._policy.operation(operation)
        except UnknownOperation:
            raise OperationRefused("forbidden", operation=operation, reason="unlisted") from None
        if wanted.service != self._service:
            raise OperationRefused("forbidden", operation=operation, reason="unlisted")
        through_gateway = claims.issuer == self._internal_issuer
        if not through_gateway and not (wanted.internal and claims.is_client_credentials):
            raise OperationRefused("forbidden", operation=operation, reason="not_through_gateway")
        principal = Principal.from_claims(claims, correlation_id=_correlation_id(claims))
        decision = self._policy.allows(principal, wanted)
        if not decision.allowed:
            raise OperationRefused(
                PROBLEM_OF_REASON[decision.reason], operation=operation, reason=decision.reason
            )
        return principal


PROBLEM_OF_REASON: Final[Mapping[str, str]] = {
    "role_missing": "forbidden",
    "purpose_missing": "missing-purpose",
    "purpose_not_permitted": "purpose-not-allowed",
    "step_up_required": "step-up-required",
}
"""The problem that tells a caller about a denial, by the reason of the Decision."""


def bearer_token(request: HTTPConnection) -> str:
    """Return the token of the one Authorization header (RFC 6750 section 2.1)."""
    values = request.headers.getlist("authorization")
    if not values:
        raise CredentialsRefused(challenge=_CHALLENGE, reason="no_credentials")
    scheme, _, token = values[0].partition(" ")
    if len(values) != 1 or scheme.lower() != "bearer" or not token:
        raise CredentialsRefused(challenge=_CHALLENGE, reason="not_one_bearer_token")
    return token


def _correlation_id(claims: Claims) -> str:
    # The gateway's word first; a direct call between services brings it in a header.
    context = current_context()
    return claims.transaction or (context.correlation_id if context else claims.token_id)


class RequiredOperation(SecurityBase):
    """A FastAPI dependency that answers with the Principal; documents itself in OpenAPI."""

    def __init__(self, operation: str) -> None:
        self.operation = operation
        self.model = HTTPBearerModel(bearerFormat="at+jwt")
        self.scheme_name = "bearer"

    async def __call__(self, request: Request) -> Principal:
        """Authenticate and authorise the request."""
        caller: AuthenticatedCaller = await request.app.state.authenticate(request)
        return caller.authorise(self.operation)


def requires(operation: str) -> RequiredOperation:
    """Guard an endpoint: `Annotated[Principal, Depends(requires("create_learner"))]`."""
    return RequiredOperation(operation)


@asynccontextmanager
async def service_authenticator(
    settings: ServiceSettings, *, service: str, policy: Policy, clock: Clock
) -> AsyncIterator[Authenticator]:
    """Give a service its authenticator, from its settings, and close what it opened afterwards.

    Nothing is fetched before the first token.
    """
    internal_issuer = settings.internal_issuer
    async with AsyncExitStack() as closing:
        client = await closing.enter_async_context(issuer_client())
        gateway = RemoteKeySet(JwksAddress(settings.gateway_jwks_url, client=client), clock=clock)
        closing.push_async_callback(gateway.aclose)
        provider = RemoteKeySet(DiscoveredJwks(settings.oidc_issuer, client=client), clock=clock)
        closing.push_async_callback(provider.aclose)
        issuers = [
            TrustedIssuer(
                internal_issuer, gateway, max_lifetime=INTERNAL_LIFETIME, requires_not_before=True
            ),
            TrustedIssuer(settings.oidc_issuer, provider),
        ]
        yield Authenticator(
            TokenVerifier(issuers, clock=clock, cache=TokenCache()),
            policy=policy,
            service=service,
            internal_issuer=internal_issuer,
        )
