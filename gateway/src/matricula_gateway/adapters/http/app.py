"""The data path: admit a request, forward it, record the decision, stream the answer back.

A raw ASGI application behind FrontProtocol, which has parsed the request strictly. No byte of an
answer leaves before its decision is on the spool. Must not parse HTTP or choose connections.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from matricula_chassis.auth.policy_document import Operation
from matricula_chassis.clock import Clock
from matricula_chassis.ids import IdSource
from matricula_gateway.adapters.http.admission import Admission
from matricula_gateway.adapters.http.answers import Answers
from matricula_gateway.adapters.http.counts import UNKNOWN, Counts
from matricula_gateway.adapters.http.forward import (
    Receive,
    ResponseBroken,
    Send,
    ask,
    give_back,
    pump_response,
    request_head,
)
from matricula_gateway.adapters.http.visit import ClientGone, Refused, Visit
from matricula_gateway.application.decisions import Occasion, encode_decision
from matricula_gateway.application.ports import (
    DecisionLog,
    InternalSigner,
    SpoolRefused,
    Upstream,
)
from matricula_gateway.application.rulings import ALLOWED, REFUSALS, Ruling
from matricula_gateway.domain.rates import RateLimiter

ANONYMOUS_RECORDS_PER_MINUTE: Final = 6_000
"""Refusals of callers who have not shown a good token are recorded up to this rate and counted
beyond it: otherwise anybody could fill the spool, which stops everybody."""

_ANONYMOUS_KEY: Final = ("anonymous", "refusals")
_STREAM_IDLE_SECONDS: Final = 300.0
_IDLE_SECONDS: Final = 30.0


class Gateway:
    """See the module. One per process."""

    def __init__(
        self,
        *,
        admission: Admission,
        upstreams: Mapping[str, Upstream],
        signer: InternalSigner,
        log: DecisionLog,
        answers: Answers,
        counts: Counts,
        policy_version: str,
        clock: Clock,
        monotonic: Callable[[], float],
        ids: IdSource,
    ) -> None:
        self._admission = admission
        self._upstreams = upstreams
        self.signer = signer
        self._log = log
        self._answers = answers
        self._counts = counts
        self._policy_version = policy_version
        self._clock = clock
        self._monotonic = monotonic
        self._ids = ids
        self._anonymous = RateLimiter()

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request of FrontProtocol."""
        visit = Visit(
            method=scope["method"],
            started=self._monotonic(),
            framing=scope["matricula.framing"],
            stream=scope["matricula.stream"],
        )
        try:
            await self._admission.admit(visit, scope)
            await self._forward(visit, receive, send)
        except Refused as refused:
            await self._refuse(visit, refused, send)
        except ClientGone:
            self._record_departure(visit)
        except asyncio.CancelledError:
            self._record_departure(visit)
            raise
        except ResponseBroken:
            return  # the response stays without its end; FrontProtocol cuts the connection

    async def _forward(self, visit: Visit, receive: Receive, send: Send) -> None:
        operation = visit.operation
        if operation is None:
            raise Refused(REFUSALS["internal"])
        if not self._log.is_open:
            raise Refused(REFUSALS["not_recorded"])
        upstream = self._upstreams[operation.service]
        exchange = await ask(
            visit,
            upstream,
            receive,
            head=request_head(
                visit, authority=upstream.authority, token=self._internal_token(visit, operation)
            ),
            limit=operation.max_body_bytes,
            idle_seconds=_STREAM_IDLE_SECONDS if operation.streams else _IDLE_SECONDS,
        )
        try:
            visit.fields.append((b"x-correlation-id", visit.correlation_id.encode("ascii")))
            self._record(visit, ALLOWED, status=exchange.status)
            await pump_response(visit, exchange, send)
        except SpoolRefused as refused:
            exchange.abandon()
            raise Refused(REFUSALS["not_recorded"], code=refused.reason) from None
        except BaseException:
            exchange.abandon()
            raise
        finally:
            give_back(visit, upstream, exchange)

    def _internal_token(self, visit: Visit, operation: Operation) -> bytes | None:
        if visit.session is None:
            return None
        return visit.session.internal_token(
            operation.service, visit.purpose, signer=self.signer, now=self._monotonic()
        )

    async def _refuse(self, visit: Visit, refused: Refused, send: Send) -> None:
        ruling = refused.ruling
        try:
            self._record(visit, ruling, status=ruling.status, code=refused.code)
        except SpoolRefused:
            ruling = REFUSALS["not_recorded"]  # refused all the same
        status, fields, body = self._answers.refusal(
            ruling,
            correlation_id=visit.correlation_id,
            extra=[*(pair for pair in visit.fields if pair[0] != b"x-correlation-id"),
                   *refused.fields],
        )  # fmt: skip
        await send({"type": "http.response.start", "status": status, "headers": fields})
        shown = b"" if visit.method == "HEAD" else body
        await send({"type": "http.response.body", "body": shown, "more_body": False})

    def _record_departure(self, visit: Visit) -> None:
        """Record an allowed request whose client left before the answer."""
        if visit.is_recorded:
            return
        try:
            self._record(visit, ALLOWED, status=None, code="client_gone")
        except SpoolRefused:
            self._counts.unrecorded["client_gone"] += 1

    def _record(
        self, visit: Visit, ruling: Ruling, *, status: int | None, code: str | None = None
    ) -> None:
        operation, session = visit.operation, visit.session
        reason = code or ruling.reason
        now = self._monotonic()
        self._counts.decided(
            operation.name if operation is not None else UNKNOWN,
            reason,
            status or 0,
            seconds=now - visit.started,
        )
        visit.is_recorded = True
        if session is None and not ruling.allowed and not self._may_record_anonymous(now):
            self._counts.unrecorded[reason] += 1
            return
        self._log.append(
            encode_decision(
                Occasion(
                    decision_id=self._ids.uuid7(),
                    time=self._clock.now(),
                    correlation_id=visit.correlation_id,
                    traceparent=visit.traceparent,
                ),
                ruling,
                operation=operation,
                claims=session.claims if session is not None else None,
                purpose=visit.purpose,
                status=status,
                policy_version=self._policy_version,
                reason=reason,
            )
        )

    def _may_record_anonymous(self, now: float) -> bool:
        allowance = self._anonymous.take(_ANONYMOUS_KEY, ANONYMOUS_RECORDS_PER_MINUTE, now=now)
        return allowance.retry_after is None
