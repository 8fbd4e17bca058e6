"""How fast a learner file is staged and taken live, beside COPY of exactly the rows it wrote.

Two spans, each with all indexes in place: file to staged (parse, checks, encryption) and staged to
live (history, audit, events). The baseline copies the same rows into the same, emptied tables with
the same role. Memory is the growth of a process's peak from a small file to a large one.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from learner_api.adapters.files.submission import open_submission
from learner_api.adapters.postgres.key_store import KeyStore
from learner_api.adapters.postgres.person_blocks import SearchIndexes
from learner_api.adapters.postgres.work import LearnerWork
from learner_api.adapters.storage.uploads import UploadStore
from learner_api.application.check_submission import CheckSubmission
from learner_api.application.go_live import GoLive
from learner_api.application.receive_upload import ReceiveUpload, Sender
from learner_api.application.verify_records import VerifyRecords, verify_records
from learner_api.application.write_learners import LearnerWriter
from learner_api.domain.record_file import Limits
from learner_api.domain.staged import Coverage
from learner_api.domain.submission import VerificationMethod
from matricula_chassis.audit import ActionContext, Actor
from matricula_chassis.clock import SystemClock
from matricula_chassis.crypto import FileKeyEncryptionKey
from matricula_chassis.db.engine import Database
from matricula_chassis.ids import SystemIds
from matricula_localstack.provision import DatabaseUrls, plain
from matricula_testkit.ilr.sample import write_sample
from matricula_testkit.servers import DatabaseFactory, TestRun, postgres_for

UKPRN: Final = 10_000_001
CLASSES: Final = frozenset({"ordinary", "special_category"})
CONTEXT: Final = ActionContext(Actor("coordinator-1", "front-end", ukprn=UKPRN), "bench")
STAGED: Final = ("staged_record",)


class Agreed:
    """Consent-registry's answer, without the call."""

    async def coverage(self, **_question: Any) -> Coverage:
        """Return an agreement that covers the sample."""
        return Coverage("01976b2e-7c00-7000-8000-0000000000c1", 1, CLASSES, CLASSES)


@dataclass(frozen=True, slots=True)
class Ground:
    """The service's parts on databases of one run."""

    urls: DatabaseUrls
    key_urls: DatabaseUrls
    database: Database
    keys: KeyStore
    uploads: UploadStore
    folder: Path

    def work(self, context: ActionContext) -> LearnerWork:
        """Return a unit of work."""
        return LearnerWork(
            self.database,
            clock=SystemClock(),
            ids=SystemIds(),
            context=context,
            keys=self.keys,
            indexes=SearchIndexes(bytes(range(32))),
        )


