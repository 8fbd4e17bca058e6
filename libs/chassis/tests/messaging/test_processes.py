"""The processes that are alike in every service, without a broker: relay, consumers, replay."""

from typing import Any

import pytest

from matricula_chassis.clock import SystemClock
from matricula_chassis.db.uow import Database
from matricula_chassis.errors import Conflict
from matricula_chassis.ids import SystemIds
from matricula_chassis.messaging import Consumer
from matricula_chassis.messaging.applier import EventApplier
from matricula_chassis.messaging.envelope import Envelope
from matricula_chassis.runtime import ReplayOrder
from matricula_chassis.runtime.consuming import consumer_process, replay_dead_letters
from matricula_chassis.runtime.relaying import relay_process
from matricula_chassis.settings import BadConfiguration, SettingFault
from matricula_testkit.messaging import an_envelope, record_of
from matricula_testkit.sample_service import service as sample
from matricula_testkit.sample_service.fixtures import WorkFactory
from matricula_testkit.sample_service.settings import sample_settings

CLOCK, IDS = SystemClock(), SystemIds()


class Projection:
    """A consumer whose handler can be broken and mended."""

    def __init__(self, name: str, work: WorkFactory) -> None:
        self.name = name
        self.is_broken = True
        self.consumer = Consumer(
            name=name,
            topics=["sample.aggregate"],
            uow_factory=work,
            kafka_bootstrap="127.0.0.1:9",
            clock=CLOCK,
            handlers={sample.CHANGED: self._handle},
        )

    async def bury(self, *keys: str) -> None:
        applier = EventApplier(self.consumer.subscription, clock=CLOCK)
        await applier.apply([record_of(an_envelope(key), n) for n, key in enumerate(keys)])
        self.is_broken = False

    async def _handle(self, uow: sample.SampleWork, envelope: Envelope) -> None:
        if self.is_broken:
            raise Conflict("sample-conflict")
        await uow.note_effect(self.name, envelope)


async def replay(projections: list[Projection], **order: Any) -> int:
    consumers = [one.consumer for one in projections]
    return await replay_dead_letters(
        consumers, ReplayOrder(**order), service="sample", clock=CLOCK, ids=IDS
    )


@pytest.fixture
def projections(work: WorkFactory) -> list[Projection]:
    return [Projection("one", work), Projection("two", work)]


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("order", "applied"),
    [
        ({}, {"one": ["a", "b"], "two": ["a", "b"]}),
        ({"consumer": "two"}, {"one": [], "two": ["a", "b"]}),
        ({"key": "b"}, {"one": ["b"], "two": ["b"]}),
        ({"limit": 1, "consumer": "one"}, {"one": ["a"], "two": []}),
        ({"consumer": "three"}, {"one": [], "two": []}),
    ],
)
async def test_the_dead_letters_that_were_ordered_are_applied_again(
    projections: list[Projection],
    database: Database,
    order: dict[str, Any],
    applied: dict[str, list[str]],
) -> None:
    for one in projections:
        await one.bury("a", "b")
    assert await replay(projections, **order) == 0
    for one in projections:
        found = await sample.effects_of(database, one.name)
        assert sorted(key for _, key, _ in found) == applied[one.name], one.name


@pytest.mark.postgres
async def test_a_letter_that_fails_again_fails_the_command_and_holds_up_no_other_consumer(
    projections: list[Projection], database: Database
) -> None:
    for one in projections:
        await one.bury("a")
    projections[0].is_broken = True
    assert await replay(projections) == 1
    assert await sample.effects_of(database, "one") == []
    assert len(await sample.effects_of(database, "two")) == 1


@pytest.mark.postgres
async def test_each_consumer_is_a_worker_and_a_check(
    projections: list[Projection], database: Database
) -> None:
    one, two = (each.consumer for each in projections)
    process = consumer_process(database, first=one, second=two)
    assert process.workers == {"first": one.run, "second": two.run}
    process.health.mark_started()
    readiness = await process.health.readiness()
    # Nobody has joined a group: no broker was asked.
    assert readiness.checks == {"postgres": "ok", "first": "failed", "second": "failed"}
    assert not readiness.is_ready


async def test_the_relay_runs_under_its_own_role_or_not_at_all() -> None:
    settings = sample_settings(database_relay_url="postgresql+asyncpg://relay@127.0.0.1:9/none")
    async with relay_process(settings, service="sample") as process:
        assert list(process.workers) == ["relay"]
        assert process.app is None
    with pytest.raises(BadConfiguration) as caught:
        async with relay_process(sample_settings(), service="sample"):
            pytest.fail("it went on without")
    assert caught.value.faults == (SettingFault("SAMPLE_DATABASE_RELAY_URL", "is missing"),)
