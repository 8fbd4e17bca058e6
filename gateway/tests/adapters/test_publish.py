"""From the spool to the topic: at least once, in order, the same id every time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from matricula_chassis.audit import parse_action
from matricula_chassis.errors import Unavailable
from matricula_chassis.ids import SystemIds
from matricula_chassis.messaging.envelope import Envelope
from matricula_chassis.observability.progress import ProgressWatchdog
from matricula_contracts.events.access import DecisionRecorded
from matricula_gateway.adapters.events.publish import publish_spool
from matricula_gateway.adapters.events.reader import SpoolReader
from matricula_gateway.adapters.events.spool import Spool
from matricula_gateway.application.decisions import Occasion, encode_decision
from matricula_gateway.application.rulings import ALLOWED, REFUSALS

IDS = SystemIds()


class Broker:
    """Remembers what was published; fails when told to."""

    def __init__(self, *, failures: int = 0, fails_after_arrival: bool = False) -> None:
        self.arrived: list[Envelope] = []
        self.failures = failures
        self.fails_after_arrival = fails_after_arrival

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        if self.failures:
            self.failures -= 1
            if self.fails_after_arrival:
                self.arrived += envelopes
            raise Unavailable("broker-unavailable", reason="broker-unreachable")
        self.arrived += envelopes


@pytest_asyncio.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    one = Spool(tmp_path / "spool", ids=IDS, max_bytes=1 << 24, segment_bytes=100_000)
    yield one
    one.close()


def decide(spool: Spool, count: int) -> list[str]:
    made = []
    for _ in range(count):
        occasion = Occasion(IDS.uuid7(), datetime.now(UTC), str(IDS.uuid7()), None)
        spool.append(
            encode_decision(
                occasion, REFUSALS["token_missing"], operation=None, claims=None, purpose=None,
                status=401, policy_version="v",
            )
        )  # fmt: skip
        made.append(str(occasion.decision_id))
    return made


async def publish_until(directory: Path, broker: Broker, condition: Any) -> SpoolReader:
    reader = SpoolReader(directory)
    stop = asyncio.Event()
    watchdog = ProgressWatchdog("spool")
    working = asyncio.ensure_future(publish_spool(reader, broker, stop=stop, watchdog=watchdog))
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the broker of the test has no event
            await asyncio.sleep(0.01)
    stop.set()
    await working
    reader.close()
    return reader


async def test_every_decision_is_published_once_in_order(spool: Spool, tmp_path: Path) -> None:
    made = decide(spool, 1_200)
    broker = Broker()
    await publish_until(tmp_path / "spool", broker, lambda: len(broker.arrived) >= 1_200)
    assert [str(one.id) for one in broker.arrived] == made
    assert [one.sequence for one in broker.arrived] == list(range(1, 1_201))
    assert spool.unpublished() == 0


async def test_what_travels_keeps_to_the_contract(spool: Spool, tmp_path: Path) -> None:
    decide(spool, 1)
    broker = Broker()
    await publish_until(tmp_path / "spool", broker, lambda: broker.arrived)
    (event,) = broker.arrived
    read = DecisionRecorded.read(event.data)
    assert (event.type, event.topic, event.source) == (
        "access.decision.recorded.v1", "audit.access", "/gateway",
    )  # fmt: skip
    assert event.id == read.decision_id
    assert str(parse_action(event.data["audit"]["action"])) == "access:denied"
    again = Envelope.from_record(event.topic, event.to_headers(), event.value())
    assert again.id == event.id
    assert again.sequence == event.sequence


async def test_an_outage_of_the_broker_delays_and_loses_nothing(
    spool: Spool, tmp_path: Path
) -> None:
    made = decide(spool, 10)
    broker = Broker(failures=3)
    await publish_until(tmp_path / "spool", broker, lambda: len(broker.arrived) >= 10)
    assert [str(one.id) for one in broker.arrived] == made


async def test_a_duplicate_carries_the_same_id_and_sequence(spool: Spool, tmp_path: Path) -> None:
    decide(spool, 3)
    broker = Broker(failures=1, fails_after_arrival=True)
    await publish_until(tmp_path / "spool", broker, lambda: len(broker.arrived) >= 6)
    first, second = broker.arrived[:3], broker.arrived[3:]
    assert first == second


async def test_a_publisher_that_starts_again_goes_on_where_it_was(
    spool: Spool, tmp_path: Path
) -> None:
    broker = Broker()
    decide(spool, 5)
    await publish_until(tmp_path / "spool", broker, lambda: len(broker.arrived) >= 5)
    decide(spool, 5)
    await publish_until(tmp_path / "spool", broker, lambda: len(broker.arrived) >= 10)
    assert [one.sequence for one in broker.arrived] == list(range(1, 11))


@pytest.mark.parametrize("ruling", [ALLOWED, REFUSALS["role_missing"]], ids=["allowed", "denied"])
def test_the_action_of_a_record_can_be_parsed(ruling: Any) -> None:
    action = "access:allowed" if ruling.is_admitted else "access:denied"
    assert parse_action(action).resource == ("access",)