async def run(learners: int = 10_000) -> list[dict[str, Any]]:
    """Run every benchmark and return one row for each: name, unit, value, baseline, ratio."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    async with open_ground() as ground:
        submission_id = await _pushed(ground, learners)
        staging = await _timed(_check(ground, submission_id))
        staged_copy = await _copy_again(ground.urls, STAGED)
        asked = await _asked(ground, submission_id)
        living = await _timed(_go_live(ground, asked))
        live_tables = await _written_tables(ground.urls)
        live_copy = await _copy_again(ground.urls, live_tables)
        live_copy += await _copy_again(ground.key_urls, ("person_key",))
    return [
        _row("intake: file to staged", learners, staging, staged_copy, "COPY of the staged rows"),
        _row("intake: staged to live", learners, living, live_copy, "COPY of the rows written"),
        await asyncio.to_thread(memory),
    ]


def memory(small: int = 1_000, large: int = 20_000) -> dict[str, Any]:
    """Compare the peak memory of a process that stages a small and a large file."""
    peaks = [_peak_of(count) for count in (small, large)]
    return {
        "name": f"intake: peak memory, {large:,} learners",
        "unit": "MiB",
        "value": round(peaks[1] / 1024, 1),
        "baseline": f"the same with {small:,} learners",
        "baseline_value": round(peaks[0] / 1024, 1),
        "ratio": round(peaks[1] / peaks[0], 3),
    }


@asynccontextmanager
async def open_ground() -> AsyncIterator[Ground]:
    """Make the databases and the upload folder of one run."""
    run_of_bench = TestRun.begin()
    factory = DatabaseFactory(postgres_for(run_of_bench), run_of_bench)
    urls = factory("learner_api")
    key_urls = factory(
        "learner_api_keys", migrations="learner_api.key_migrations", service="learner_api_keys"
    )
    database = Database.from_url(urls.app, application_name="bench")
    keys_database = Database.from_url(key_urls.app, application_name="bench-keys")
    try:
        with tempfile.TemporaryDirectory() as folder:
            kek = FileKeyEncryptionKey(Path(folder) / "kek.json", create=True)
            keys = KeyStore(keys_database, kek=kek, clock=SystemClock())
            uploads = UploadStore(
                Path(folder) / "uploads",
                keys=keys,
                read_records=open_submission,
                limits=Limits(),
            )
            yield Ground(urls, key_urls, database, keys, uploads, Path(folder))
    finally:
        await database.dispose()
        await keys_database.dispose()
        factory.close()
        if "DATABASE_URL" in os.environ:
            factory.drop_templates()
        run_of_bench.end()


async def _pushed(ground: Ground, learners: int) -> UUID:
    sample = write_sample(ground.folder, learners=learners, seed=3)

    async def chunks() -> AsyncIterator[bytes]:
        with sample.paths[0].open("rb") as file:
            while chunk := file.read(1 << 16):
                yield chunk

    receive = ReceiveUpload(
        work=ground.work,
        uploads=ground.uploads,
        clock=SystemClock(),
        ids=SystemIds(),
        limit_bytes=1 << 40,
    )
    received = await receive.receive(
        Sender("partner-one", UKPRN), CONTEXT, media_type="application/xml", chunks=chunks()
    )
    return received.submission_id


async def _check(ground: Ground, submission_id: UUID) -> None:
    check = CheckSubmission(
        work=ground.work,
        uploads=ground.uploads,
        consent=Agreed(),
        indexes=SearchIndexes(bytes(range(32))),
        clock=SystemClock(),
        ids=SystemIds(),
    )
    await check(submission_id, CONTEXT)


async def _asked(ground: Ground, submission_id: UUID) -> UUID:
    command = VerifyRecords(
        submission_id=submission_id,
        ukprn=UKPRN,
        record_ids=None,
        method=VerificationMethod.SYSTEM_MATCH,
        sample_size=None,
    )
    async with ground.work(CONTEXT) as work:
        return await verify_records(
            command, work=work, context=CONTEXT, clock=SystemClock(), ids=SystemIds()
        )


async def _go_live(ground: Ground, asked: UUID) -> None:
    live = GoLive(
        work=ground.work,
        consent=Agreed(),
        writer=LearnerWriter(clock=SystemClock(), ids=SystemIds(), target_working_days=2),
        clock=SystemClock(),
        ids=SystemIds(),
    )
    await live(asked, CONTEXT)


async def _timed(work: Any) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def _written_tables(urls: DatabaseUrls) -> tuple[str, ...]:
    """Return the tables with rows that going live wrote, parents first."""
    connection = await asyncpg.connect(plain(urls.owner))
    try:
        listed = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN "
            "('alembic_version', 'staged_record', 'submission', 'verification')"
        )
        found = [
            row[0]
            for row in listed
            if await connection.fetchval(f'SELECT 1 FROM "{row[0]}" LIMIT 1')  # noqa: S608
        ]
    finally:
        await connection.close()
    return tuple(sorted(found, key=lambda name: (name != "learner", name)))


async def _copy_again(urls: DatabaseUrls, tables: Sequence[str]) -> float:
    """Read the rows of some tables, empty them, and time COPY of the same rows into them."""
    connection = await asyncpg.connect(plain(urls.owner))
    seconds = 0.0
    try:
        rows: dict[str, tuple[list[str], list[tuple[Any, ...]]]] = {}
        for table in tables:
            found = await connection.fetch(f'SELECT * FROM "{table}"')  # noqa: S608
            names = [name for name in found[0].keys() if name != "seq"]  # noqa: SIM118 - a record
            rows[table] = names, [tuple(row[name] for name in names) for row in found]
        listed = ", ".join(f'"{name}"' for name in tables)
        await connection.execute(f"TRUNCATE {listed} CASCADE")
        for table, (names, records) in rows.items():
            began = time.perf_counter()
            await connection.copy_records_to_table(table, records=records, columns=names)
            seconds += time.perf_counter() - began
    finally:
        await connection.close()
    return seconds


def _row(
    name: str, learners: int, seconds: float, baseline_seconds: float, baseline: str
) -> dict[str, Any]:
    value, peer = learners / seconds, learners / baseline_seconds
    return {
        "name": name,
        "unit": "learners/s",
        "value": round(value),
        "baseline": baseline,
        "baseline_value": round(peer),
        "ratio": round(value / peer, 3),
    }


def _peak_of(learners: int) -> int:
    """Return the peak memory (KiB) of a fresh process that stages a file of so many learners."""
    command = [sys.executable, "-m", "tests.performance.intake", "stage", str(learners)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout.strip().splitlines()[-1])


def _own_peak() -> int:
    """Return this process's peak memory in KiB; unlike ru_maxrss, not its parent's."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) if found else 0


async def _stage_only(learners: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    async with open_ground() as ground:
        await _check(ground, await _pushed(ground, learners))


if __name__ == "__main__":
    if sys.argv[1:2] == ["stage"]:
        asyncio.run(_stage_only(int(sys.argv[2])))
        print(_own_peak())
    else:
        for one in asyncio.run(run()):
            print(json.dumps(one))
