"""A small world of writers, relays, consumers and one topic, driven step by step by a model.

It does what it is told and reports what is durable: tables and topic, never logs. Crashes are
simulated in the process at the named crash points.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from matricula_chassis.audit import ActionContext, Actor
from matricula_chassis.clock import SystemClock
from matricula_chassis.db.crash_points import SimulatedCrash, armed_crash_point
from matricula_chassis.db.uow import Database
from matricula_chassis.errors import Conflict, Unavailable
from matricula_chassis.ids import SystemIds
from matricula_chassis.messaging import Relay, RelaySettings, Replay, Selection
from matricula_chassis.messaging.backoff import Backoff
from matricula_chassis.messaging.envelope import Envelope
from matricula_localstack.provision import DatabaseUrls
from matricula_testkit.messaging import Wire, make_wire, until
from matricula_testkit.sample_service import service as sample
from matricula_testkit.sample_service.projection import projection

_OPERATOR = ActionContext(Actor("it-1", "console"), "world")
_RELAY = RelaySettings(
    batch=32,
    busy_pause=0.002,
    idle_pause=0.02,
    balance_every=0.1,
    gauges_every=1.0,
    backoff=Backoff(0.02, 0.1),
)


class World:
    """One database, one topic, one consumer group; several relays and members come and go."""

    def __init__(self, urls: DatabaseUrls, bootstrap: str) -> None:
        self._urls = urls
        self._bootstrap = bootstrap
        self._clock = SystemClock()
        self._ids = SystemIds()
        self._running: dict[str, tuple[asyncio.Task[None], asyncio.Event]] = {}
        self.refused: set[str] = set()
        self.group = f"model-{self._ids.uuid7().hex[-8:]}"
        self.wire: Wire
        self._database: Database
        self._owner: asyncpg.Connection[asyncpg.Record]
        self._observer: AIOKafkaConsumer
        self._lanes: list[TopicPartition]

    async def begin(self) -> None:
        """Empty the tables, make a topic."""
        self._owner = await asyncpg.connect(self._urls.owner.replace("+asyncpg", ""))
        names = ", ".join(f'"{table}"' for table in sample.METADATA.tables)
        await self._owner.execute(f"TRUNCATE {names} RESTART IDENTITY")
        self.wire = await make_wire(self._bootstrap)
        self._lanes = [TopicPartition(self.wire.topic, n) for n in range(self.wire.partitions)]
        self._observer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap, group_id=self.group, enable_auto_commit=False
        )
        await self._observer.start()
        self._observer.assign(self._lanes)
        self._database = Database.from_url(
            self._urls.app, application_name=self.group, pool_size=8, lock_timeout=2
        )

    async def end(self) -> None:
        """Stop everything and close every connection."""
        for name in list(self._running):
            await self.stop(name)
        await self._observer.stop()
        await self._database.dispose()
        await self._owner.close()

    async def write(self, keys: Sequence[str], *, fail: bool = False) -> None:
        """Change aggregates in one transaction, in sorted order; or fail before its commit.

        Sessions that were cut show at their first use: then this tries again, as a client would.
        """
        try:
            await self._write_once(keys, fail=fail)
        except Unavailable:
            await self._write_once(keys, fail=fail)

    async def _write_once(self, keys: Sequence[str], *, fail: bool) -> None:
        async with sample.work_on(self._database, clock=self._clock, ids=self._ids) as uow:
            for key in sorted(keys):
                await uow.change(key, topic=self.wire.topic)
            if fail:
                raise Conflict("sample-conflict")

    async def write_and_crash(self, keys: Sequence[str], point: str) -> None:
        """Change aggregates and die at a crash point of the unit of work."""
        with armed_crash_point(point):
            try:
                await self.write(keys)
            except SimulatedCrash:
                return
        raise AssertionError("the crash point was not passed")

    def start_relay(self, name: str) -> None:
        """Start a relay."""
        relay = Relay(
            self._urls.relay,
            self._bootstrap,
            service="model",
            clock=self._clock,
            settings=_RELAY,
        )
        self._start(name, relay.run)

    def start_member(self, name: str, *, batch: int) -> None:
        """Start a member of the consumer group."""
        member = projection(
            self._database,
            bootstrap=self._bootstrap,
            topic=self.wire.topic,
            group=self.group,
            handler=self._handle,
            settings={"max_batch": batch, "heartbeat": 0.2, "poll": 0.02},
        )
        self._start(name, member.run)

    def is_running(self, name: str) -> bool:
        """Say whether a relay or member was started and has not died."""
        return name in self._running and not self._running[name][0].done()

    async def stop(self, name: str) -> None:
        """Stop a relay or member in good order; its own crash is no error here."""
        task, stop = self._running.pop(name)
        stop.set()
        try:
            await task
        except SimulatedCrash:
            return

    async def crash_someone(self, point: str, nth_pass: int) -> None:
        """Let whoever passes a crash point next die there; nobody may pass it for a while."""
        with armed_crash_point(point, nth_pass):
            await asyncio.sleep(0.25)

    async def cut_connections(self) -> None:
        """End every session of services with the database, as a restart of the server does."""
        for url in (self._urls.app, self._urls.relay):
            connection = await asyncpg.connect(url.replace("+asyncpg", ""))
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = current_user AND datname = current_database()"
                " AND pid <> pg_backend_pid()"
            )
            await connection.close()

    async def send_again(self, chosen: Sequence[int]) -> None:
        """Put copies of records on the topic again, in the order given: duplicates, reordered."""
        records = await self.wire.read()
        if records:
            picked = [records[number % len(records)] for number in chosen]
            copies = [(r.key, r.value, [(n, v or b"") for n, v in r.headers]) for r in picked]
            await self.wire.produce(copies)

    async def send_poison(self, key: str) -> None:
        """Put a record on the topic that nobody can read."""
        await self.wire.produce([(key.encode(), b"{", [("ce_specversion", b"1.0")])])

    async def rewind(self) -> None:
        """Set the group's offsets back to the beginning; no member may run."""
        await self._observer.commit(dict.fromkeys(self._lanes, 0))

    async def replay(self) -> None:
        """Replay every dead letter that can be."""
        member = projection(
            self._database,
            bootstrap=self._bootstrap,
            topic=self.wire.topic,
            group=self.group,
            handler=self._handle,
        )
        replay = Replay(member.subscription, clock=self._clock)
        try:
            await replay.run(Selection(), context=_OPERATOR, reason="model")
        except Unavailable:
            await replay.run(Selection(), context=_OPERATOR, reason="model")

    async def committed(self) -> dict[str, int]:
        """Return the version of every aggregate."""
        rows = await self._owner.fetch("SELECT id, version FROM aggregate")
        return {row["id"]: row["version"] for row in rows}

    async def effects(self) -> dict[str, list[int]]:
        """Return the sequences applied for every key, in order of application."""
        found: dict[str, list[int]] = defaultdict(list)
        rows = await self._owner.fetch(
            "SELECT key, sequence FROM effect WHERE consumer = $1 ORDER BY id", self.group
        )
        for row in rows:
            found[row["key"]].append(row["sequence"])
        return dict(found)

    async def wire_order(self) -> dict[str, list[int]]:
        """Return the sequences on the topic for every key, each at its first appearance."""
        found: dict[str, dict[UUID, int]] = defaultdict(dict)
        for record in await self.wire.read():
            if len(record.headers) > 1:
                event = Envelope.from_record(record.topic, record.headers, record.value)
                found[event.subject].setdefault(event.id, event.sequence)
        return {key: list(events.values()) for key, events in found.items()}

    async def settle(self) -> None:
        """Let everything reach its end: all published, all consumed again, letters replayed."""
        self.refused.clear()
        for name in list(self._running):
            await self.stop(name)
        self.start_relay("last-relay")
        await until(self._is_published)
        await self.stop("last-relay")
        await self.rewind()
        self.start_member("last-member", batch=50)
        await until(self._is_consumed)
        await self.stop("last-member")
        await self.replay()

    async def unresolved(self) -> int:
        """Return how many dead letters wait that could be read."""
        waiting = await self._owner.fetchval(
            "SELECT count(*) FROM dead_letter WHERE resolved_at IS NULL AND type IS NOT NULL"
        )
        return int(waiting)

    def _start(self, name: str, run: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
        stop = asyncio.Event()
        self._running[name] = (asyncio.ensure_future(run(stop)), stop)

    async def _handle(self, uow: sample.SampleWork, envelope: Envelope) -> None:
        await uow.note_effect(self.group, envelope)
        if envelope.subject in self.refused:
            raise Conflict("sample-conflict")

    async def _is_published(self) -> bool:
        waiting = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
        return int(await self._owner.fetchval(waiting)) == 0

    async def _is_consumed(self) -> bool:
        ends = await self._observer.end_offsets(self._lanes)
        done = [await self._observer.committed(lane) for lane in self._lanes]
        return done == [ends[lane] for lane in self._lanes]
