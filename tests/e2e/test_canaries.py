"""No personal data gets out: not into logs, metrics, problems, events, topics or the spool."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import httpx
import orjson
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from tests.chaos.truth import Truth
from tests.e2e.canaries import Canary, canary, found_below, found_in, write_file
from tests.e2e.refusals import attempts
from tests.e2e.users import Provider, Users
from tests.e2e.validations import validated

from matricula_testkit.ilr.learners import learner

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(900)]

LIVE, QUARANTINED, REFUSED, KEYED_IN = canary(0), canary(1).with_fault(), canary(2), canary(3)
REGISTERED = 10_000_010
"""A provider of the sample reference data that no other test uses."""
VALIDATED = canary(4).as_a_child()
ALL = (LIVE, QUARANTINED, REFUSED, KEYED_IN, VALIDATED)
NEEDLES = tuple(needle for one in ALL for needle in one.needles)


async def test_no_personal_data_gets_out(users: Users, tmp_path: Path) -> None:
    since = datetime.now(UTC)
    provider = await users.provider(REGISTERED)
    await users.agree(provider)
    learner_id = await _told(users, provider, tmp_path)
    await _validated(users, provider, tmp_path)
    problems = await _refused(users, provider, learner_id)
    await users.export(provider.auditor, tmp_path / "log")
    assert await Truth(users.own.platform).drained(since=since, ukprn=REGISTERED) == 0

    assert found_in(problems, NEEDLES) == []
    assert found_in(await _metrics(users), NEEDLES) == []
    records = await _kafka_records(users.own.platform.addresses["KAFKA_BOOTSTRAP"])
    assert learner_id.encode() in records  # what is in the topics is really read
    assert found_in(records, NEEDLES) == []
    for folder in (users.own.root, tmp_path / "log"):
        assert await asyncio.to_thread(found_below, folder, NEEDLES) == []


async def test_the_search_for_canaries_finds_one(tmp_path: Path) -> None:
    folder = tmp_path / "below"
    folder.mkdir()
    (folder / "holes").write_bytes(b"")
    with (folder / "holes").open("r+b") as file:
        file.seek(1 << 20)
        file.write(b"x" + LIVE.record["Email"].encode() + b"x")
        file.truncate(1 << 22)
    hits = await asyncio.to_thread(found_below, tmp_path, NEEDLES)
    assert hits == [("below/holes", LIVE.record["Email"].encode())]
    assert len(set(NEEDLES)) > 4 * len(LIVE.values) - 8


async def _told(users: Users, provider: Provider, folder: Path) -> str:
    """Go the ordinary way with the canaries; return the id of the live one."""
    others = [learner(97, number) for number in range(30)]
    file = write_file(folder, [LIVE.record, QUARANTINED.record, *others], ukprn=provider.ukprn)
    checked = await users.push(provider.partner, file)
    counts = checked["counts"]
    assert (counts["accepted"], counts["quarantined"]) == (31, 1)
    where = f"/v1/submissions/{checked['submission_id']}"
    await users.outcomes(provider.partner, checked["submission_id"], folder)
    await users.calls.call(provider.partner, "GET", f"{where}/errors")
    listed = await users.calls.all_pages(provider.coordinator, f"{where}/records")
    bad = next(one for one in listed if one["reasons"])
    shown = await users.calls.get(provider.coordinator, f"{where}/records/{bad['record_id']}")
    assert QUARANTINED.record["FamilyName"] in orjson.dumps(shown).decode()
    await users.verify(provider, checked["submission_id"])

    made = await users.calls.post(provider.coordinator, "/v1/learners", {"record": KEYED_IN.record})
    await users.calls.get(provider.coordinator, f"/v1/learners/{made['id']}/history")
    for query in _searches(LIVE):
        found = await users.calls.post(provider.coordinator, "/v1/learners/search", query)
        assert [one["record"]["ULN"] for one in found["items"]] == [LIVE.record["ULN"]], query
    learner_id = str(found["items"][0]["learner_id"])
    await users.calls.get(provider.coordinator, f"/v1/learners/{learner_id}")
    return learner_id


async def _validated(users: Users, provider: Provider, folder: Path) -> None:
    """Have the canaries validated, one of them with values that break rules; read what came out."""
    records = [LIVE.record, VALIDATED.record, *(learner(98, number) for number in range(20))]
    file = write_file(folder, records, ukprn=provider.ukprn)
    done = await validated(users, provider.coordinator, file)
    assert done["state"] == "finished"
    where = f"/v1/validations/{done['validation_id']}"
    found = await users.calls.all_pages(provider.coordinator, f"{where}/findings")
    assert VALIDATED.record["DateOfBirth"][:4] in orjson.dumps(found).decode()
    for kind in done["reports"]:
        path = f"{where}/reports/{kind}"
        await users.calls.download(provider.coordinator, path, folder / kind)
    _cut_short(file)
    assert (await validated(users, provider.coordinator, file))["state"] == "refused"


def _cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-500])


def _searches(one: Canary) -> list[dict[str, object]]:
    record = one.record
    return [
        {name: record[name]} for name in ("ULN", "NINumber", "Email", "Postcode", "FamilyName")
    ] + [{"FamilyName": record["FamilyName"], "DateOfBirth": record["DateOfBirth"]}]


async def _refused(users: Users, provider: Provider, learner_id: str) -> bytes:
    """Make every refused attempt at the gateway and at a service; return all problem bodies."""
    token = await users.calls.token(provider.coordinator)
    service = f"http://127.0.0.1:{users.own.platform.ports['learner-api']}"
    bodies, statuses = [], Counter[int]()
    for attempt in attempts(REFUSED, learner_id):
        for base in (users.own.gateway, service):
            try:
                answer = await attempt.send(users.http, base, token)
            except (httpx.LocalProtocolError, httpx.RemoteProtocolError):
                continue  # it is so wrong that it is not answered
            statuses[answer.status_code] += 1
            if answer.status_code >= 400:
                bodies += [answer.content, repr(answer.headers.raw).encode()]
    assert not [status for status in statuses if status >= 500], statuses
    assert statuses[400] + statuses[422] > 50, statuses
    assert statuses[401] > 50, statuses
    assert statuses[404] > 10, statuses
    return b"\n".join(bodies)


async def _metrics(users: Users) -> bytes:
    pages = []
    for name, address in users.own.probes().items():
        answer = await users.http.get(f"{address}/metrics")
        assert answer.status_code == 200, name
        assert b"# HELP" in answer.content, name
        pages.append(answer.content)
    return b"\n".join(pages)


async def _kafka_records(bootstrap: str) -> bytes:
    """Return keys, headers and values of every record of every topic."""
    parts = await _partitions(bootstrap)
    # Not `seek_to_beginning`: the reset to the end that a new assignment brings may overtake it.
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        found = []
        while any([await consumer.position(part) < ends[part] for part in parts]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for one in records:
                    found += [one.key or b"", one.value or b""]
                    found += [name.encode() + b"\n" + value for name, value in one.headers]
        return b"\n".join(found)
    finally:
        await consumer.stop()


async def _partitions(bootstrap: str) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return [
            TopicPartition(topic["topic"], part["partition"])
            for topic in await admin.describe_topics()
            for part in topic["partitions"]
            if not topic["is_internal"]
        ]
    finally:
        await admin.close()
