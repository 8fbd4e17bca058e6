"""Lawful bases and decisions through the API, on the database and in London's days."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

pytestmark = pytest.mark.postgres
OTHER_PROVIDER = 10_000_002
SPECIAL = {
    "data_class": "special_category",
    "conditions": ["art6_1_e", "art9_2_g", "sch1_para6"],
}


async def register(registry: Any, **changes: Any) -> str:
    answer = await registry.post("/v1/lawful-bases", registry.basis | changes)
    assert answer.status_code == 201, answer.text
    location: str = answer.headers["Location"]
    return location


async def test_a_basis_is_registered_shown_and_ended_with_both_days_counting(registry: Any) -> None:
    answer = await registry.post("/v1/lawful-bases", registry.basis | SPECIAL, sub="officer-1")
    shown = answer.json()
    assert shown == registry.basis | SPECIAL | {
        "basis_id": shown["basis_id"],
        "ukprn": 10_000_001,
        "ends_on": None,
        "is_in_force": True,
        "version": 1,
        "registered_by": "officer-1",
    }
    path = answer.headers["Location"]
    ended = await registry.post(f"{path}/end", {"reason": "superseded"})
    assert ended.headers["ETag"] == '"v2"'
    assert (ended.json()["ends_on"], ended.json()["is_in_force"]) == ("2026-03-02", True)
    registry.clock.set(datetime(2026, 3, 3, tzinfo=UTC))
    assert (await registry.get(path)).json()["is_in_force"] is False
    assert [event[:3] for event in await registry.events()] == [
        ("consent.basis.registered.v1", shown["basis_id"], 1),
        ("consent.basis.ended.v1", shown["basis_id"], 2),
    ]


async def test_a_basis_ends_on_the_day_it_is_in_london(registry: Any) -> None:
    path = await register(registry)
    registry.clock.set(datetime(2026, 6, 30, 23, 30, tzinfo=UTC))
    ended = await registry.post(f"{path}/end", {"reason": "superseded"})
    assert ended.json()["ends_on"] == "2026-07-01"


async def test_a_basis_that_has_not_begun_is_withdrawn(registry: Any) -> None:
    await registry.activate()
    path = await register(registry, starts_on="2026-05-01")
    ended = await registry.post(f"{path}/end", {"reason": "mistake"})
    assert ended.json()["ends_on"] == "2026-03-02"
    assert (await registry.get(path)).json()["is_in_force"] is False
    assert (await registry.decide(at="2026-05-01T12:00:00Z"))["lawful_bases"] == []


async def test_a_basis_ends_once(registry: Any) -> None:
    path = await register(registry)
    key = str(uuid4())
    first = await registry.post(f"{path}/end", {"reason": "superseded"}, key=key)
    again = await registry.post(f"{path}/end", {"reason": "superseded"}, key=key)
    assert (again.status_code, again.json()) == (200, first.json())
    other = await registry.post(f"{path}/end", {"reason": "superseded"})
    assert other.status_code == 409
    assert other.json()["type"].endswith("basis-state-conflict")
    assert [event[2] for event in await registry.events()] == [1, 2]


async def test_a_repeated_registration_leads_to_the_first_basis(registry: Any) -> None:
    key = str(uuid4())
    first = await registry.post("/v1/lawful-bases", registry.basis, key=key)
    again = await registry.post("/v1/lawful-bases", registry.basis, key=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(await registry.rows("SELECT 1 FROM lawful_basis")) == 1


async def test_a_basis_of_another_provider_does_not_exist(registry: Any) -> None:
    path = await register(registry)
    assert (await registry.get(path, ukprn=OTHER_PROVIDER)).status_code == 404
    ended = await registry.post(f"{path}/end", {"reason": "done"}, ukprn=OTHER_PROVIDER)
    assert ended.status_code == 404
    assert (await registry.get("/v1/lawful-bases", ukprn=OTHER_PROVIDER)).json()["items"] == []
    assert (await registry.get(path)).json()["ends_on"] is None


async def test_pages_show_every_basis_once_the_newest_first(registry: Any) -> None:
    made = [(await register(registry)).rpartition("/")[2] for _ in range(3)]
    first = (await registry.get("/v1/lawful-bases?limit=2")).json()
    rest = (await registry.get(f"/v1/lawful-bases?limit=2&cursor={first['next']}")).json()
    seen = [item["basis_id"] for page in (first, rest) for item in page["items"]]
    assert seen == made[::-1]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("purpose", "marketing"),
        ("data_class", "secret"),
        ("data_class", "special_category"),
        ("data_class", "criminal_offence"),
        ("conditions", []),
        ("conditions", ["art9_2_g"]),
        ("conditions", ["art6_1_e", "art6_1_z"]),
        ("starts_on", "soon"),
        ("starts_on", 1_767_225_600),
        ("ends_on", "2025-12-31"),
    ],
)
async def test_every_faulty_member_is_refused_by_name(
    registry: Any, member: str, value: object
) -> None:
    answer = await registry.post("/v1/lawful-bases", registry.basis | {member: value})
    assert answer.status_code == 422
    # A class without its conditions is a fault of the conditions.
    blamed = "conditions" if value in ("special_category", "criminal_offence") else member
    named = {error["pointer"].split("/")[1] for error in answer.json()["errors"]}
    assert named == {blamed}
    assert await registry.rows("SELECT 1 FROM lawful_basis") == []


async def test_a_decision_names_agreement_and_bases_and_changes_nothing(registry: Any) -> None:
    path = await registry.activate()
    basis = await register(registry)
    published = len(await registry.events())
    answer = await registry.decide()
    assert answer["allowed"] is True
    assert answer["problem"] is None
    assert answer["agreement"] == {
        "agreement_id": path.rpartition("/")[2],
        "version": 2,
        "data_classes": ["ordinary", "special_category"],
    }
    assert answer["lawful_bases"] == [
        {
            "basis_id": basis.rpartition("/")[2],
            "data_class": "ordinary",
            "conditions": ["art6_1_e"],
        }
    ]
    assert answer["why"]["result"] == "allowed"
    assert len(await registry.events()) == published


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({}, None),
        ({"partner_id": "partner-two"}, "no-live-agreement"),
        ({"ukprn": OTHER_PROVIDER}, "no-live-agreement"),
        ({"data_set": "attendance"}, "agreement-does-not-cover-data-set"),
        ({"purpose": "sar"}, "agreement-does-not-cover-data-set"),
        ({"at": "2025-12-31T23:59:59Z"}, "no-live-agreement"),
        ({"at": "2026-01-01T00:00:00Z"}, None),
        # 31 July ends at 23:00 UTC: London keeps summer time.
        ({"at": "2026-07-31T22:59:59Z"}, None),
        ({"at": "2026-07-31T23:00:00Z"}, "no-live-agreement"),
        ({"at": "2026-08-01T00:30:00+02:00"}, None),
        ({"at": "2026-07-31T20:00:00-03:00"}, "no-live-agreement"),
    ],
)
async def test_who_may_send_what_when(
    registry: Any, asked: dict[str, Any], problem: str | None
) -> None:
    await registry.activate()
    answer = await registry.decide(**asked)
    assert (answer["allowed"], answer["problem"]) == (problem is None, problem)


async def test_a_draft_covers_nothing_and_a_terminated_agreement_nothing_more(
    registry: Any,
) -> None:
    path = await registry.register()
    assert (await registry.decide())["problem"] == "no-live-agreement"
    await registry.post(f"{path}/activation")
    assert (await registry.decide())["allowed"] is True
    await registry.post(f"{path}/termination", {"reason": "breach"})
    for at in ("2026-03-02T12:00:00Z", "2026-02-01T12:00:00Z"):
        assert (await registry.decide(at=at))["problem"] == "no-live-agreement"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("partner_id", "no body"),
        ("ukprn", 9_999_999),
        ("ukprn", 100_000_000),
        ("data_set", "payroll"),
        ("purpose", "marketing"),
        ("at", "2026-03-02T12:00:00"),
        ("at", "yesterday"),
        ("at", 0),
        ("at", "0"),
        ("at", "0001-01-01T00:00:00+14:00"),
        ("at", "9999-12-31T23:59:59-12:00"),
        ("at", "1999-12-31T23:59:59Z"),
        ("at", "2200-01-01T00:00:00Z"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_by_member(
    registry: Any, member: str, value: object
) -> None:
    answer = await registry.client.post(
        "/v1/decisions", json=registry.question | {member: value}, headers=registry.as_service()
    )
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{member}"]
