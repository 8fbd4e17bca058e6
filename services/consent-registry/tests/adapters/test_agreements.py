"""Agreements through the API: register, activate, terminate, list, and what each step publishes."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from matricula_localstack.provision import plain
from matricula_testkit.messaging import until

pytestmark = pytest.mark.postgres
OTHER_PROVIDER = 10_000_002


async def test_a_registered_agreement_is_a_draft_with_everything_that_was_agreed(
    registry: Any,
) -> None:
    answer = await registry.post("/v1/agreements", registry.agreement, sub="officer-1")
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"v1"'
    shown = answer.json()
    assert answer.headers["Location"] == f"/v1/agreements/{shown['agreement_id']}"
    assert shown == registry.agreement | {
        "agreement_id": shown["agreement_id"],
        "ukprn": 10_000_001,
        "state": "draft",
        "is_live": False,
        "version": 1,
        "registered_by": "officer-1",
    }
    assert (await registry.get(answer.headers["Location"])).json() == shown


async def test_repeated_names_are_stored_once(registry: Any) -> None:
    path = await registry.register(data_sets=["ilr", "ilr", "attendance"])
    assert (await registry.get(path)).json()["data_sets"] == ["ilr", "attendance"]


async def test_the_life_of_an_agreement_is_published_without_a_gap(registry: Any) -> None:
    path = await registry.register()
    active = await registry.post(f"{path}/activation")
    assert (active.json()["state"], active.json()["is_live"]) == ("active", True)
    assert active.headers["ETag"] == '"v2"'
    ended = await registry.post(f"{path}/termination", {"reason": "contract_ended"})
    assert (ended.json()["state"], ended.json()["is_live"]) == ("terminated", False)
    assert ended.headers["ETag"] == '"v3"'
    agreement_id = path.rpartition("/")[2]
    events = await registry.events()
    assert [event[:3] for event in events] == [
        ("consent.agreement.registered.v1", agreement_id, 1),
        ("consent.agreement.activated.v1", agreement_id, 2),
        ("consent.agreement.terminated.v1", agreement_id, 3),
    ]
    assert events[2][3]["reason"] == "contract_ended"
    assert {event[3]["audit"]["agreement_id"] for event in events} == {agreement_id}


@pytest.mark.parametrize(
    ("done", "step"),
    [
        ([], "termination"),
        (["activation"], "activation"),
        (["activation", "termination"], "activation"),
        (["activation", "termination"], "termination"),
    ],
)
async def test_a_step_out_of_turn_is_a_conflict_and_changes_nothing(
    registry: Any, done: list[str], step: str
) -> None:
    path = await registry.register()
    body = {"termination": {"reason": "contract_ended"}, "activation": None}
    for each in done:
        assert (await registry.post(f"{path}/{each}", body[each])).status_code == 200
    before, published = (await registry.get(path)).json(), len(await registry.events())
    answer = await registry.post(f"{path}/{step}", body[step])
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("agreement-state-conflict")
    assert (await registry.get(path)).json() == before
    assert len(await registry.events()) == published


async def test_of_two_activations_at_once_one_wins(registry: Any) -> None:
    path = await registry.register()

    holder = await asyncpg.connect(plain(registry.urls.owner))
    watcher = await asyncpg.connect(plain(registry.urls.admin))  # others may not see who waits

    async def both_wait() -> bool:
        count: int = await watcher.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = $1",
            registry.urls.name,
        )
        return count == 2

    try:
        async with holder.transaction():
            await holder.execute("SELECT 1 FROM agreement FOR UPDATE")
            asked = asyncio.gather(*(registry.post(f"{path}/activation") for _ in range(2)))
            await until(both_wait)
        answers = await asked
    finally:
        await holder.close()
        await watcher.close()
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert [event[2] for event in await registry.events()] == [1, 2]


async def test_a_repeated_registration_leads_to_the_first_agreement(registry: Any) -> None:
    key = str(uuid4())
    first = await registry.post("/v1/agreements", registry.agreement, key=key)
    again = await registry.post("/v1/agreements", registry.agreement, key=key)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["Location"] == first.headers["Location"]
    assert len(await registry.rows("SELECT 1 FROM agreement")) == 1
    assert len(await registry.events()) == 1


async def test_a_repeated_activation_and_termination_answer_as_the_first(registry: Any) -> None:
    path = await registry.register()
    for step, body in (("activation", None), ("termination", {"reason": "contract_ended"})):
        key = str(uuid4())
        first = await registry.post(f"{path}/{step}", body, key=key)
        again = await registry.post(f"{path}/{step}", body, key=key)
        assert (again.status_code, again.json()) == (200, first.json())
    assert [event[2] for event in await registry.events()] == [1, 2, 3]


async def test_a_key_belongs_to_one_request(registry: Any) -> None:
    key = str(uuid4())
    await registry.post("/v1/agreements", registry.agreement, key=key)
    other = await registry.post(
        "/v1/agreements", registry.agreement | {"partner_id": "partner-two"}, key=key
    )
    assert other.status_code == 422
    assert other.json()["type"].endswith("idempotency-key-reused")
    assert len(await registry.rows("SELECT 1 FROM agreement")) == 1


async def test_the_same_key_of_another_client_is_another_key(registry: Any) -> None:
    key = str(uuid4())
    first = await registry.post("/v1/agreements", registry.agreement, key=key)
    other = await registry.post("/v1/agreements", registry.agreement, key=key, client_id="desk")
    assert other.status_code == 201
    assert other.json()["agreement_id"] != first.json()["agreement_id"]


@pytest.mark.parametrize(
    ("path", "body"), [("", ...), ("/activation", None), ("/termination", {"reason": "done"})]
)
async def test_every_change_needs_a_key(registry: Any, path: str, body: Any) -> None:
    created = await registry.register()
    target = created + path if path else "/v1/agreements"
    answer = await registry.client.post(
        target,
        json=registry.agreement if body is ... else body,
        headers=registry.as_role("dpo"),
    )
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("idempotency-key-required")


async def test_an_agreement_of_another_provider_does_not_exist(registry: Any) -> None:
    path = await registry.activate()
    other = {"ukprn": OTHER_PROVIDER}
    answers = [
        await registry.get(path, **other),
        await registry.get(f"{path}/uses", **other),
        await registry.post(f"{path}/activation", **other),
        await registry.post(f"{path}/termination", {"reason": "done"}, **other),
    ]
    unknown = await registry.get(f"/v1/agreements/{uuid4()}")
    for answer in answers:
        assert answer.status_code == 404
        assert answer.json()["type"] == unknown.json()["type"]
    assert (await registry.get("/v1/agreements", **other)).json()["items"] == []
    assert (await registry.get(path)).json()["state"] == "active"


async def test_a_caller_without_a_provider_is_refused(registry: Any) -> None:
    path = await registry.register()
    for target in (path, "/v1/agreements", "/v1/lawful-bases"):
        assert (await registry.get(target, ukprn=...)).status_code == 403


async def test_pages_show_every_agreement_once_the_newest_first(registry: Any) -> None:
    made = [(await registry.register()).rpartition("/")[2] for _ in range(5)]
    await registry.post("/v1/agreements", registry.agreement, ukprn=OTHER_PROVIDER)
    seen: list[str] = []
    cursor, sizes = "", []
    while True:
        page = (await registry.get(f"/v1/agreements?limit=2{cursor}")).json()
        seen += [item["agreement_id"] for item in page["items"]]
        sizes.append(len(page["items"]))
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert sizes == [2, 2, 1]
    assert seen == made[::-1]


async def test_a_page_that_ends_exactly_at_the_last_row_has_no_next(registry: Any) -> None:
    for _ in range(2):
        await registry.register()
    page = (await registry.get("/v1/agreements?limit=2")).json()
    assert (len(page["items"]), page["next"]) == (2, None)


async def test_a_cursor_serves_only_its_own_listing(registry: Any) -> None:
    for _ in range(2):
        await registry.register()
    cursor = (await registry.get("/v1/agreements?limit=1")).json()["next"]
    for target in ("/v1/lawful-bases", f"/v1/agreements/{uuid4()}/uses"):
        answer = await registry.get(f"{target}?cursor={cursor}")
        assert answer.status_code in {400, 404}
    assert (await registry.get(f"/v1/lawful-bases?cursor={cursor}")).status_code == 400
    assert (await registry.get("/v1/agreements?cursor=nonsense")).status_code == 400


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many", "1e3"])
async def test_a_page_size_out_of_bounds_is_refused(registry: Any, limit: str) -> None:
    assert (await registry.get(f"/v1/agreements?limit={limit}")).status_code in {400, 422}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("partner_id", ""),
        ("partner_id", "partner one"),
        ("partner_id", "x" * 65),
        ("partner_role", "friend"),
        ("data_sets", []),
        ("data_sets", ["payroll"]),
        ("purposes", []),
        ("purposes", ["marketing"]),
        ("data_classes", []),
        ("data_classes", ["secret"]),
        ("measures", ["Free text"]),
        ("measures", ["a_code"] * 51),
        ("starts_on", "01/01/2026"),
        ("starts_on", "2026-02-30"),
        ("starts_on", None),
        ("starts_on", 0),
        ("starts_on", "0"),
        ("starts_on", "2026-01-01T12:00:00"),
        ("ends_on", "2025-12-31"),
        ("ends_on", "soon"),
        ("review_on", "2026-13-01"),
        ("review_on", 0),
    ],
)
async def test_every_faulty_member_is_refused_by_name(
    registry: Any, member: str, value: object
) -> None:
    answer = await registry.post("/v1/agreements", registry.agreement | {member: value})
    assert answer.status_code == 422, answer.text
    assert {error["pointer"].split("/")[1] for error in answer.json()["errors"]} == {member}
    assert await registry.rows("SELECT 1 FROM agreement") == []


@pytest.mark.parametrize(
    ("member", "value"), [("state", "active"), ("ukprn", 10_000_002), ("registered_by", "me")]
)
async def test_what_the_registry_decides_cannot_be_sent(
    registry: Any, member: str, value: object
) -> None:
    answer = await registry.post("/v1/agreements", registry.agreement | {member: value})
    assert answer.status_code == 422
    assert [error["code"] for error in answer.json()["errors"]] == ["extra-forbidden"]
    assert await registry.rows("SELECT 1 FROM agreement") == []


async def test_a_nul_never_reaches_the_database(registry: Any) -> None:
    answer = await registry.post("/v1/agreements", registry.agreement | {"partner_id": "p\x00"})
    assert answer.status_code in {400, 422}
    assert await registry.rows("SELECT 1 FROM agreement") == []


@pytest.mark.parametrize(
    "member",
    ["partner_id", "partner_role", "data_sets", "purposes", "data_classes", "starts_on"],
)
async def test_every_required_member_is_missed_by_name(registry: Any, member: str) -> None:
    body = {name: value for name, value in registry.agreement.items() if name != member}
    answer = await registry.post("/v1/agreements", body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{member}"]


async def test_an_id_that_is_none_is_refused(registry: Any) -> None:
    for target in ("nonsense", "%00", "9" * 60):
        assert (await registry.get(f"/v1/agreements/{target}")).status_code in {400, 404, 422}


@pytest.mark.parametrize("reason", ["", "Because we wanted to", "x" * 41, None])
async def test_a_reason_is_a_short_code(registry: Any, reason: str | None) -> None:
    path = await registry.activate()
    assert (await registry.post(f"{path}/termination", {"reason": reason})).status_code == 422
    assert (await registry.get(path)).json()["state"] == "active"


async def test_ids_are_ordered_by_time(registry: Any) -> None:
    made = [UUID((await registry.register()).rpartition("/")[2]) for _ in range(3)]
    assert made == sorted(made)
    assert {one.version for one in made} == {7}
