"""Events that this service acts on: it gives itself work, which any of its processes takes.

Checking takes long, so it is done before the transaction of an event is open; the handler then
keeps the outcome together with the mark in the inbox.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ilr_validator.application.ports import Work
from ilr_validator.application.work_validation import (
    CheckShard,
    Failed,
    MergeValidation,
    Outcome,
    PrepareValidation,
)
from ilr_validator.domain.validation import Shard
from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import Clock
from matricula_chassis.db.uow import UnitOfWork
from matricula_chassis.errors import Unavailable
from matricula_chassis.messaging import Consumer, ConsumerSettings, UowFactory
from matricula_chassis.messaging.envelope import Envelope
from matricula_contracts.events import ShardRequested, ValidationChecked, ValidationReceived

log = structlog.get_logger()

SHARD_TOPICS: Final = (ShardRequested.TOPIC,)
VALIDATION_TOPICS: Final = (ValidationReceived.TOPIC,)
SERVICE: Final = "ilr-validator"
SHARD_GROUP: Final = f"{SERVICE}-shards"
VALIDATION_GROUP: Final = f"{SERVICE}-validations"
LONGEST_JOB_SECONDS: Final = 900.0
WORK_SETTINGS: Final = ConsumerSettings(
    max_batch=1, poll=0.1, max_poll_interval=LONGEST_JOB_SECONDS, stall_limit=LONGEST_JOB_SECONDS
)
"""One job at a time: a part that was checked is stored before the next is begun."""
PASSING: Final = (Unavailable, SQLAlchemyError, OSError, MemoryError)
"""Faults that pass: the event is tried again until they have."""

Ahead = Callable[[Mapping[str, Any], ActionContext], Awaitable[Outcome | None]]
Store = Callable[[Work, Mapping[str, Any], Outcome], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Job:
    """What is done for events of one type; `stage` names it where it fails."""

    ahead: Ahead
    store: Store
    stage: str


class JobHandlers:
    """Works ahead of transactions and stores in them. One consumer, one object."""

    def __init__(self, group: str, topics: Sequence[str], jobs: Mapping[str, Job]) -> None:
        self.group = group
        self.topics = topics
        self._jobs = jobs
        self._outcomes: dict[UUID, Outcome | Exception | None] = {}

    @property
    def by_type(self) -> dict[str, Callable[[Any, Envelope], Awaitable[None]]]:
        """Return the handler of each type."""
        return dict.fromkeys(self._jobs, self.handle)

    async def work_ahead(self, envelopes: Sequence[Envelope]) -> None:
        """Work out what the handlers of these events will store."""
        self._outcomes.clear()
        for envelope in envelopes:
            if envelope.type in self._jobs:
                self._outcomes[envelope.id] = await self._outcome(envelope)

    async def handle(self, work: UnitOfWork, envelope: Envelope) -> None:
        """Store what was worked out; a fault that will pass is raised: it is tried again."""
        if envelope.id not in self._outcomes:  # a replay hands over one event by itself
            self._outcomes[envelope.id] = await self._outcome(envelope)
        outcome = self._outcomes[envelope.id]
        if isinstance(outcome, Exception):
            raise outcome
        if outcome is not None:
            await self._jobs[envelope.type].store(cast("Work", work), envelope.data, outcome)

    async def _outcome(self, envelope: Envelope) -> Outcome | Exception | None:
        job = self._jobs[envelope.type]
        context = ActionContext.system(
            SERVICE, envelope.correlation_id, causation_id=str(envelope.id)
        )
        try:
            return await job.ahead(envelope.data, context)
        except FileNotFoundError:
            # It was erased, or the storage lost it: no trial brings it back.
            log.exception("work.file_gone", stage=job.stage, event_id=str(envelope.id))
            return Failed(job.stage)
        except PASSING as error:
            return error
        except Exception:
            # The file is at fault, or we are; other files go on.
            log.exception("work.failed", stage=job.stage, event_id=str(envelope.id))
            return Failed(job.stage)


def validation_jobs(prepare: PrepareValidation, merge: MergeValidation) -> JobHandlers:
    """Return the handlers of what concerns a whole file."""

    async def prepare_ahead(data: Mapping[str, Any], context: ActionContext) -> Outcome | None:
        return await prepare.ahead(ValidationReceived.read(data).validation_id, context)

    async def prepare_store(work: Work, data: Mapping[str, Any], outcome: Outcome) -> None:
        await prepare.store(work, ValidationReceived.read(data).validation_id, outcome)

    async def merge_ahead(data: Mapping[str, Any], context: ActionContext) -> Outcome | None:
        return await merge.ahead(ValidationChecked.read(data).validation_id, context)

    async def merge_store(work: Work, data: Mapping[str, Any], outcome: Outcome) -> None:
        await merge.store(work, ValidationChecked.read(data).validation_id, outcome)

    return JobHandlers(
        VALIDATION_GROUP,
        VALIDATION_TOPICS,
        {
            ValidationReceived.TYPE: Job(prepare_ahead, prepare_store, "preparing"),
            ValidationChecked.TYPE: Job(merge_ahead, merge_store, "merging"),
        },
    )


def shard_jobs(check: CheckShard) -> JobHandlers:
    """Return the handlers of parts of files."""

    async def ahead(data: Mapping[str, Any], context: ActionContext) -> Outcome | None:
        return await check.ahead(_shard(data), context)

    async def store(work: Work, data: Mapping[str, Any], outcome: Outcome) -> None:
        await check.store(work, _shard(data), outcome)

    jobs = {ShardRequested.TYPE: Job(ahead, store, "checking")}
    return JobHandlers(SHARD_GROUP, SHARD_TOPICS, jobs)


def job_consumer(jobs: JobHandlers, *, work: UowFactory, kafka: str, clock: Clock) -> Consumer:
    """Return the consumer that does these jobs; `kafka` is the address to begin with."""
    return Consumer(
        name=jobs.group,
        topics=jobs.topics,
        uow_factory=work,
        kafka_bootstrap=kafka,
        clock=clock,
        handlers=jobs.by_type,
        work_ahead=jobs.work_ahead,
        settings=WORK_SETTINGS,
    )


def _shard(data: Mapping[str, Any]) -> Shard:
    event = ShardRequested.read(data)
    return Shard(event.validation_id, event.number, event.first, event.behind)
