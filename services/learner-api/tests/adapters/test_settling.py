"""What coordinators do with staged records: correct, reject, verify."""

import re
from typing import Any
from uuid import uuid4

from learner_api.application.ports import Refusal
from matricula_testkit.ilr.learners import learner


def person(index: int) -> dict[str, Any]:
    return learner(5, index)


async def _quarantined(bench: Any) -> tuple[str, dict[str, Any]]:
    submission = await bench.push([person(1), person(2) | {"ULN": 1000000001}])
    records = await bench.records(submission["submission_id"], state="quarantined")
    return submission["submission_id"], records[0]


async def test_a_corrected_record_is_checked_again_and_accepted(bench: Any) -> None:
    submission_id, record = await _quarantined(bench)
    path = f"/v1/submissions/{submission_id}/records/{record['record_id']}"
    headers = bench.as_role("training_coordinator")
    stale = await bench.client.patch(
        path, json={"data": {}}, headers=headers | {"If-Match": '"v9"'}
    )
    assert stale.status_code == 412
    corrected = await bench.client.patch(
        path,
        json={"data": {"ULN": person(2)["ULN"]}},
        headers=headers | {"If-Match": f'"v{record["version"]}"'},
    )
    assert corrected.json()["state"] == "accepted", corrected.text
    assert corrected.json()["reasons"] == []
    assert (await bench.submission(submission_id))["counts"]["quarantined"] == 0
    await bench.verify(submission_id)
    assert len(await bench.rows("SELECT 1 FROM learner")) == 2


async def test_a_correction_that_does_not_help_stays_in_quarantine(bench: Any) -> None:
    submission_id, record = await _quarantined(bench)
    corrected = await bench.client.patch(
        f"/v1/submissions/{submission_id}/records/{record['record_id']}",
        json={"data": {"ULN": person(1)["ULN"]}},
        headers=bench.as_role("training_coordinator") | {"If-Match": f'"v{record["version"]}"'},
    )
    assert corrected.json()["state"] == "quarantined"
    assert corrected.json()["reasons"] == ["duplicate_uln"]


async def test_rejecting_one_duplicate_releases_the_other(bench: Any) -> None:
    submission = await bench.push([person(1), person(2) | {"ULN": person(1)["ULN"]}])
    records = await bench.records(submission["submission_id"])
    rejected = await bench.client.post(
        f"/v1/submissions/{submission['submission_id']}/records/{records[1]['record_id']}/rejection",
        json={"reason": "another_person"},
        headers=bench.as_role("training_coordinator") | {"Idempotency-Key": str(uuid4())},
    )
    assert rejected.status_code == 204
    states = [one["state"] for one in await bench.records(submission["submission_id"])]
    assert states == ["accepted", "rejected"]


async def test_only_accepted_records_can_be_verified(bench: Any) -> None:
    submission_id, record = await _quarantined(bench)
    answer = await bench.verify(submission_id, record_ids=[record["record_id"]])
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("record-state-conflict")


async def test_a_sample_needs_its_size_and_nothing_else_has_one(bench: Any) -> None:
    submission = await bench.push([person(1)])
    for body in ({"method": "sample"}, {"method": "document_seen", "sample_size": 3}):
        answer = await bench.verify(submission["submission_id"], **body)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/sample_size"


async def test_verification_notes_method_person_and_time(bench: Any) -> None:
    submission = await bench.push([person(1)])
    await bench.verify(submission["submission_id"], method="sample", sample_size=1)
    record = (await bench.records(submission["submission_id"]))[0]
    assert record["state"] == "live"
    assert record["verification_method"] == "sample"
    assert record["settled_by"] == "training_coordinator-1"
    assert record["settled_at"] is not None


async def test_an_agreement_that_ended_stops_records_from_going_live(bench: Any) -> None:
    submission = await bench.push([person(1)])
    bench.consent.answer = Refusal("no-live-agreement")
    await bench.verify(submission["submission_id"])
    after = await bench.submission(submission["submission_id"])
    assert after["verifications"][0]["state"] == "stopped"
    assert after["verifications"][0]["problem"]["type"].endswith("no-live-agreement")
    assert await bench.rows("SELECT 1 FROM learner") == []


async def test_the_events_of_a_submission_count_without_a_gap(bench: Any) -> None:
    submission_id, record = await _quarantined(bench)
    await bench.client.patch(
        f"/v1/submissions/{submission_id}/records/{record['record_id']}",
        json={"data": {"ULN": person(2)["ULN"]}},
        headers=bench.as_role("training_coordinator") | {"If-Match": f'"v{record["version"]}"'},
    )
    await bench.verify(submission_id)
    rows = await bench.rows(
        "SELECT headers FROM outbox WHERE topic = 'learning.submission' ORDER BY seq"
    )
    found = [re.search(r"ce_sequence\W+(\d+)", str(row["headers"])) for row in rows]
    assert [int(one[1]) for one in found if one] == [1, 2, 3, 4]
