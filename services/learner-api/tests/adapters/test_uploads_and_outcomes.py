"""Uploads and what can be asked of a submission: resuming, outcomes, events, erasure."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from matricula_chassis.audit import ActionContext
from matricula_testkit.ilr.learners import learner

TUS = {"Tus-Resumable": "1.0.0"}
SYSTEM = ActionContext.system("learner-api", "test")


def person(index: int) -> dict[str, Any]:
    return learner(5, index)


async def _quarantined(bench: Any) -> tuple[str, dict[str, Any]]:
    submission = await bench.push([person(1), person(2) | {"ULN": 1000000001}])
    records = await bench.records(submission["submission_id"], state="quarantined")
    return submission["submission_id"], records[0]


async def test_an_upload_is_resumed_at_its_true_offset(bench: Any) -> None:
    content = bench.ndjson([person(1), person(2)])
    opened = await bench.client.post(
        "/v1/uploads",
        headers=bench.as_partner() | TUS | {"Upload-Length": str(len(content))},
    )
    assert opened.status_code == 201
    location = opened.headers["Location"]
    body = {"Content-Type": "application/offset+octet-stream"}
    part = await bench.client.patch(
        location,
        content=content[:100],
        headers=bench.as_partner() | TUS | body | {"Upload-Offset": "0"},
    )
    assert (part.status_code, part.headers["Upload-Offset"]) == (204, "100")
    wrong = await bench.client.patch(
        location,
        content=content[:100],
        headers=bench.as_partner() | TUS | body | {"Upload-Offset": "0"},
    )
    assert wrong.status_code == 409
    asked = await bench.client.head(location, headers=bench.as_partner() | TUS)
    assert asked.headers["Upload-Offset"] == "100"
    last = await bench.client.patch(
        location,
        content=content[100:],
        headers=bench.as_partner() | TUS | body | {"Upload-Offset": "100"},
    )
    assert last.status_code == 202
    submission_id = last.headers["Location"].rsplit("/", 1)[1]
    await bench.check(UUID(submission_id), SYSTEM)
    assert (await bench.submission(submission_id))["counts"]["accepted"] == 2


async def test_more_bytes_than_announced_are_refused(bench: Any) -> None:
    opened = await bench.client.post(
        "/v1/uploads", headers=bench.as_partner() | TUS | {"Upload-Length": "10"}
    )
    answer = await bench.client.patch(
        opened.headers["Location"],
        content=b"x" * 11,
        headers=bench.as_partner()
        | TUS
        | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"},
    )
    assert answer.status_code == 413


async def test_a_file_over_the_limit_is_refused_before_and_while_it_is_sent(bench: Any) -> None:
    announced = await bench.client.post(
        "/v1/uploads", headers=bench.as_partner() | TUS | {"Upload-Length": "99000000000"}
    )
    assert announced.status_code == 413
    assert announced.json()["type"].endswith("file-too-large")


async def test_outcomes_are_streamed_in_file_order(bench: Any) -> None:
    submission_id, _ = await _quarantined(bench)
    answer = await bench.client.get(
        f"/v1/submissions/{submission_id}/outcomes", headers=bench.as_partner()
    )
    outcomes = [json.loads(line) for line in answer.text.splitlines()]
    assert [one["position"] for one in outcomes] == [1, 2]
    assert [one["outcome"] for one in outcomes] == ["accepted", "quarantined"]
    errors = await bench.client.get(
        f"/v1/submissions/{submission_id}/errors", headers=bench.as_partner()
    )
    assert "uln_check_digit,/ULN," in errors.text


async def test_a_partner_sees_only_its_own_submissions(bench: Any) -> None:
    submission = await bench.push([person(1)])
    path = f"/v1/submissions/{submission['submission_id']}"
    other = bench.as_partner("partner-two")
    for suffix in ("", "/outcomes", "/errors", "/events"):
        assert (await bench.client.get(path + suffix, headers=other)).status_code == 404, suffix
    listed = await bench.client.get("/v1/submissions", headers=other)
    assert listed.json()["items"] == []


async def test_progress_is_sent_as_events_until_the_end(bench: Any) -> None:
    submission = await bench.push([person(1)])
    answer = await bench.client.get(
        f"/v1/submissions/{submission['submission_id']}/events", headers=bench.as_partner()
    )
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: end" in answer.text


async def test_uploads_and_records_are_erased_at_the_end_of_their_periods(bench: Any) -> None:
    submission_id, record = await _quarantined(bench)
    await bench.client.post(
        f"/v1/submissions/{submission_id}/records/{record['record_id']}/rejection",
        json={"reason": "not_a_learner"},
        headers=bench.as_role("training_coordinator") | {"Idempotency-Key": str(uuid4())},
    )
    uploads = bench.folder / "uploads"
    assert len(list(uploads.iterdir())) == 1
    bench.clock.advance(timedelta(days=8))
    assert (await bench.erase(SYSTEM))["raw_uploads"] == 1
    assert list(uploads.iterdir()) == []
    bench.clock.advance(timedelta(days=23))
    assert (await bench.erase(SYSTEM))["rejected_records"] == 1
    bench.clock.advance(timedelta(days=60))
    assert (await bench.erase(SYSTEM))["staged_records"] == 1
    assert await bench.rows("SELECT 1 FROM staged_record") == []
    topics = await bench.rows("SELECT headers FROM outbox ORDER BY seq")
    types = [str(row["headers"]) for row in topics]
    assert sum("uploads_erased" in one for one in types) == 3
