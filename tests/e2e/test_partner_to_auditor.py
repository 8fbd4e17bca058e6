"""The job of the platform as its users see it: push, quarantine, verification, records, proof."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.users import Users, until

from matricula_localstack.demo.journey import verify_export
from matricula_localstack.demo.platform_client import Refused
from matricula_testkit.ilr.sample import Sample, write_sample

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(900)]

LEARNERS = 150
SEED = 11


def planted(sample: Sample) -> dict[int, list[str]]:
    notes = json.loads(sample.faults.read_text(encoding="utf-8"))
    return {one["position"]: one["reasons"] for one in notes["expected"]}


def reasons_by_position(outcomes: list[Any]) -> dict[int, list[str]]:
    return {one["position"]: one["reasons"] for one in outcomes if one["outcome"] != "accepted"}


async def test_a_partners_file_reaches_the_auditors_proof(users: Users, tmp_path: Path) -> None:
    provider = await users.provider()
    await users.agree(provider)
    sample = write_sample(
        tmp_path, learners=LEARNERS, seed=SEED, faults="all", ukprn=provider.ukprn
    )
    checked = await users.push(provider.partner, sample.paths[0])
    assert checked["state"] == "checked"
    submission_id = checked["submission_id"]

    outcomes = await users.outcomes(provider.partner, submission_id, tmp_path)
    expected = planted(sample)
    assert len(outcomes) == LEARNERS
    assert reasons_by_position(outcomes) == expected
    assert await users.calls.all_pages(provider.coordinator, "/v1/learners") == []

    live = await users.verify(provider, submission_id)
    assert live["counts"]["live"] == LEARNERS - len(expected)
    learners = await users.calls.all_pages(provider.coordinator, "/v1/learners", limit="100")
    assert {one["record"]["LearnRefNumber"] for one in learners} == {
        one["learn_ref_number"] for one in outcomes if one["outcome"] == "accepted"
    }

    recorded = await until(
        lambda: users.calls.all_pages(
            provider.auditor, "/v1/events", subject=learners[0]["learner_id"]
        ),
        lambda found: any(one["type"] == "learning.learner.recorded.v1" for one in found),
    )
    assert recorded
    result = await users.export(provider.auditor, tmp_path / "log")
    assert result["ok"] is True
    await _an_altered_event_is_named(tmp_path / "log")


async def _an_altered_event_is_named(export: Path) -> None:
    altered = export.with_name("altered")
    shutil.copytree(export, altered)
    lines = (altered / "events.jsonl").read_bytes().splitlines(keepends=True)
    lines[7], lines[8] = lines[8], lines[7]
    (altered / "events.jsonl").write_bytes(b"".join(lines))
    result = await asyncio.to_thread(verify_export, altered)
    assert (result["ok"], result["first_bad_index"]) == (False, 7)


async def test_csv_and_ndjson_of_the_same_content_have_the_same_outcomes(
    users: Users, tmp_path: Path
) -> None:
    found = {}
    for number, kind in enumerate(("xml", "csv", "ndjson")):
        provider = await users.provider()
        await users.agree(provider)
        sample = write_sample(
            tmp_path / kind,
            learners=LEARNERS,
            seed=SEED + 1,
            faults="schema:3,uln_check_digit:2,duplicate_learner:1,dates_inconsistent:2",
            formats=(kind,),
            ukprn=provider.ukprn,
        )
        checked = await users.push(provider.partner, sample.paths[0])
        assert checked["file_format"] == kind, number
        outcomes = await users.outcomes(provider.partner, checked["submission_id"], tmp_path)
        assert reasons_by_position(outcomes) == planted(sample)
        found[kind] = [(o["position"], o["learn_ref_number"], o["reasons"]) for o in outcomes]
    assert found["xml"] == found["csv"] == found["ndjson"]


async def test_a_file_is_refused_whole_without_an_agreement(users: Users, tmp_path: Path) -> None:
    provider = await users.provider()
    await users.agree(provider)
    sample = write_sample(tmp_path, learners=20, seed=SEED + 2, ukprn=provider.ukprn)
    refused = await users.push(provider.stranger, sample.paths[0])
    assert refused["state"] == "refused"
    assert refused["problem"]["type"] == "/problems/no-live-agreement"
    assert refused["counts"]["live"] == refused["counts"]["accepted"] == 0


async def test_the_same_file_again_changes_nothing_and_says_so(
    users: Users, tmp_path: Path
) -> None:
    provider = await users.provider()
    await users.agree(provider)
    sample = write_sample(tmp_path, learners=20, seed=SEED + 3, ukprn=provider.ukprn)
    first = await users.push(provider.partner, sample.paths[0])
    again = (await users.calls.push_whole(provider.partner, sample.paths[0])).json()
    assert again["is_same_file"] is True
    assert again["submission_id"] == first["submission_id"]
    listed = await users.calls.all_pages(provider.partner, "/v1/submissions")
    kept = [one["submission_id"] for one in listed if one["state"] != "discarded"]
    assert kept == [first["submission_id"]]


async def test_another_providers_people_do_not_find_the_submission(
    users: Users, tmp_path: Path
) -> None:
    provider, other = await users.provider(), await users.provider()
    await users.agree(provider)
    sample = write_sample(tmp_path, learners=20, seed=SEED + 4, ukprn=provider.ukprn)
    checked = await users.push(provider.partner, sample.paths[0])
    path = f"/v1/submissions/{checked['submission_id']}"
    for stranger in (other.coordinator, other.partner):
        with pytest.raises(Refused) as refused:
            await users.calls.get(stranger, path)
        assert refused.value.status == 404
