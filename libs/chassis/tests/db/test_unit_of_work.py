"""The promises of the unit of work, held by the real one and by the fake of the testkit."""

import asyncio
import random
from collections.abc import Callable
from typing import Any, ClassVar, cast

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.pool import QueuePool

from matricula_chassis.clock import SystemClock
from matricula_chassis.db.crash_points import SimulatedCrash, armed_crash_point
from matricula_chassis.db.uow import Database
from matricula_chassis.errors import Unavailable
from matricula_chassis.ids import SystemIds
from matricula_chassis.messaging.envelope import Envelope
from matricula_chassis.observability.context import bound_context, new_context
from matricula_localstack.provision import DatabaseUrls
from matricula_testkit.messaging import until
from matricula_testkit.sample_service import service as sample
from matricula_testkit.units_of_work import (
    CONTEXT,
    FakeStore,
    FakeUnitOfWork,
    UnitOfWorkConformance,
    Work,
    WorkBench,
)

pytestmark = pytest.mark.postgres

WorkFactory = Callable[[], sample.SampleWork]
CLOCK, IDS = SystemClock(), SystemIds()


async def outbox_of(owner: Database) -> list[Envelope]:
    async with owner.engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT topic, headers, payload FROM outbox ORDER BY seq")
        )
        return [
            Envelope.from_record(
                row.topic, [(n, t.encode()) for n, t in row.headers.items()], row.payload
            )
            for row in rows
        ]


async def sessions_at_work(urls: DatabaseUrls) -> int:
    """Return how many sessions of the database are in a transaction."""
    watcher = await asyncpg.connect(urls.admin)  # others may not see what sessions do
    try:
        counted = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND state <> 'idle'"
        return int(await watcher.fetchval(f"{counted} AND pid <> pg_backend_pid()", urls.name))
    finally:
        await watcher.close()


def checked_out(database: Database) -> int:
    return cast("QueuePool", database.engine.pool).checkedout()


class TestUnitOfWork(UnitOfWorkConformance):
    @pytest_asyncio.fixture
    async def bench(self, database: Database, owner: Database) -> WorkBench:
        class RealBench(WorkBench):
            def work(self) -> Work:
                return sample.work_on(database, clock=CLOCK, ids=IDS, context=CONTEXT)

            async def published(self) -> list[Envelope]:
                return await outbox_of(owner)

        return RealBench()


class TestFakeUnitOfWork(UnitOfWorkConformance):
    @pytest.fixture
    def bench(self) -> WorkBench:
        store = FakeStore()

        class FakeBench(WorkBench):
            def work(self) -> Work:
                return FakeUnitOfWork(store, clock=CLOCK, ids=IDS)

            async def published(self) -> list[Envelope]:
                return store.published

        return FakeBench()


async def test_outbox_rows_are_the_last_statement_before_commit(
    database: Database, work: WorkFactory
) -> None:
    seen: list[str] = []

    async with work() as uow:
        raw = await uow.raw()
        raw.add_query_logger(lambda logged: seen.append(logged.query))
        uow.record(sample.draft("a", 1))  # recorded first, written last
        await uow.change("b", topic="sample.aggregate")
        await uow.session.execute(text("SELECT 1 FROM aggregate"))
    statements = [query.split()[0] for query in seen]
    assert statements[-2].upper() == "INSERT"
    assert "outbox" in next(query for query in reversed(seen) if "INSERT" in query)
    assert statements[-1].rstrip(";").upper() == "COMMIT"


async def test_an_event_of_the_contract_is_published_about_its_row(
    work: WorkFactory, owner: Database
) -> None:
    class Changed:
        TYPE: ClassVar[str] = sample.CHANGED
        TOPIC: ClassVar[str] = "sample.aggregate"

        def data(self) -> dict[str, Any]:
            return {"version": 4}

    row = IDS.uuid7()
    async with work() as uow:
        uow.publish(
            Changed(),
            subject=row,
            sequence=4,
            action="aggregate:changed",
            resource_type="aggregate",
            ukprn=10_000_001,
        )
    (one,) = await outbox_of(owner)
    assert (one.type, one.topic, one.sequence) == (sample.CHANGED, "sample.aggregate", 4)
    assert (one.subject, one.source) == (str(row), "/services/sample-service")
    audit = one.data["audit"]
    assert one.data["version"] == 4
    assert (audit["action"], audit["resource_type"]) == ("aggregate:changed", "aggregate")
    assert (audit["resource_id"], audit["ukprn"]) == (str(row), 10_000_001)


async def test_raw_connection_belongs_to_the_transaction_from_its_first_use(
    work: WorkFactory, owner: Database
) -> None:
    async def fail() -> None:
        async with work() as uow:
            raw = await uow.raw()
            await raw.copy_records_to_table("aggregate", records=[("copied", 1)])
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with owner.engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM aggregate"))).scalar() == 0


