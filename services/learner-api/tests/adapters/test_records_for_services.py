"""The whole record of a live learner, for the other services of the platform and nobody else."""

import json
from typing import Any
from uuid import uuid4

import pytest

from matricula_testkit.ilr.learners import learner


async def keyed_in(bench: Any, index: int) -> str:
    created = await bench.key_in(learner(5, index))
    assert created.status_code == 201, created.text
    return str(created.json()["id"])


async def test_a_service_reads_the_whole_record_and_its_version(bench: Any) -> None:
    learner_id = await keyed_in(bench, 1)
    read = await bench.client.get(
        f"/v1/learner-records/{learner_id}",
        params={"ukprn": bench.ukprn},
        headers=bench.as_service("ilr-validator"),
    )
    assert read.status_code == 200, read.text
    assert read.headers["ETag"] == '"v1"'
    assert read.json() == {
        "learner_id": learner_id,
        "ukprn": bench.ukprn,
        "version": 1,
        "record": learner(5, 1),
        "is_readable": True,
    }


async def test_the_read_is_an_event_with_provider_and_purpose(bench: Any) -> None:
    learner_id = await keyed_in(bench, 2)
    await bench.client.get(
        f"/v1/learner-records/{learner_id}",
        params={"ukprn": bench.ukprn},
        headers=bench.as_service("ilr-validator"),
    )
    [row] = await bench.rows("SELECT key, payload FROM outbox WHERE topic = 'audit.access'")
    data = json.loads(row["payload"])
    assert row["key"] == "ilr-validator"
    assert (data["operation"], data["resource_id"]) == ("read_learner_record", learner_id)
    assert data["audit"]["ukprn"] == bench.ukprn
    assert data["audit"]["purpose"] == "ilr_return"


async def test_another_providers_learner_is_not_found(bench: Any) -> None:
    learner_id = await keyed_in(bench, 3)
    for asked, ukprn in ((learner_id, 10_000_002), (uuid4(), bench.ukprn)):
        answer = await bench.client.get(
            f"/v1/learner-records/{asked}",
            params={"ukprn": ukprn},
            headers=bench.as_service("ilr-validator"),
        )
        assert answer.status_code == 404
        assert answer.json()["type"] == "/problems/learner-not-found"


@pytest.mark.parametrize("role", ["training_coordinator", "compliance_officer", "dpo", "service"])
async def test_nobody_reads_it_through_the_gateway_but_a_service(bench: Any, role: str) -> None:
    learner_id = await keyed_in(bench, 4)
    answer = await bench.client.get(
        f"/v1/learner-records/{learner_id}",
        params={"ukprn": bench.ukprn},
        headers=bench.as_role(role),
    )
    assert answer.status_code == (200 if role == "service" else 403)
