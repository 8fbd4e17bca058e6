"""The log's unit of work: one transaction with the repositories of the log."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Self

from event_log.adapters.postgres.checkpoints import PostgresCheckpoints
from event_log.adapters.postgres.events import PostgresEvents
from event_log.adapters.postgres.exports import PostgresExports
from event_log.adapters.postgres.tables import EVENT_COLUMNS
from event_log.application.ports import Journal
from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import Clock
from matricula_chassis.db.uow import Database, UnitOfWork
from matricula_chassis.ids import IdSource
from matricula_chassis.messaging.envelope import EventDraft

MakeJournal = Callable[[Callable[[EventDraft], None], ActionContext], Journal]
_ARRIVAL_COLUMNS: Final = ("received_at", *EVENT_COLUMNS)


class LogUnitOfWork(UnitOfWork):
    """One transaction on the log."""

    checkpoints: PostgresCheckpoints
    events: PostgresEvents
    exports: PostgresExports

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        ids: IdSource,
        source: str,
        context: ActionContext,
        make_journal: MakeJournal,
    ) -> None:
        super().__init__(database, clock=clock, ids=ids, source=source, context=context)
        self.journal = make_journal(self.record, context)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.checkpoints = PostgresCheckpoints(self.session)
        self.events = PostgresEvents(self.session)
        self.exports = PostgresExports(self.session)
        return self

    async def add_arrivals(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Put events down to wait for the sealer, in their order."""
        connection = await self.raw()
        await connection.copy_records_to_table("arrival", records=rows, columns=_ARRIVAL_COLUMNS)
