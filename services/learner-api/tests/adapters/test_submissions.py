"""Submissions from push to live learners, on real databases and files."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from learner_api.application.ports import Refusal
from learner_api.domain.staged import Coverage
from matricula_chassis.audit import ActionContext
from matricula_testkit.ilr.learners import learner

TUS = {"Tus-Resumable": "1.0.0"}


def person(index: int) -> dict[str, Any]:
    return learner(5, index)


SYSTEM = ActionContext.system("learner-api", "test")


async def test_clean_records_are_accepted_and_invisible_until_verified(bench: Any) -> None:
    submission = await bench.push([person(1), person(2)])
    assert submission["state"] == "checked"
    assert submission["counts"]["accepted"] == 2
    assert submission["agreement_id"] == bench.agreement_id
    listed = await bench.client.get("/v1/learners", headers=bench.as_role("dpo"))
    assert listed.json()["items"] == []
    await bench.verify(submission["submission_id"])
    listed = await bench.client.get("/v1/learners", headers=bench.as_role("compliance_officer"))
    found = sorted(listed.json()["items"], key=lambda one: one["record"]["LearnRefNumber"])
    wanted = sorted([person(1), person(2)], key=lambda one: str(one["LearnRefNumber"]))
    assert [one["record"] for one in found] == wanted
    assert {one["source"] for one in found} == {"submission"}
    assert {one["agreement_id"] for one in found} == {bench.agreement_id}
    assert {one["accountable_owner"] for one in found} == {"training_coordinator-1"}


async def test_the_same_file_again_leads_to_the_first_submission(bench: Any) -> None:
    first = await bench.push([person(1)])
    again = await bench.client.post(
        "/v1/submissions",
        content=bench.ndjson([person(1)]),
        headers=bench.as_partner() | {"Content-Type": "application/x-ndjson"},
    )
    assert again.status_code == 200
    assert again.json()["submission_id"] == first["submission_id"]
    assert again.json()["is_same_file"] is True
    assert len(await bench.rows("SELECT 1 FROM staged_record")) == 1


async def test_two_requests_with_the_same_bytes_at_once_give_one_submission(bench: Any) -> None:
    async def send() -> str:
        answer = await bench.client.post(
            "/v1/submissions",
            content=bench.ndjson([person(1)]),
            headers=bench.as_partner() | {"Content-Type": "application/x-ndjson"},
        )
        return str(answer.json()["submission_id"])

    assert len(set(await asyncio.gather(*(send() for _ in range(4))))) == 1


async def test_another_partner_may_send_the_same_bytes(bench: Any) -> None:
    first = await bench.push([person(1)])
    second = await bench.push([person(1)], partner="partner-two")
    assert first["submission_id"] != second["submission_id"]


async def test_no_live_agreement_refuses_the_whole_file(bench: Any) -> None:
    bench.consent.answer = Refusal("no-live-agreement")
    refused = await bench.push([person(1)])
    assert refused["state"] == "refused"
    assert refused["problem"]["type"].endswith("no-live-agreement")
    assert refused["problem"]["status"] == 403
    assert await bench.rows("SELECT 1 FROM staged_record") == []


async def test_after_a_refusal_the_same_file_is_processed_anew(bench: Any) -> None:
    answer = bench.consent.answer
    bench.consent.answer = Refusal("no-live-agreement")
    refused = await bench.push([person(1)])
    bench.consent.answer = answer
    again = await bench.push([person(1)])
    assert again["state"] == "checked"
    assert again["submission_id"] != refused["submission_id"]


async def test_an_unreachable_registry_leaves_the_submission_waiting(bench: Any) -> None:
    answer = bench.consent.answer
    bench.consent.answer = None
    waiting = await bench.push([person(1)])
    assert waiting["state"] == "waiting_for_decision"
    bench.consent.answer = answer
    await bench.check(UUID(waiting["submission_id"]), SYSTEM)
    assert (await bench.submission(waiting["submission_id"]))["state"] == "checked"


async def test_the_file_of_another_provider_is_refused(bench: Any) -> None:
    answer = await bench.client.post(
        "/v1/submissions",
        content=bench.ndjson([person(1)], ukprn=bench.ukprn + 1),
        headers=bench.as_partner() | {"Content-Type": "application/x-ndjson"},
    )
    submission_id = answer.json()["submission_id"]
    await bench.check(UUID(submission_id), SYSTEM)
    refused = await bench.submission(submission_id)
    assert refused["problem"]["type"].endswith("ukprn-mismatch")


REASONS: list[tuple[str, list[dict[str, Any]], dict[int, list[str]]]] = [
    (
        "the later of two records with one reference",
        [person(1), person(2), {**person(3), "LearnRefNumber": person(1)["LearnRefNumber"]}],
        {3: ["duplicate_learner"]},
    ),
    (
        "both records with one ULN",
        [person(1), person(2) | {"ULN": person(1)["ULN"]}, person(3)],
        {1: ["duplicate_uln"], 2: ["duplicate_uln"]},
    ),
    (
        "the temporary ULN is never a duplicate",
        [person(1) | {"ULN": 9999999999}, person(2) | {"ULN": 9999999999}],
        {},
    ),
    (
        "one learner twice is a duplicate learner and no duplicate ULN",
        [person(1), person(1)],
        {2: ["duplicate_learner"]},
    ),
    (
        "every reason that applies is listed",
        [
            person(1),
            person(2)
            | {
                "LearnRefNumber": person(1)["LearnRefNumber"],
                "ULN": 1000000001,
                "DateOfBirth": "2025-02-30",
            },
        ],
        {2: ["duplicate_learner", "schema", "uln_check_digit"]},
    ),
]


@pytest.mark.parametrize(("title", "records", "expected"), REASONS, ids=[one[0] for one in REASONS])
async def test_quarantine_reasons_within_a_file(
    bench: Any, title: str, records: list[dict[str, Any]], expected: dict[int, list[str]]
) -> None:
    submission = await bench.push(records)
    found = {
        one["position"]: one["reasons"]
        for one in await bench.records(submission["submission_id"])
        if one["reasons"]
    }
    assert found == expected
    assert submission["counts"]["quarantined"] == len(expected)
    assert submission["counts"]["accepted"] == len(records) - len(expected)


async def test_a_class_that_the_agreement_does_not_cover_is_quarantined(bench: Any) -> None:
    bench.consent.answer = Coverage(
        bench.agreement_id, 1, frozenset({"ordinary"}), frozenset({"ordinary", "special_category"})
    )
    ordinary = person(1) | {"Ethnicity": 99, "LLDDHealthProb": 9}
    for name in ("LLDDandHealthProblem", "LearnerFAM"):
        ordinary.pop(name, None)
    submission = await bench.push([ordinary, person(2) | {"Ethnicity": 31}])
    records = await bench.records(submission["submission_id"])
    assert [one["reasons"] for one in records] == [[], ["not_covered_by_agreement"]]


async def test_a_class_without_a_basis_is_quarantined(bench: Any) -> None:
    bench.consent.answer = Coverage(
        bench.agreement_id, 1, frozenset({"ordinary", "special_category"}), frozenset({"ordinary"})
    )
    submission = await bench.push([person(2) | {"Ethnicity": 31}])
    records = await bench.records(submission["submission_id"])
    assert records[0]["reasons"] == ["no_lawful_basis"]


async def test_the_number_of_another_person_on_record_conflicts(bench: Any) -> None:
    known = person(1)
    first = await bench.push([known])
    await bench.verify(first["submission_id"])
    stranger = {"FamilyName": "Otherperson", "DateOfBirth": "1970-01-01"}
    second = await bench.push(
        [
            person(2) | {"ULN": known["ULN"]} | stranger,
            person(3) | {"LearnRefNumber": known["LearnRefNumber"]} | stranger,
            person(4)
            | {"LearnRefNumber": known["LearnRefNumber"] + "X", "ULN": known["ULN"]}
            | {"FamilyName": known["FamilyName"].upper(), "DateOfBirth": "1970-01-01"},
        ],
        salt="2",
    )
    records = await bench.records(second["submission_id"])
    reasons = [set(one["reasons"]) - {"duplicate_uln"} for one in records]
    assert reasons == [{"conflicts_with_person"}, {"conflicts_with_person"}, set()]


async def test_an_accepted_record_of_an_earlier_file_counts_as_on_record(bench: Any) -> None:
    await bench.push([person(1)])
    bench.clock.advance(timedelta(minutes=1))
    stranger = {"FamilyName": "Otherperson", "DateOfBirth": "1970-01-01"}
    second = await bench.push([person(2) | {"ULN": person(1)["ULN"]} | stranger], salt="2")
    records = await bench.records(second["submission_id"])
    assert records[0]["reasons"] == ["conflicts_with_person"]


async def test_unchanged_records_need_nothing_and_changed_ones_wait(bench: Any) -> None:
    first = await bench.push([person(1), person(2)])
    await bench.verify(first["submission_id"])
    changed = person(2) | {"AddLine1": "9 Synthetic Square"}
    second = await bench.push([person(1), changed], salt="2")
    assert second["counts"]["unchanged"] == 1
    assert second["counts"]["accepted"] == 1
    rows = await bench.rows("SELECT version FROM learner")
    assert {row["version"] for row in rows} == {1}
    await bench.verify(second["submission_id"])
    rows = await bench.rows("SELECT version FROM learner ORDER BY version")
    assert [row["version"] for row in rows] == [1, 2]
    history = await bench.rows("SELECT changed_fields FROM learner_history WHERE version = 2")
    assert history[0]["changed_fields"] == ["AddLine1"]


async def test_absent_learners_are_listed_and_stay(bench: Any) -> None:
    first = await bench.push([person(1), person(2)])
    await bench.verify(first["submission_id"])
    second = await bench.push([person(1)], salt="2")
    missing = await bench.client.get(
        f"/v1/submissions/{second['submission_id']}/missing",
        headers=bench.as_role("training_coordinator"),
    )
    names = [one["learn_ref_number"] for one in missing.json()["items"]]
    assert names == [person(2)["LearnRefNumber"]]
    assert len(await bench.rows("SELECT 1 FROM learner")) == 2


async def test_the_worker_stopped_between_chunks_goes_on_where_it_was(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import learner_api.application.check_submission as module  # noqa: PLC0415

    monkeypatch.setattr(module, "CHUNK_RECORDS", 2)
    original = bench.indexes.digest
    calls = 0

    def failing(canonical: bytes) -> bytes:
        nonlocal calls
        calls += 1
        if calls == 6:
            raise RuntimeError("power cut")
        found: bytes = original(canonical)
        return found

    monkeypatch.setattr(type(bench.indexes), "digest", lambda _self, canonical: failing(canonical))
    answer = await bench.client.post(
        "/v1/submissions",
        content=bench.ndjson([person(index) for index in range(1, 9)]),
        headers=bench.as_partner() | {"Content-Type": "application/x-ndjson"},
    )
    submission_id = answer.json()["submission_id"]
    with pytest.raises(RuntimeError):
        await bench.check(UUID(submission_id), SYSTEM)
    half = await bench.rows("SELECT position FROM staged_record ORDER BY position")
    assert 0 < len(half) < 8
    await bench.check(UUID(submission_id), SYSTEM)
    done = await bench.rows("SELECT position FROM staged_record ORDER BY position")
    assert [row["position"] for row in done] == list(range(1, 9))
    assert (await bench.submission(submission_id))["counts"]["read"] == 8
