"""The unit of work: one transaction, its buffered events, its idempotency key.

It alone commits, and it alone writes to the outbox: last, after every row of the use case, so
that the order of events per aggregate is the order of commits. No domain rules here.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, cast
from uuid import UUID

import asyncpg
from sqlalchemy import MetaData, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from matricula_chassis.audit import ActionContext, AuditFacts
from matricula_chassis.clock import Clock
from matricula_chassis.db.crash_points import crash_point, declare_crash_points
from matricula_chassis.db.engine import Database
from matricula_chassis.db.idempotency import IdempotencyKey, StoredOutcome
from matricula_chassis.db.outbox import write_outbox
from matricula_chassis.db.tables import chassis_tables
from matricula_chassis.errors import Conflict, Unavailable
from matricula_chassis.ids import IdSource
from matricula_chassis.messaging.envelope import ContractEvent, Envelope, EventDraft
from matricula_chassis.observability.context import current_context

__all__ = ["Database", "IdempotencyKey", "StoredOutcome", "UnitOfWork"]

declare_crash_points("uow.before_outbox", "uow.before_commit", "uow.after_commit")

_KEYS = chassis_tables(MetaData()).idempotency_key


class UnitOfWork:
    """A transaction that commits on a clean exit and rolls back on any error.

    Services subclass it and add repositories in `__aenter__`. An event is recorded under the
    `context` of the moment. May be entered again after it was left, never while it is open.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        ids: IdSource,
        source: str,
        context: ActionContext,
    ) -> None:
        self.clock = clock
        self.context = context
        self._database = database
        self._ids = ids
        self._source = source
        self._session: AsyncSession | None = None
        self._recorded: list[tuple[Iterable[EventDraft], ActionContext]] = []
        self._claimed: IdempotencyKey | None = None

    async def __aenter__(self) -> Self:
        if self._session is not None:
            raise RuntimeError("the unit of work is already open")
        self._session = AsyncSession(self._database.engine, expire_on_commit=False)
        self._recorded = []
        self._claimed = None
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            try:
                await _uninterrupted(self._commit())
            except Exception as failure:
                self._raise_if_passing(failure)
                raise
        else:
            await _uninterrupted(self._roll_back())
            self._raise_if_passing(error)

    @property
    def session(self) -> AsyncSession:
        """Return the session of the open transaction."""
        if self._session is None:
            raise RuntimeError("the unit of work is not open")
        return self._session

    async def raw(self) -> "asyncpg.Connection[asyncpg.Record]":
        """Return asyncpg's connection of the same transaction, for COPY. Never commit on it."""
        connection = await self.session.connection()
        pooled = await connection.get_raw_connection()
        driver = cast("asyncpg.Connection[asyncpg.Record]", pooled.driver_connection)
        if not driver.is_in_transaction():
            # SQLAlchemy begins with its first statement; without one, COPY would commit by itself.
            await connection.exec_driver_sql("SELECT 1")
        return driver

    def record(self, draft: EventDraft) -> None:
        """Record an event; it is written at commit, after everything else."""
        self._recorded.append(((draft,), self._acting()))

    def publish(
        self,
        event: ContractEvent,
        *,
        subject: UUID | str,
        sequence: int,
        action: str,
        resource_type: str,
        **facts: Any,
    ) -> None:
        """Record an event of the contract about a row of this transaction, with its audit facts."""
        audit = AuditFacts(action, resource_type, str(subject), **facts)
        self.record(
            EventDraft(event.TYPE, event.TOPIC, str(subject), sequence, event.data(), audit)
        )

    def record_many(self, drafts: Iterable[EventDraft]) -> None:
        """Record a whole set in its order; a generator is consumed at commit, row by row."""
        self._recorded.append((drafts, self._acting()))

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Undo the rows and the recorded events of the block alone when it raises."""
        mark = len(self._recorded)
        try:
            async with self.session.begin_nested():
                yield
        except BaseException:
            del self._recorded[mark:]
            raise

    async def replay_or_claim(self, key: IdempotencyKey) -> StoredOutcome | None:
        """Return the outcome stored under the key, or claim the key and return None.

        While another transaction holds the claim this waits for its end. Raises Conflict
        ("idempotency-key-reused") when the key was used for another request.
        """
        claim = (
            insert(_KEYS)
            .values(
                client_id=key.client_id,
                key=key.key,
                request_hash=key.request_hash,
                created_at=self.clock.now(),
            )
            .on_conflict_do_nothing()
            .returning(_KEYS.c.key)
        )
        if (await self.session.execute(claim)).first() is not None:
            self._claimed = key
            return None
        return await self._stored(key)

    async def store_outcome(self, outcome: StoredOutcome) -> None:
        """Store what the claimed request led to; every claim needs it before the commit."""
        key = self._claimed
        if key is None:
            raise RuntimeError("no idempotency key was claimed")
        await self.session.execute(
            update(_KEYS)
            .where(_KEYS.c.client_id == key.client_id, _KEYS.c.key == key.key)
            .values(
                status=outcome.status,
                resource_id=outcome.resource_id,
                etag=outcome.etag,
                location=outcome.location,
            )
        )
        self._claimed = None

    async def _stored(self, key: IdempotencyKey) -> StoredOutcome:
        found = await self.session.execute(
            select(
                _KEYS.c.request_hash,
                _KEYS.c.status,
                _KEYS.c.resource_id,
                _KEYS.c.etag,
                _KEYS.c.location,
            ).where(_KEYS.c.client_id == key.client_id, _KEYS.c.key == key.key)
        )
        row = found.first()
        if row is None:  # expired between the two statements
            raise Unavailable("database-unavailable", cause="idempotency-key-expired")
        request_hash, status, resource_id, etag, location = row
        if request_hash != key.request_hash:
            raise Conflict("idempotency-key-reused")
        return StoredOutcome(status, resource_id, etag, location)

    async def _commit(self) -> None:
        session = self.session
        try:
            if self._claimed is not None:
                raise RuntimeError("an idempotency key was claimed and no outcome stored")
            await session.flush()
            crash_point("uow.before_outbox")
            if self._recorded:
                await write_outbox(await self.raw(), self._envelopes())
            crash_point("uow.before_commit")
            await session.commit()
        finally:
            self._session = None
            await session.close()
        crash_point("uow.after_commit")

    async def _roll_back(self) -> None:
        session = self.session
        self._session = None
        await session.close()

    def _acting(self) -> ActionContext:
        work = current_context()
        if work is None or self.context.traceparent is not None:
            return self.context
        return replace(self.context, traceparent=work.traceparent)

    def _envelopes(self) -> Iterator[Envelope]:
        now = self.clock.now()
        for drafts, context in self._recorded:
            for draft in drafts:
                yield Envelope.of(
                    draft, context, event_id=self._ids.uuid7(), source=self._source, time=now
                )

    def _raise_if_passing(self, error: BaseException) -> None:
        unavailable = self._database.explain(error)
        if unavailable is not None:
            raise unavailable from error


async def _uninterrupted(work: Coroutine[Any, Any, None]) -> None:
    # A commit that was begun is seen to its end, however often the task is cancelled meanwhile:
    # an abandoned one would leave its connection checked out and its outcome unknown.
    # lint-skip: no-bare-create-task this function does not end before the task has
    task = asyncio.ensure_future(work)
    interruption: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as cancelled:
            interruption = cancelled
    if interruption is not None:
        task.exception()
        raise interruption
    task.result()
