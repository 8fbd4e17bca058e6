"""Decides whether a request may go on: target, route, token, purpose, role, size, rate, in order.

Each step is a rule from elsewhere; the first that fails raises Refused. Must not forward, record
or answer.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from matricula_chassis.auth.policy_document import Operation
from matricula_chassis.auth.rejection import TokenRejected
from matricula_chassis.auth.tokens import TokenVerifier
from matricula_chassis.clock import Clock
from matricula_chassis.ids import IdSource
from matricula_gateway.adapters.http.visit import Refused, Visit
from matricula_gateway.application.rulings import REFUSALS
from matricula_gateway.application.sessions import Session, SessionTable
from matricula_gateway.domain.fields import FieldRepeated, Intake, take_in
from matricula_gateway.domain.paths import PathRefused, split_target
from matricula_gateway.domain.rates import RateLimiter
from matricula_gateway.domain.routes import RouteTable, WrongMethod

_BEARER: Final = b"bearer "
_SCHEME_LENGTH: Final = len(_BEARER)


class Admission:
    """The checks on a request, with everything that they look things up in."""

    def __init__(
        self,
        *,
        routes: RouteTable[Operation],
        sessions: SessionTable,
        verifier: TokenVerifier,
        audience: str,
        limiter: RateLimiter,
        passing: frozenset[bytes],
        clock: Clock,
        monotonic: Callable[[], float],
        ids: IdSource,
    ) -> None:
        self._routes = routes
        self._sessions = sessions
        self._verifier = verifier
        self._audience = audience
        self._limiter = limiter
        self._passing = passing
        self._clock = clock
        self._monotonic = monotonic
        self._ids = ids

    async def admit(self, visit: Visit, scope: Mapping[str, Any]) -> None:
        """Run the checks and fill in the visit; raises Refused."""
        intake = self._take_in(visit, scope)
        operation = self._route(visit, scope)
        visit.operation = operation
        if not operation.public:
            visit.session = await self._session(intake)
            self._authorise(visit, operation, visit.session, intake)
        length = visit.framing.length
        if length is not None and length > operation.max_body_bytes:
            raise Refused(REFUSALS["body_too_large"])

    def _take_in(self, visit: Visit, scope: Mapping[str, Any]) -> Intake:
        try:
            intake = take_in(
                scope["headers"], passing=self._passing, named=visit.framing.connection
            )
        except FieldRepeated as repeated:
            visit.correlation_id = str(self._ids.uuid7())
            code = "repeated_" + repeated.name.replace("-", "_")
            raise Refused(REFUSALS["field_repeated"], code=code) from None
        visit.lines = intake.lines
        if intake.correlation is not None:
            visit.correlation_id = intake.correlation.decode("ascii").lower()
        else:
            visit.correlation_id = str(self._ids.uuid7())
        if intake.traceparent is not None:
            visit.traceparent = intake.traceparent.decode("ascii")
        return intake

    def _route(self, visit: Visit, scope: Mapping[str, Any]) -> Operation:
        target = scope.get("matricula.target")
        if target is None:
            query = scope["query_string"]
            target = scope["raw_path"] + (b"?" + query if query else b"")
        try:
            visit.path, visit.query = split_target(target)
        except PathRefused as refused:
            raise Refused(REFUSALS["bad_target"], code=refused.reason) from None
        found = self._routes.find(visit.method.encode("ascii"), visit.path)
        if found is None:
            raise Refused(REFUSALS["route_unknown"])
        if isinstance(found, WrongMethod):
            allow = ", ".join(found.allowed).encode("ascii")
            raise Refused(REFUSALS["method_unknown"], fields=[(b"allow", allow)])
        return found

    async def _session(self, intake: Intake) -> Session:
        value = intake.authorization
        if value is None:
            raise Refused(REFUSALS["token_missing"])
        if value[:_SCHEME_LENGTH].lower() != _BEARER:
            raise Refused(REFUSALS["token_missing"], code="token_scheme")
        token = value[_SCHEME_LENGTH:]
        now = self._clock.now().timestamp()
        session = self._sessions.get(token, now=now)
        if session is not None:
            return session
        try:
            claims = await self._verifier.verify(token.decode("latin-1"), audience=self._audience)
        except TokenRejected as rejected:
            if rejected.is_outage:
                raise Refused(REFUSALS["keys_unavailable"]) from None
            code = f"token_{rejected.reason.code}"
            raise Refused(REFUSALS["token_refused"], code=code) from None
        return self._sessions.add(token, claims, now=now)

    def _authorise(
        self, visit: Visit, operation: Operation, session: Session, intake: Intake
    ) -> None:
        stated = intake.purpose.decode("latin-1") if intake.purpose is not None else None
        ruling = session.decide(operation, stated)
        if ruling.allowed or ruling.reason != "purpose_unknown":
            visit.purpose = stated
        self._limit(visit, operation, session)
        if not ruling.allowed:
            raise Refused(ruling)

    def _limit(self, visit: Visit, operation: Operation, session: Session) -> None:
        """Count the request before it is decided on: refusals are counted too."""
        allowance = self._limiter.take(
            (session.rate_key, operation.name), operation.rate_per_minute, now=self._monotonic()
        )
        visit.fields += (
            (b"ratelimit-policy", b'"default";q=%d;w=60' % allowance.quota),
            (b"ratelimit", b'"default";r=%d;t=%d' % (allowance.remaining, allowance.reset_after)),
        )
        if allowance.retry_after is not None:
            retry = b"%d" % allowance.retry_after
            raise Refused(REFUSALS["rate_limited"], fields=[(b"retry-after", retry)])
