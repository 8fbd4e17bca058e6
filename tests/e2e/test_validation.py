"""A coordinator has a file checked before it is submitted, and the auditor sees that it was."""

from pathlib import Path

import pytest
from tests.e2e.canaries import write_file
from tests.e2e.users import Users, until
from tests.e2e.validations import validated

from matricula_localstack.demo.platform_client import Refused
from matricula_testkit.ilr.learners import learner

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(900)]
REGISTERED = 10_000_009
"""A provider of the sample reference data that no other test uses."""


async def test_a_coordinator_checks_a_file_and_the_auditor_sees_that_it_was(
    users: Users, tmp_path: Path
) -> None:
    provider = await users.provider(REGISTERED)
    spoilt = learner(31, 3) | {"DateOfBirth": "2022-01-02"}
    records = [spoilt, *(learner(31, number) for number in range(4, 1_304))]
    file = write_file(tmp_path, records, ukprn=provider.ukprn)
    done = await validated(users, provider.coordinator, file)
    assert done["state"] == "finished", done
    assert (done["learners"], done["checked"]) == (1_301, 1_301)
    where = f"/v1/validations/{done['validation_id']}"

    found = await users.calls.all_pages(provider.coordinator, f"{where}/findings", severity="E")
    assert spoilt["LearnRefNumber"] in {one["learn_ref_number"] for one in found}
    mine = await users.calls.post(
        provider.coordinator,
        f"{where}/findings/search",
        {"learn_ref_number": spoilt["LearnRefNumber"]},
    )
    assert mine["items"]
    for kind in done["reports"]:
        await users.calls.download(provider.coordinator, f"{where}/reports/{kind}", tmp_path / kind)
    assert spoilt["LearnRefNumber"].encode() in _content(tmp_path / "violations.csv")

    seen = await users.calls.all_pages(provider.auditor, f"{where}/findings")
    assert len(seen) == done["errors"] + done["warnings"]
    assert not [one for one in seen if one["learn_ref_number"] or one["parameters"]]
    with pytest.raises(Refused) as refused:
        await users.calls.get(provider.auditor, f"{where}/reports/errors.json")
    assert refused.value.status == 403

    again = await validated(users, provider.coordinator, file)
    assert again["validation_id"] == done["validation_id"]
    log = await until(
        lambda: users.calls.all_pages(provider.auditor, "/v1/events"),
        lambda events: "ilr.validation.finished.v1" in {one["type"] for one in events},
    )
    types = [one["type"] for one in log]
    assert types.count("ilr.validation.finished.v1") == 1


def _content(path: Path) -> bytes:
    return path.read_bytes()
