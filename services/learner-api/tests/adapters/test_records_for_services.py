"""Whole records of live learners, for the other services of the platform and nobody else."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from matricula_testkit.ilr.learners import learner


async def keyed_in(bench: Any, index: int) -> str:
    created = await bench.key_in(learner(5, index))
    assert created.status_code == 201, created.text
    return str(created.json()["id"])


async def read(bench: Any, *learner_ids: Any, **more: Any) -> httpx.Response:
    headers = more.pop("headers", None) or bench.as_service("ilr-validator")
    body = {"ukprn": bench.ukprn, "learner_ids": [str(one) for one in learner_ids], **more}
    answer: httpx.Response = await bench.client.post(
        "/v1/learner-records", json=body, headers=headers
    )
    return answer


async def test_a_service_reads_whole_records_with_their_versions(bench: Any) -> None:
    first, second = await keyed_in(bench, 1), await keyed_in(bench, 2)
    answer = await read(bench, second, first, second)
    assert answer.status_code == 200, answer.text
    assert answer.json()["items"] == [
        {
            "learner_id": learner_id,
            "ukprn": bench.ukprn,
            "version": 1,
            "record": learner(5, index),
            "is_readable": True,
        }
        for learner_id, index in ((second, 2), (first, 1))
    ]


async def test_the_read_is_an_event_with_provider_and_purpose(bench: Any) -> None:
    learner_id = await keyed_in(bench, 3)
    await read(bench, learner_id)
    [row] = await bench.rows("SELECT key, payload FROM outbox WHERE topic = 'audit.access'")
    data = json.loads(row["payload"])
    assert row["key"] == "ilr-validator"
    assert (data["operation"], data["resource_id"]) == ("read_learner_records", learner_id)
    assert data["rows"] == 1
    assert data["audit"]["ukprn"] == bench.ukprn
    assert data["audit"]["purpose"] == "ilr_return"


async def test_another_providers_learners_are_left_out(bench: Any) -> None:
    learner_id = await keyed_in(bench, 4)
    assert (await read(bench, learner_id, ukprn=10_000_002)).json()["items"] == []
    found = (await read(bench, uuid4(), learner_id)).json()["items"]
    assert [one["learner_id"] for one in found] == [learner_id]


async def test_a_question_has_bounds(bench: Any) -> None:
    assert (await read(bench)).status_code == 422
    assert (await read(bench, *(uuid4() for _ in range(201)))).status_code == 422
    assert (await read(bench, uuid4(), ukprn=7)).status_code == 422


@pytest.mark.parametrize("role", ["training_coordinator", "compliance_officer", "dpo"])
async def test_no_person_reads_whole_records(bench: Any, role: str) -> None:
    learner_id = await keyed_in(bench, 5)
    assert (await read(bench, learner_id, headers=bench.as_role(role))).status_code == 403
