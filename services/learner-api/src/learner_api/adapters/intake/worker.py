"""The intake worker: takes submissions and verifications in turn and carries each out alone.

A claim is an advisory lock on a connection of its own: when the process dies the claim dies with
it, and another worker goes on from what is stored. It decides nothing about records.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, Protocol
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from learner_api.application.ports import WorkFactory
from matricula_chassis.audit import ActionContext, Actor
from matricula_chassis.clock import Clock
from matricula_chassis.db.engine import Database
from matricula_chassis.errors import Unavailable

log = structlog.get_logger()

IDLE_SECONDS: Final = 0.2
FAILED_SECONDS: Final = 2.0
MAX_FAILURES: Final = 5


class Job(Protocol):
    """A use case that the worker runs."""

    async def __call__(self, subject: UUID, context: ActionContext, /) -> None:
        """Carry the job out for one subject."""

    async def give_up(self, subject: UUID, context: ActionContext, /) -> None:
        """End the subject's work for good, visibly."""


class IntakeWorker:
    """Runs up to `parallel` jobs at a time, one of each partner before a second of any."""

    def __init__(
        self,
        database: Database,
        *,
        work: WorkFactory,
        check: Job,
        go_live: Job,
        clock: Clock,
        parallel: int,
        on_progress: Callable[[], None],
    ) -> None:
        self._database = database
        self._work = work
        self._check = check
        self._go_live = go_live
        self._clock = clock
        self._parallel = parallel
        self._on_progress = on_progress
        self._running: set[UUID] = set()
        self._failures: dict[UUID, int] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; a job under way is finished at its next chunk or abandoned."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._parallel):
                group.create_task(self._lane(stop), name=f"intake-{number}")

    async def _lane(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                worked = await self._one()
            except (Unavailable, SQLAlchemyError, OSError) as error:
                log.warning("intake.waits", error=type(error).__name__)
                await _pause(stop, FAILED_SECONDS)
                continue
            self._on_progress()
            if not worked:
                await _pause(stop, IDLE_SECONDS)

    async def _one(self) -> bool:
        for kind, job in (("verification", self._go_live), ("submission", self._check)):
            for subject in await self._waiting(kind):
                if subject in self._running:
                    continue
                self._running.add(subject)
                try:
                    async with self._claim(subject) as is_mine:
                        if is_mine and subject in await self._waiting(kind):
                            await self._carry_out(kind, subject, job)
                            return True
                finally:
                    self._running.discard(subject)
        return False

    async def _waiting(self, kind: str) -> list[UUID]:
        async with self._work(self._context("intake")) as work:
            now = self._clock.now()
            if kind == "verification":
                return await work.submissions.open_verifications(now=now, limit=20)
            return await work.submissions.workable(now=now, limit=20)

    async def _carry_out(self, kind: str, subject: UUID, job: Job) -> None:
        log.info("intake.job_started", kind=kind, subject=str(subject))
        context = await self._context_of(kind, subject)
        try:
            await job(subject, context)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one bad job must not end the others
            await self._failed(kind, subject, job, error=type(error).__name__)
            return
        self._failures.pop(subject, None)
        log.info("intake.job_ended", kind=kind, subject=str(subject))

    async def _failed(self, kind: str, subject: UUID, job: Job, *, error: str) -> None:
        """Try again a few times, then give the job up, so that it cannot hold up the rest."""
        failures = self._failures[subject] = self._failures.get(subject, 0) + 1
        log.error(
            "intake.job_failed", kind=kind, subject=str(subject), error=error, failures=failures
        )
        if failures >= MAX_FAILURES:
            await job.give_up(subject, await self._context_of(kind, subject))
            del self._failures[subject]

    async def _context_of(self, kind: str, subject: UUID) -> ActionContext:
        """Return in whose name the job acts: a verification in that of who asked for it."""
        if kind == "submission":
            return self._context(str(subject))
        async with self._work(self._context(str(subject))) as work:
            asked = await work.submissions.verification(subject)
        actor = dict(asked.actor)
        actor["roles"] = tuple(actor.get("roles", ()))
        return ActionContext(
            Actor(actor.pop("subject"), actor.pop("client_id"), **actor),
            asked.correlation_id,
        )

    @staticmethod
    def _context(correlation_id: str) -> ActionContext:
        return ActionContext.system("learner-api", correlation_id)

    @asynccontextmanager
    async def _claim(self, subject: UUID) -> AsyncIterator[bool]:
        lock = sa.func.hashtextextended(str(subject), 1)
        engine = self._database.engine.execution_options(isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            is_mine = (
                await connection.execute(sa.select(sa.func.pg_try_advisory_lock(lock)))
            ).scalar_one()
            try:
                yield bool(is_mine)
            finally:
                if is_mine:
                    await connection.execute(sa.select(sa.func.pg_advisory_unlock(lock)))


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
