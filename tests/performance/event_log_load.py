"""What the benchmarks of the event log run against: a log, its events, a made-up export."""

import os
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import asyncpg

from event_log.adapters.events.mapping import COLUMNS, row_of
from event_log.adapters.files.high_water import HighWaterFile
from event_log.adapters.files.packs import FolderSink, pack_extras
from event_log.adapters.postgres.sealed_log import PostgresSealedLog
from event_log.application.build_export import build_export
from event_log.application.sign_checkpoints import sign_checkpoints
from event_log.bootstrap import OpenUnit, unit_opener
from event_log.domain.merkle import TILE_WIDTH, GrowingTree, TileId, leaf_hash
from event_log.domain.notes import Checkpoint, SignerKey
from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import SystemClock
from matricula_chassis.db.engine import Database
from matricula_chassis.ids import SystemIds
from matricula_chassis.messaging.envelope import Envelope
from matricula_localstack.provision import DatabaseUrls, plain
from matricula_testkit.servers import DatabaseFactory, TestRun, postgres_for

CLOCK: Final = SystemClock()
IDS: Final = SystemIds()
UKPRN: Final = 10_000_001
SUBJECTS: Final = 20_000
CONTEXT: Final = ActionContext.system("event-log", "bench")
BEGAN: Final = CLOCK.now()


@dataclass(frozen=True, slots=True)
class Ground:
    """A log on a database of its own."""

    urls: DatabaseUrls
    database: Database
    open_unit: OpenUnit
    signer: SignerKey
    folder: Path

    async def sign(self) -> Checkpoint | None:
        high_water = HighWaterFile(self.folder / "last", key=self.signer.verifier())
        return await sign_checkpoints(
            self.open_unit(CONTEXT), signer=self.signer, high_water=high_water, now=CLOCK.now()
        )

    async def sealed(self) -> int:
        size = await PostgresSealedLog(self.database).newest_size()
        return size or 0


class Synthetic:
    """A log that is made up while it is written; implements SealedLog."""

    def __init__(self, events: int) -> None:
        self.signer = SignerKey.generate("example.test/log")
        self.tree = GrowingTree()
        self.notes: list[tuple[int, str]] = []
        self.events = events

    async def lines(self, size: int) -> AsyncIterator[Sequence[bytes]]:
        for first in range(0, size, 1000):
            batch = [line_of(number) for number in range(first, min(first + 1000, size))]
            for line in batch:
                self.tree.append(leaf_hash(line))
                if self.tree.size % TILE_WIDTH == 0:
                    self.notes.append((self.tree.size, self._note()))
            yield batch

    async def tiles(self, _size: int) -> AsyncIterator[Mapping[TileId, bytes]]:
        yield self.tree.take_tiles()

    async def block_notes(self, size: int) -> AsyncIterator[Sequence[str]]:
        yield [note for at, note in self.notes if at < size]

    async def note(self, _size: int) -> str:
        return self._note()

    def _note(self) -> str:
        mark = Checkpoint(self.signer.name, self.tree.size, self.tree.root())
        return self.signer.sign(mark.text())


async def synthetic_export(folder: Path, events: int) -> None:
    log = Synthetic(events)
    await build_export(
        log,
        FolderSink(folder),
        size=events,
        extras=pack_extras(log.signer.verifier().text()),
        progress=lambda _written: None,
    )


def line_of(number: int) -> bytes:
    row = row_of(envelope(number), now=CLOCK.now())
    line: bytes = row[-1]
    return line


def subject_of(number: int) -> str:
    return f"01976b2e-7c00-7000-8000-{number:012x}"


def envelope(number: int) -> Envelope:
    subject = subject_of(number % SUBJECTS)
    is_denied = number % 5000 == 0
    audit = {
        "actor": {
            "subject": f"person-{number % 300}",
            "client_id": f"partner-{number % 7}",
            "roles": ["partner"],
            "ukprn": UKPRN,
        },
        "action": "learner:recorded" if number % 3 else "learner:amended",
        "resource_type": "learner",
        "resource_id": subject,
        "outcome": "denied" if is_denied else "done",
        "ukprn": UKPRN,
        "purpose": "ilr_return",
        "changed_fields": ["LearnAimRef", "LearnStartDate", "FundModel"],
    }
    return Envelope(
        id=IDS.uuid7(),
        source="/services/learner-api",
        type="learning.learner.recorded.v1",
        subject=subject,
        time=BEGAN + timedelta(milliseconds=20 * number),
        sequence=number // SUBJECTS + 1,
        correlation_id=f"c-{number // 50}",
        causation_id=None,
        traceparent=f"00-{number:032x}-{number:016x}-01",
        topic="learning.learner",
        data={"learner_id": subject, "version": number // SUBJECTS + 1, "audit": audit},
    )


async def put_down(ground: Ground, count: int) -> None:
    connection = await asyncpg.connect(plain(ground.urls.app))
    try:
        for first in range(0, count, 10_000):
            numbers = range(first, min(first + 10_000, count))
            rows = [row_of(envelope(number), now=CLOCK.now()) for number in numbers]
            await connection.copy_records_to_table("arrival", records=rows, columns=COLUMNS)
    finally:
        await connection.close()


@asynccontextmanager
async def open_ground() -> AsyncIterator[Ground]:
    run_of_bench = TestRun.begin()
    factory = DatabaseFactory(postgres_for(run_of_bench), run_of_bench)
    urls = factory("event_log")
    database = Database.from_url(urls.app, application_name="bench")
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield Ground(
                urls,
                database,
                unit_opener(database, clock=CLOCK, ids=IDS),
                SignerKey.generate("example.test/log"),
                Path(folder),
            )
    finally:
        await database.dispose()
        factory.close()
        if "DATABASE_URL" in os.environ:
            factory.drop_templates()
        run_of_bench.end()