async def test_a_savepoint_undoes_rows_and_events_of_its_block_alone(
    work: WorkFactory, owner: Database
) -> None:
    async def fail(uow: sample.SampleWork) -> None:
        async with uow.savepoint():
            await uow.change("undone", topic="sample.aggregate")
            raise LookupError

    async with work() as uow:
        await uow.change("kept", topic="sample.aggregate")
        with pytest.raises(LookupError):
            await fail(uow)
    assert [event.subject for event in await outbox_of(owner)] == ["kept"]
    async with owner.engine.connect() as connection:
        ids = (await connection.execute(text("SELECT id FROM aggregate"))).scalars().all()
    assert ids == ["kept"]


async def test_an_event_takes_the_trace_of_the_present_work(
    work: WorkFactory, owner: Database
) -> None:
    with bound_context(new_context(IDS.uuid7())) as present:
        async with work() as uow:
            uow.record(sample.draft("a", 1))
    (event,) = await outbox_of(owner)
    assert event.traceparent == present.traceparent


@pytest.mark.parametrize(
    ("point", "expected"),
    [("uow.before_outbox", 0), ("uow.before_commit", 0), ("uow.after_commit", 1)],
)
async def test_a_crash_leaves_state_and_event_together(
    work: WorkFactory, owner: Database, database: Database, point: str, expected: int
) -> None:
    async def crash() -> None:
        async with work() as uow:
            await uow.change("a", topic="sample.aggregate")

    with armed_crash_point(point), pytest.raises(SimulatedCrash):
        await crash()
    async with owner.engine.connect() as connection:
        rows = (await connection.execute(text("SELECT count(*) FROM aggregate"))).scalar()
    assert (rows, len(await outbox_of(owner))) == (expected, expected)
    assert checked_out(database) == 0


async def test_cancellation_at_any_point_leaks_no_connection(
    database: Database, work: WorkFactory, owner: Database, urls: DatabaseUrls
) -> None:
    chance = random.Random(7)  # noqa: S311 - repeatable, not secret

    async def use() -> None:
        async with work() as uow:
            for number in range(3):
                await uow.change(f"key-{number}", topic="sample.aggregate")
            uow.record_many(sample.draft("many", n) for n in range(1, 300))

    for _ in range(60):
        tasks = [asyncio.create_task(use()) for _ in range(4)]
        await asyncio.sleep(chance.uniform(0, 0.03))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert checked_out(database) == 0

    async def is_quiet() -> bool:  # the server notices a closed connection a moment later
        return await sessions_at_work(urls) == 0

    await until(is_quiet)
    async with owner.engine.connect() as connection:
        versions = (await connection.execute(text("SELECT sum(version) FROM aggregate"))).scalar()
        events = (
            await connection.execute(text("SELECT count(*) FROM outbox WHERE key <> 'many'"))
        ).scalar()
    assert (versions or 0) == events


async def test_a_commit_that_has_begun_is_seen_to_its_end_when_cancelled(
    database: Database, work: WorkFactory, owner: Database
) -> None:
    begun = asyncio.Event()

    class Slow(sample.SampleWork):
        async def _commit(self) -> None:
            begun.set()
            await self.session.execute(text("SELECT pg_sleep(0.2)"))
            await super()._commit()

    uow = Slow(database, clock=CLOCK, ids=IDS, source="/s", context=CONTEXT)

    async def use() -> None:
        async with uow:
            await uow.change("a", topic="sample.aggregate")

    task = asyncio.create_task(use())
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await outbox_of(owner)) == 1
    assert checked_out(database) == 0


async def test_an_unreachable_database_is_reported_as_unavailable(urls: DatabaseUrls) -> None:
    database = Database.from_url(
        "postgresql+asyncpg://nobody@127.0.0.1:1/none", application_name="test"
    )

    async def use() -> None:
        async with sample.work_on(database, clock=CLOCK, ids=IDS) as uow:
            await uow.change("a", topic="sample.aggregate")

    with pytest.raises(Unavailable) as caught:
        await use()
    assert caught.value.problem == "database-unavailable"
    await database.dispose()


async def test_a_mistake_in_a_statement_is_not_reported_as_unavailable(work: WorkFactory) -> None:
    async def use() -> None:
        async with work() as uow:
            raw = await uow.raw()
            await raw.execute("SELECT $1::integer", "not a number")

    with pytest.raises(asyncpg.DataError):
        await use()


async def test_a_killed_session_is_reported_as_unavailable_and_replaced(
    work: WorkFactory, database: Database
) -> None:
    async def use() -> None:
        async with work() as uow:
            await uow.change("a", topic="sample.aggregate")
            pid: int = (await uow.session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            await terminate(pid)

    async def terminate(pid: int) -> None:
        async with work() as other:
            await other.session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})

    with pytest.raises(Unavailable):
        await use()
    async with work() as uow:
        assert await uow.change("a", topic="sample.aggregate") == 1
    assert checked_out(database) == 0
