"""A coordinator corrects a learner, and the finding that the record had closes by itself."""

from typing import Any

import pytest
from tests.e2e.users import Provider, Users, until

from matricula_testkit.ilr.learners import learner

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(900)]

RULE = "Sex_01"
CHANGED = "ilr.learner.findings_changed.v1"


async def findings(users: Users, provider: Provider, learner_id: str, state: str) -> list[Any]:
    """Return what the learner breaks of the rule, or broke; nothing before it was checked."""
    path = f"/v1/learners/{learner_id}/findings"
    summary = await users.calls.get(provider.coordinator, "/v1/learner-findings")
    if not summary["items"]:
        return []
    found = await users.calls.all_pages(provider.coordinator, path, state=state)
    return [one for one in found if one["rule"] == RULE]


async def test_a_coordinator_corrects_a_learner_and_the_finding_closes(users: Users) -> None:
    provider = await users.provider()
    coordinator = provider.coordinator
    record = learner(21, 4)
    right, wrong = record["Sex"], {**record, "Sex": "Q"}

    asked = {"record": wrong, "academic_year": "2025-26"}
    checked = await users.calls.post(coordinator, "/v1/learner-checks", asked)
    (at_the_form,) = (one for one in checked["findings"] if one["rule"] == RULE)
    assert at_the_form["pointers"] == ["/Sex"]
    assert checked["is_valid"] is False

    keyed = await users.calls.post(coordinator, "/v1/learners", {"record": wrong})
    learner_id = keyed["id"]
    opened = await until(lambda: findings(users, provider, learner_id, "open"), bool)
    assert all(one["pointers"] == ["/Sex"] and one["opened_version"] == 1 for one in opened)

    await users.calls.call(
        coordinator,
        "PATCH",
        f"/v1/learners/{learner_id}",
        json={"record": {"Sex": right}},
        headers={"If-Match": '"v1"'},
    )
    closed = await until(lambda: findings(users, provider, learner_id, "closed"), bool)
    assert {one["finding_id"] for one in closed} == {one["finding_id"] for one in opened}
    assert all(one["closed_version"] == 2 for one in closed)
    assert await findings(users, provider, learner_id, "open") == []

    told = await until(
        lambda: users.calls.all_pages(provider.auditor, "/v1/events", subject=learner_id),
        lambda found: sum(one["type"] == CHANGED for one in found) >= 2 * len(closed),
    )
    assert {one["type"] for one in told} >= {
        CHANGED,
        "learning.learner.recorded.v1",
        "learning.learner.amended.v1",
    }
    assert str(record["ULN"]) not in str(told)
