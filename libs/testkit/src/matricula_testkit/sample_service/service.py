"""The sample service's tables, unit of work, use case and handler."""

from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, MetaData, Table, Text, Uuid, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from matricula_chassis.audit import ActionContext, AuditFacts
from matricula_chassis.clock import Clock
from matricula_chassis.db.tables import ChassisTables, chassis_tables
from matricula_chassis.db.uow import Database, UnitOfWork
from matricula_chassis.ids import IdSource
from matricula_chassis.messaging.envelope import Envelope, EventDraft

SERVICE: Final = "sample_service"
MIGRATIONS: Final = "matricula_testkit.sample_service.migrations"
CHANGED: Final = "sample.aggregate.changed.v1"

METADATA: Final = MetaData()
CHASSIS: Final[ChassisTables] = chassis_tables(METADATA)
AGGREGATE: Final = Table(
    "aggregate",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
)
EFFECT: Final = Table(
    "effect",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("consumer", Text, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("key", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
)


def draft(
    key: str, sequence: int, *, topic: str = "sample.aggregate", **data: object
) -> EventDraft:
    """Return the draft of a change of an aggregate."""
    return EventDraft(
        type=CHANGED,
        topic=topic,
        subject=key,
        sequence=sequence,
        data={"id": key, "version": sequence, **data},
        audit=AuditFacts("aggregate:changed", "aggregate", key),
    )


class SampleWork(UnitOfWork):
    """The unit of work of the sample service."""

    async def change(self, key: str, *, topic: str) -> int:
        """Change an aggregate, made at its first change, and return its new version."""
        statement = (
            upsert(AGGREGATE)
            .values(id=key, version=1)
            .on_conflict_do_update(
                index_elements=[AGGREGATE.c.id], set_={"version": AGGREGATE.c.version + 1}
            )
            .returning(AGGREGATE.c.version)
        )
        version: int = (await self.session.execute(statement)).scalar_one()
        self.record(draft(key, version, topic=topic))
        return version

    async def note_effect(self, consumer: str, envelope: Envelope) -> None:
        """Add the effect of one event; twice would show."""
        await self.session.execute(
            insert(EFFECT).values(
                consumer=consumer,
                event_id=envelope.id,
                key=envelope.subject,
                sequence=envelope.sequence,
            )
        )


def work_on(
    database: Database, *, clock: Clock, ids: IdSource, context: ActionContext | None = None
) -> SampleWork:
    """Return a unit of work of the sample service."""
    acting = context or ActionContext.system(SERVICE, str(ids.uuid7()))
    return SampleWork(
        database, clock=clock, ids=ids, source="/services/sample-service", context=acting
    )


async def effects_of(database: Database, consumer: str) -> list[tuple[UUID, str, int]]:
    """Return event id, key and sequence of every effect of a consumer, in order of application."""
    async with database.engine.connect() as connection:
        rows = await connection.execute(
            select(EFFECT.c.event_id, EFFECT.c.key, EFFECT.c.sequence)
            .where(EFFECT.c.consumer == consumer)
            .order_by(EFFECT.c.id)
        )
        return [(event_id, key, sequence) for event_id, key, sequence in rows]
