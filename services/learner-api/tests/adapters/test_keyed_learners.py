"""Learners keyed in one by one through the API, on real databases."""

from typing import Any
from uuid import uuid4

from matricula_testkit.ilr.learners import learner


def person(index: int) -> dict[str, Any]:
    return learner(5, index)


def _without(record: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != name}


async def test_a_keyed_learner_is_read_back_exactly(bench: Any) -> None:
    record = person(1)
    created = await bench.key_in(record)
    assert created.status_code == 201, created.text
    assert created.headers["ETag"] == '"v1"'
    read = await bench.client.get(
        created.headers["Location"], headers=bench.as_role("compliance_officer")
    )
    assert read.json()["record"] == record
    assert read.json()["source"] == "keyed_in"
    assert read.json()["accountable_owner"] == "training_coordinator-1"
    assert read.json()["withheld"] == []


async def test_every_faulty_field_is_named_without_its_value(bench: Any) -> None:
    record = person(2) | {"DateOfBirth": "2025-02-30", "Postcode": "THIS IS TOO LONG"}
    record = _without(record, "Ethnicity")
    answer = await bench.key_in(record)
    assert answer.status_code == 422
    pointers = {one["pointer"] for one in answer.json()["errors"]}
    assert pointers == {"/DateOfBirth", "/Postcode", "/Ethnicity"}
    assert "THIS IS TOO LONG" not in answer.text
    assert "2025-02-30" not in answer.text
    assert await bench.rows("SELECT 1 FROM learner") == []


