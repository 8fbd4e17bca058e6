"""The relay process against a real broker: killed again and again, it loses nothing."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from matricula_chassis.ids import SystemIds
from matricula_chassis.messaging.envelope import Envelope
from matricula_chassis.messaging.topics import TopicSpec, ensure_topics
from matricula_contracts import topics
from matricula_gateway.adapters.events.frames import load_position
from matricula_gateway.adapters.events.spool import Spool
from matricula_gateway.application.decisions import TOPIC, Occasion, encode_decision
from matricula_gateway.application.rulings import REFUSALS
from matricula_testkit.messaging import read_topic, until

IDS = SystemIds()
PARTITIONS = topics.TOPICS[TOPIC].partitions
COMMAND = [sys.executable, "-m", "matricula_gateway", "relay"]


def environment(spool: Path, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "OIDC_ISSUER": "http://127.0.0.1:1",
        "GATEWAY_SPOOL_DIRECTORY": str(spool),
        **more,
    }


def keep(spool: Spool, count: int) -> list[str]:
    made = []
    for _ in range(count):
        occasion = Occasion(IDS.uuid7(), datetime.now(UTC), str(IDS.uuid7()), None)
        spool.append(
            encode_decision(
                occasion,
                REFUSALS["token_missing"],
                operation=None,
                claims=None,
                purpose=None,
                status=401,
                policy_version="v",
            )
        )
        made.append(str(occasion.decision_id))
    return made


async def published(bootstrap: str, ids: set[str]) -> list[Envelope]:
    records = await read_topic(bootstrap, TOPIC, partitions=PARTITIONS)
    found = [Envelope.from_record(TOPIC, list(one.headers), one.value) for one in records]
    return [one for one in found if str(one.id) in ids]


@pytest.mark.kafka
async def test_kill_9_of_the_relay_loses_nothing_and_a_duplicate_is_the_same_event(
    kafka_server: Any, tmp_path: Path
) -> None:
    bootstrap = kafka_server.bootstrap
    await ensure_topics(bootstrap, [TopicSpec(TOPIC, PARTITIONS)])
    directory = tmp_path / "spool"
    spool = Spool(directory, ids=IDS, max_bytes=1 << 26, segment_bytes=50_000)
    kept = keep(spool, 2_000)
    settings = environment(directory, KAFKA_BOOTSTRAP=bootstrap)

    async def is_done() -> bool:
        return load_position(directory).number >= len(kept)

    async def has_moved() -> bool:
        return load_position(directory).number > before

    # A process is started in a moment, and nothing else runs on this loop: no harm in waiting.
    for _ in range(3):
        before = load_position(directory).number
        with subprocess.Popen(COMMAND, env=settings, stdout=subprocess.DEVNULL) as relay:  # noqa: ASYNC220
            await until(has_moved, patience=60)
            relay.send_signal(signal.SIGKILL)
        kept += keep(spool, 500)
    with subprocess.Popen(COMMAND, env=settings, stdout=subprocess.DEVNULL) as relay:  # noqa: ASYNC220
        await until(is_done, patience=60)
        relay.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(relay.wait, 60) == 0
    spool.close()

    events = await published(bootstrap, set(kept))
    assert {str(one.id) for one in events} == set(kept)
    by_sequence = {one.sequence: one for one in events}
    assert sorted(by_sequence) == list(range(1, len(kept) + 1))
    assert all(by_sequence[one.sequence] == one for one in events)
    assert [str(by_sequence[number].id) for number in sorted(by_sequence)] == kept


async def test_the_relay_says_which_setting_it_lacks(tmp_path: Path) -> None:
    settings = environment(tmp_path)
    settings.pop("KAFKA_BOOTSTRAP", None)
    done = await asyncio.to_thread(
        subprocess.run, COMMAND, env=settings, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"KAFKA_BOOTSTRAP" in done.stderr
