"""A log on a real database: events put down as the consumer does, sealed as the sealer does."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from event_log.adapters.events.handlers import put_down
from event_log.adapters.files.high_water import HighWaterFile
from event_log.adapters.files.packs import FolderSink, pack_extras
from event_log.adapters.files.verify import Result, verify
from event_log.adapters.postgres.sealed_log import PostgresSealedLog
from event_log.adapters.postgres.sealer import Sealer, SealerSettings
from event_log.adapters.postgres.sealing import sealing_connection
from event_log.application.build_export import build_export
from event_log.application.seal_batch import seal_batch
from event_log.application.sign_checkpoints import sign_checkpoints
from event_log.bootstrap import OpenUnit, unit_opener
from event_log.domain.notes import Checkpoint, SignerKey
from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import FixedClock
from matricula_chassis.db.engine import Database
from matricula_chassis.ids import SystemIds
from matricula_chassis.messaging.envelope import Envelope
from matricula_localstack.provision import DatabaseUrls
from matricula_testkit.servers import DatabaseFactory

ORIGIN = "example.test/log"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class EventMaker:
    """Makes envelopes as services would; every keyword of `event` may be changed."""

    def __init__(self) -> None:
        self.ids = SystemIds()
        self.count = 0

    def event(self, **changes: Any) -> Envelope:
        self.count += 1
        audit = {
            "actor": {
                "subject": changes.pop("actor", "person-1"),
                "client_id": changes.pop("client", "front-end"),
                "ukprn": 10_000_001,
            },
            "action": changes.pop("action", "learner:recorded"),
            "outcome": changes.pop("outcome", "done"),
            "resource_type": "learner",
            "resource_id": "learner-1",
            "ukprn": changes.pop("ukprn", 10_000_001),
        }
        for name, member in (("purpose", "purpose"), ("person", "subject_id")):
            if name in changes:
                audit[member] = changes.pop(name)
        values = {
            "id": self.ids.uuid7(),
            "source": "/services/learner-api",
            "type": "learning.learner.recorded.v1",
            "subject": f"learner-{self.count % 50}",
            "time": NOON + timedelta(seconds=self.count),
            "sequence": self.count // 50 + 1,
            "correlation_id": f"correlation-{self.count // 10}",
            "causation_id": None,
            "traceparent": None,
            "topic": "learning.learner",
            "data": {"number": self.count, **changes.pop("data", {})},
            **changes,
        }
        values["data"] = {**values["data"], "audit": audit}
        return Envelope(**values)

    def events(self, count: int, **changes: Any) -> list[Envelope]:
        return [self.event(**changes) for _ in range(count)]


class Log:
    """One log under test."""

    def __init__(self, urls: DatabaseUrls, database: Database, folder: Path) -> None:
        self.urls = urls
        self.database = database
        self.folder = folder
        self.clock = FixedClock(NOON)
        self.open_unit: OpenUnit = unit_opener(database, clock=self.clock, ids=SystemIds())
        self.signer = SignerKey.generate(ORIGIN)
        self.high_water = HighWaterFile(folder / "log.last", key=self.signer.verifier())
        self.make = EventMaker()

    async def put_down(self, envelopes: Sequence[Envelope]) -> None:
        async with self.open_unit(ActionContext.system("event-log", "test")) as unit:
            await put_down(self.clock)(unit, envelopes)

    async def sign(self) -> Checkpoint | None:
        unit = self.open_unit(ActionContext.system("event-log", "test"))
        return await sign_checkpoints(
            unit, signer=self.signer, high_water=self.high_water, now=self.clock.now()
        )

    async def seal(self, *, limit: int = 4096) -> None:
        """Seal and sign everything that waits."""
        async with sealing_connection(self.urls.app) as store:
            assert await store.take_lock()
            tree = await store.load_tree()
            await self.sign()
            while await seal_batch(store, tree, limit=limit, after=0):
                await self.sign()

    async def seal_until_crash(self, *, batch: int = 300) -> None:
        """Run the real loop until something ends it."""
        sealer = Sealer(
            self.urls.app, sign=self.sign, settings=SealerSettings(batch=batch, idle_pause=0.01)
        )
        await sealer.run(asyncio.Event())

    async def rows(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.urls.app.replace("+asyncpg", ""))
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()

    async def as_superuser(self, statement: str) -> list[asyncpg.Record]:
        """Do what only a superuser can: go past the triggers."""
        connection = await asyncpg.connect(self.urls.admin)
        try:
            await connection.execute("SET session_replication_role = replica")
            return list(await connection.fetch(statement))
        finally:
            await connection.close()

    async def signed(self) -> dict[int, str]:
        rows = await self.rows("SELECT size, note FROM checkpoint WHERE note IS NOT NULL")
        return {row["size"]: row["note"] for row in rows}

    async def sealed_ids(self) -> list[UUID]:
        rows = await self.rows("SELECT event_id FROM event ORDER BY position")
        return [row["event_id"] for row in rows]

    async def export(self, name: str = "export") -> Path:
        sealed = PostgresSealedLog(self.database)
        size = await sealed.newest_size()
        assert size is not None
        folder = self.folder / name
        await build_export(
            sealed,
            FolderSink(folder),
            size=size,
            extras=pack_extras(self.signer.verifier().text()),
            progress=lambda _written: None,
        )
        return folder

    async def verified(self, name: str = "export") -> Result:
        folder = await self.export(name)
        return verify(folder, self.signer.verifier().text())


@pytest_asyncio.fixture
async def make_log(
    make_database: DatabaseFactory, tmp_path: Path
) -> AsyncIterator[Callable[[], Log]]:
    made: list[Database] = []

    def make() -> Log:
        urls = make_database("event_log")
        database = Database.from_url(urls.app, application_name="test")
        made.append(database)
        return Log(urls, database, tmp_path)

    yield make
    for database in made:
        await database.dispose()


@pytest.fixture
def log(make_log: Callable[[], Log]) -> Log:
    return make_log()