async def test_the_same_key_creates_one_learner_and_answers_the_same(bench: Any) -> None:
    headers = bench.as_role("training_coordinator") | {"Idempotency-Key": str(uuid4())}
    body = {"record": person(3)}
    first = await bench.client.post("/v1/learners", json=body, headers=headers)
    second = await bench.client.post("/v1/learners", json=body, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert len(await bench.rows("SELECT 1 FROM learner")) == 1
    other = await bench.client.post("/v1/learners", json={"record": person(4)}, headers=headers)
    assert other.status_code == 422
    assert other.json()["type"].endswith("idempotency-key-reused")


async def test_a_reference_number_is_unique_within_the_provider(bench: Any) -> None:
    assert (await bench.key_in(person(5))).status_code == 201
    again = await bench.key_in(person(6) | {"LearnRefNumber": person(5)["LearnRefNumber"]})
    assert again.status_code == 409
    assert again.json()["type"].endswith("learner-exists")


async def test_an_amendment_needs_the_present_version(bench: Any) -> None:
    created = await bench.key_in(person(7))
    location, headers = created.headers["Location"], bench.as_role("training_coordinator")
    patch = {"record": {"AddLine1": "2 Synthetic Street"}}
    without = await bench.client.patch(location, json=patch, headers=headers)
    assert without.status_code == 428
    stale = await bench.client.patch(location, json=patch, headers=headers | {"If-Match": '"v9"'})
    assert stale.status_code == 412
    done = await bench.client.patch(location, json=patch, headers=headers | {"If-Match": '"v1"'})
    assert done.status_code == 200
    assert done.headers["ETag"] == '"v2"'


async def test_an_amendment_that_changes_nothing_makes_no_version(bench: Any) -> None:
    record = person(8)
    created = await bench.key_in(record)
    same = await bench.client.patch(
        created.headers["Location"],
        json={"record": {"Postcode": record["Postcode"]}},
        headers=bench.as_role("training_coordinator") | {"If-Match": '"v1"'},
    )
    assert same.json()["version"] == 1


async def test_history_names_the_fields_and_keeps_the_old_values(bench: Any) -> None:
    record = person(9)
    created = await bench.key_in(record)
    location, headers = created.headers["Location"], bench.as_role("training_coordinator")
    await bench.client.patch(
        location,
        json={"record": {"Postcode": "ZZ1 1ZZ"}},
        headers=headers | {"If-Match": '"v1"'},
    )
    history = await bench.client.get(
        location + "/history", headers=bench.as_role("compliance_officer")
    )
    newest, first = history.json()["items"]
    assert newest["changed_fields"] == ["Postcode"]
    assert newest["old_values"] == {"Postcode": record["Postcode"]}
    assert newest["actor"] == "training_coordinator-1"
    assert (first["version"], first["old_values"]) == (1, None)


async def test_old_values_are_kept_from_who_may_not_see_every_class(bench: Any) -> None:
    created = await bench.key_in(person(10))
    location = created.headers["Location"]
    await bench.client.patch(
        location,
        json={"record": {"Postcode": "ZZ1 1ZZ"}},
        headers=bench.as_role("training_coordinator") | {"If-Match": '"v1"'},
    )
    history = await bench.client.get(location + "/history", headers=bench.as_role("manager"))
    assert history.json()["items"][0]["old_values"] is None
    assert history.json()["items"][0]["changed_fields"] == ["Postcode"]


async def test_special_category_fields_are_withheld_from_a_manager(bench: Any) -> None:
    record = person(11) | {
        "Ethnicity": 31,
        "LLDDHealthProb": 1,
        "LLDDandHealthProblem": [{"LLDDCat": 4, "PrimaryLLDD": 1}],
        "LearnerFAM": [
            {"LearnFAMType": "EHC", "LearnFAMCode": 1},
            {"LearnFAMType": "LSR", "LearnFAMCode": 36},
        ],
    }
    created = await bench.key_in(record)
    assert created.status_code == 201, created.text
    read = (
        await bench.client.get(created.headers["Location"], headers=bench.as_role("manager"))
    ).json()
    assert "Ethnicity" not in read["record"]
    assert read["record"]["LearnerFAM"] == [{"LearnFAMType": "LSR", "LearnFAMCode": 36}]
    assert {"Ethnicity", "LLDDHealthProb", "LearnerFAM"} <= set(read["withheld"])
    assert read["record"]["FamilyName"] == record["FamilyName"]


async def test_another_providers_learner_does_not_exist(bench: Any) -> None:
    created = await bench.key_in(person(12))
    foreign = bench.as_role("training_coordinator", ukprn=bench.ukprn + 1)
    location = created.headers["Location"]
    assert (await bench.client.get(location, headers=foreign)).status_code == 404
    assert (await bench.client.get(location + "/history", headers=foreign)).status_code == 404
    amended = await bench.client.patch(
        location, json={"record": {}}, headers=foreign | {"If-Match": '"v1"'}
    )
    assert amended.status_code == 404
    listed = await bench.client.get("/v1/learners", headers=foreign)
    assert listed.json() == {"items": [], "next": None}


async def test_a_search_finds_by_each_identifier_and_by_prefix(bench: Any) -> None:
    record = person(13) | {"FamilyName": "O'Testcase-Smythe", "NINumber": "AB123456C"}
    record["Email"] = "synthetic@example.test"
    assert (await bench.key_in(record)).status_code == 201
    assert (await bench.key_in(person(14))).status_code == 201
    queries: list[dict[str, Any]] = [
        {"ULN": record["ULN"]},
        {"NINumber": "ab123456c"},
        {"Email": "SYNTHETIC@example.test"},
        {"FamilyName": "otestcase smythe"},
        {"FamilyName": "o'te", "is_prefix": True},
        {"FamilyName": "O'Testcase-Smythe", "DateOfBirth": record["DateOfBirth"]},
    ]
    for query in queries:
        answer = await bench.client.post(
            "/v1/learners/search", json=query, headers=bench.as_role("training_coordinator")
        )
        found = [one["record"]["LearnRefNumber"] for one in answer.json()["items"]]
        assert found == [record["LearnRefNumber"]], query


async def test_a_search_for_nothing_in_particular_is_refused(bench: Any) -> None:
    for body in ({}, {"is_prefix": True}, {"DateOfBirth": "2000-01-01"}):
        answer = await bench.client.post(
            "/v1/learners/search", json=body, headers=bench.as_role("training_coordinator")
        )
        assert answer.status_code == 422


async def test_pages_follow_one_another_without_gap_or_repetition(bench: Any) -> None:
    for index in range(20, 27):
        await bench.key_in(person(index))
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await bench.client.get(
            "/v1/learners",
            params={"limit": "3", **cursor},
            headers=bench.as_role("training_coordinator"),
        )
        page = answer.json()
        seen += [one["record"]["LearnRefNumber"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert sorted(seen) == sorted(person(index)["LearnRefNumber"] for index in range(20, 27))


async def test_a_forged_cursor_is_refused(bench: Any) -> None:
    answer = await bench.client.get(
        "/v1/learners",
        params={"cursor": "AAAA"},
        headers=bench.as_role("training_coordinator"),
    )
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("invalid-cursor")


async def test_each_change_and_each_read_leaves_an_event_without_personal_data(
    bench: Any,
) -> None:
    record = person(15)
    created = await bench.key_in(record)
    await bench.client.get(created.headers["Location"], headers=bench.as_role("dpo"))
    rows = await bench.rows("SELECT topic, payload FROM outbox ORDER BY seq")
    assert [row["topic"] for row in rows] == ["learning.learner", "audit.access"]
    for row in rows:
        text = row["payload"].decode()
        for name in ("FamilyName", "GivenNames", "ULN", "Postcode", "DateOfBirth"):
            assert str(record[name]) not in text


async def test_a_role_without_the_permission_is_refused(bench: Any) -> None:
    answer = await bench.client.post(
        "/v1/learners",
        json={"record": person(16)},
        headers=bench.as_role("auditor") | {"Idempotency-Key": str(uuid4())},
    )
    assert answer.status_code == 403
    assert (await bench.client.get("/v1/learners")).status_code == 401
