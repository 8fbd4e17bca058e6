"""Live checks over HTTP, and what changed learners break, on a real database."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest

from ilr_validator import bootstrap
from ilr_validator.adapters.clients.learner_api import LearnerApiClient
from ilr_validator.application.learner_ports import LearnerRecord
from ilr_validator.packs.calendar import open_years
from matricula_chassis.clock import FixedClock, london_date
from matricula_chassis.errors import Unavailable
from matricula_chassis.messaging.applier import Applied, EventApplier
from matricula_contracts.events import DataRead, LearnerAmended, LearnerFindingsChanged
from matricula_testkit.ilr.learners import learner
from matricula_testkit.messaging import an_envelope, record_of

pytestmark = pytest.mark.postgres
UKPRN = 10_000_001
WINTER = datetime(2026, 3, 2, 12, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 1, 12, tzinfo=UTC)


def record(**changes: Any) -> dict[str, Any]:
    return {**learner(4, 3), **changes}


class Learners:
    """Stands in for learner-api: learners as they stand, or its silence."""

    def __init__(self) -> None:
        self.stored: dict[UUID, LearnerRecord] = {}
        self.is_silent = False

    async def read(
        self, learner_ids: Sequence[UUID], *, ukprn: int, correlation_id: str
    ) -> Mapping[UUID, LearnerRecord]:
        assert ukprn == UKPRN
        assert correlation_id
        if self.is_silent:
            raise Unavailable("unavailable")
        return {one: self.stored[one] for one in learner_ids if one in self.stored}


class Live:
    """The consumer of learners' events over a database, without a broker."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench
        self.learners = Learners()
        self.clock = FixedClock(WINTER)
        made = replace(bench.made, clock=self.clock)
        consumer = bootstrap.learner_consumer(made, self.learners)
        self.applier = EventApplier(consumer.subscription, clock=bench.made.clock)
        self.offset = 0

    def stand(self, learner_id: UUID, version: int, content: Mapping[str, Any]) -> None:
        self.learners.stored[learner_id] = LearnerRecord(learner_id, UKPRN, version, content)

    async def tell(self, learner_id: UUID, version: int) -> Applied:
        """Say that a learner was amended."""
        return await self.applier.apply([self.amended(learner_id, version)])

    def amended(self, learner_id: UUID, version: int) -> Any:
        """Return the record of the event that says so."""
        event = an_envelope(
            str(learner_id),
            version,
            topic=LearnerAmended.TOPIC,
            event_type=LearnerAmended.TYPE,
            data={**LearnerAmended.EXAMPLE, "version": version, "ukprn": UKPRN, "audit": {}},
        )
        self.offset += 1
        return record_of(event, self.offset)

    async def change(self, learner_id: UUID, version: int, content: Mapping[str, Any]) -> None:
        self.stand(learner_id, version, content)
        result = await self.tell(learner_id, version)
        assert result.fault is None, result.fault
        assert not result.burials

    async def findings(self, learner_id: UUID, **params: Any) -> list[dict[str, Any]]:
        path = f"/v1/learners/{learner_id}/findings"
        answer = await self.bench.get(path, "training_coordinator", **params)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def events(self) -> list[Mapping[str, Any]]:
        kind = LearnerFindingsChanged.TYPE
        return [one.data for one in await self.bench.events() if one.type == kind]


@pytest.fixture
def live(bench: Any) -> Live:
    return Live(bench)


BROKEN: Mapping[str, Any] = {"DateOfBirth": "2022-01-02"}


async def checked(bench: Any, role: str = "training_coordinator", **body: Any) -> httpx.Response:
    answer: httpx.Response = await bench.client.post(
        "/v1/learner-checks", json=body, headers=bench.as_role(role)
    )
    return answer


async def test_one_learner_of_a_form_is_checked_and_nothing_is_stored(bench: Any) -> None:
    before = len(await bench.events())
    answer = await checked(bench, record=record(**BROKEN), academic_year="2025-26")
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["academic_year"], said["is_valid"]) == ("2025-26", False)
    assert said["return_name"]
    assert said["stages"] == ["Schema", "business", "field"]
    assert said["not_run"]
    about = [one for one in said["findings"] if "/DateOfBirth" in one["pointers"]]
    assert about
    assert all(one["message"] and one["severity"] in {"E", "W"} for one in about)
    for table in ("learner_check", "learner_finding", "validation", "idempotency_key"):
        assert await bench.rows(f"SELECT 1 FROM {table}") == []  # noqa: S608 - names above
    assert len(await bench.events()) == before


async def test_the_year_and_the_return_are_those_of_today_unless_named(bench: Any) -> None:
    said = (await checked(bench, record=record())).json()
    assert said["academic_year"] >= "2025-26"
    named = await checked(bench, record=record(), academic_year="2025-26", return_name="R06")
    assert (named.json()["academic_year"], named.json()["return_name"]) == ("2025-26", "R06")


async def test_a_wrong_request_is_told_where_without_values(bench: Any) -> None:
    refused: list[tuple[dict[str, Any], str, str]] = [
        ({"record": record(Jane=1)}, "/record", "unknown_field"),
        ({"record": record(LearningDelivery=[4])}, "/record/LearningDelivery/0", "not_an_object"),
        (
            {"record": record(LearningDelivery=learner(4, 3)["LearningDelivery"][:1] * 99)},
            "/record/LearningDelivery/98",
            "too_many",
        ),
    ]
    for body, pointer, code in refused:
        answer = await checked(bench, **body)
        assert answer.status_code == 422, answer.text
        (fault,) = answer.json()["errors"]
        assert (fault["pointer"], fault["code"]) == (pointer, code)
        assert "Jane" not in answer.text
    assert (await checked(bench, record=record(), academic_year="1999-00")).status_code == 404
    assert (await checked(bench, record=record(), academic_year="2020-21")).status_code == 404
    assert (await checked(bench, record=record(), more=1)).status_code == 422
    assert (await checked(bench, record=[])).status_code == 422
    assert (await checked(bench, "auditor", record=record())).status_code == 403


async def test_ninety_eight_aims_are_checked(bench: Any) -> None:
    aims = [
        {**learner(4, 3)["LearningDelivery"][0], "AimSeqNumber": number} for number in range(1, 99)
    ]
    answer = await checked(bench, record=record(LearningDelivery=aims))
    assert answer.status_code == 200
    assert "FD_AimSeqNumber_AR" not in answer.text


async def test_a_corrected_learners_finding_closes(bench: Any, live: Live) -> None:
    learner_id = uuid4()
    await live.change(learner_id, 1, record(**BROKEN))
    opened = await live.findings(learner_id, state="open")
    assert opened
    await live.change(learner_id, 2, record())
    closed = await live.findings(learner_id, state="closed")
    assert closed
    assert {one["finding_id"] for one in closed} <= {one["finding_id"] for one in opened}
    assert all((one["opened_version"], one["closed_version"]) == (1, 2) for one in closed)
    still = {one["rule"] for one in await live.findings(learner_id, state="open")}
    assert still == {one["rule"] for one in opened} - {one["rule"] for one in closed}
    first, second = await live.events()
    assert (first["opened"], first["closed"], first["open"]) == (len(opened), 0, len(opened))
    assert (second["opened"], second["closed"]) == (0, len(closed))
    assert first["learner_id"] == str(learner_id)


async def test_the_same_event_twice_and_an_old_one_late_change_nothing(live: Live) -> None:
    learner_id = uuid4()
    await live.change(learner_id, 2, record(**BROKEN))
    found = await live.findings(learner_id)
    await live.change(learner_id, 2, record())  # what is stored under the same version is the same
    live.stand(learner_id, 2, record(**BROKEN))
    await live.tell(learner_id, 1)
    assert await live.findings(learner_id) == found
    assert len(await live.events()) == 1


async def test_each_open_year_has_findings_of_its_own(bench: Any, live: Live) -> None:
    learner_id = uuid4()
    await live.change(learner_id, 1, record(**BROKEN))
    live.clock.set(AUTUMN)
    await live.change(learner_id, 2, record(**BROKEN, FamilyName="Synthetic"))
    page = (await bench.get(f"/v1/learners/{learner_id}/findings")).json()
    years = open_years(london_date(AUTUMN))
    assert [(one["academic_year"], one["version"]) for one in page["checks"]] == [
        (year, 2) for year in years
    ]
    for year in years:
        found = await live.findings(learner_id, academic_year=year)
        assert found
        assert {one["academic_year"] for one in found} == {year}


async def test_a_change_without_another_finding_is_no_event(live: Live) -> None:
    learner_id = uuid4()
    await live.change(learner_id, 1, record(**BROKEN))
    await live.change(learner_id, 2, record(**BROKEN, FamilyName="Synthetic"))
    assert len(await live.events()) == 1


async def test_an_owner_that_is_silent_is_asked_again(live: Live) -> None:
    learner_id = uuid4()
    live.stand(learner_id, 1, record(**BROKEN))
    live.learners.is_silent = True
    assert isinstance((await live.tell(learner_id, 1)).fault, Unavailable)
    live.learners.is_silent = False
    await live.change(learner_id, 1, record(**BROKEN))
    assert await live.findings(learner_id)


async def test_a_learner_who_cannot_be_judged_holds_up_and_buries_nobody_else(live: Live) -> None:
    before, spoilt, behind = (uuid4() for _ in range(3))
    for one in (before, behind):
        live.stand(one, 1, record(**BROKEN))
    live.stand(spoilt, 1, {**record(), "LearningDelivery": "not aims at all"})
    records = [live.amended(one, 1) for one in (before, spoilt, behind)]
    buried: list[bytes | None] = []
    while records:
        result = await live.applier.apply(records)
        buried += [burial.delivery.record.key for burial in result.burials]
        records = [one for one in records if one.offset >= result.next_offset]
    assert buried == [str(spoilt).encode()]
    assert await live.findings(before)
    assert await live.findings(behind)


async def test_findings_are_paged_and_filtered_and_the_read_is_recorded(
    bench: Any, live: Live
) -> None:
    learner_id = uuid4()
    await live.change(learner_id, 1, record(**BROKEN, Sex="Q", Ethnicity=77, LLDDHealthProb=7))
    path = f"/v1/learners/{learner_id}/findings"
    everything = await live.findings(learner_id)
    assert len(everything) > 1
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await bench.get(path, limit=1, **cursor)).json()
        assert [one["academic_year"] for one in page["checks"]] == ["2025-26"]
        found += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert found == everything
    for name, value in (("severity", "E"), ("academic_year", "2025-26"), ("state", "open")):
        assert await live.findings(learner_id, **{name: value}) == [
            one for one in everything if one[name] == value
        ]
    assert await live.findings(learner_id, academic_year="2019-20") == []
    reads = [one.data for one in await bench.events() if one.type == DataRead.TYPE]
    assert {(one["operation"], one["resource_id"]) for one in reads} == {
        ("list_learner_findings", str(learner_id))
    }
    assert (await bench.get(path, "auditor")).status_code == 403


async def test_the_summary_counts_the_learners_and_their_findings(bench: Any, live: Live) -> None:
    for _ in range(2):
        await live.change(uuid4(), 1, record(**BROKEN))
    await live.change(uuid4(), 1, record())
    (year,) = (await bench.get("/v1/learner-findings", "auditor")).json()["items"]
    assert (year["academic_year"], year["learners"]) == ("2025-26", 3)
    assert year["rules_not_run"]
    assert year["errors"] + year["warnings"] == sum(one["findings"] for one in year["rules"])
    broken = {one["rule"]: (one["findings"], one["learners"]) for one in year["rules"]}
    assert broken["DateOfBirth_25"] == (2, 2)
    headers = bench.as_role("data_quality", ukprn=10_000_002)
    other = await bench.client.get("/v1/learner-findings", headers=headers)
    assert other.json()["items"] == []


async def test_only_the_provider_itself_sees_a_learners_findings(bench: Any, live: Live) -> None:
    learner_id = uuid4()
    await live.change(learner_id, 1, record(**BROKEN))
    headers = bench.as_role("data_quality", ukprn=10_000_002)
    for asked in (learner_id, uuid4()):
        answer = await bench.client.get(f"/v1/learners/{asked}/findings", headers=headers)
        assert answer.status_code == 404
        assert answer.json()["type"] == "/problems/learner-not-checked"


async def test_nothing_of_the_record_is_stored_or_published(bench: Any, live: Live) -> None:
    learner_id = uuid4()
    content = record(**BROKEN, FamilyName="Canaryfamily", Postcode="ZZ9 9QQ")
    await live.change(learner_id, 1, content)
    stored = await bench.rows("SELECT f::text FROM learner_finding f")
    stored += await bench.rows("SELECT c::text FROM learner_check c")
    texts = [row[0] for row in stored] + [one.value().decode() for one in await bench.events()]
    secrets = {"Canaryfamily", "ZZ9 9QQ", "2022-01-02", str(content["ULN"])}
    secrets.add(content["LearnRefNumber"])
    assert texts
    assert not [one for text in texts for one in secrets if one in text]


class Tokens:
    async def token(self, audience: str) -> str:
        return f"token-for-{audience}"


async def _read(answer: httpx.Response | Exception) -> Mapping[UUID, LearnerRecord]:
    def transport(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v1/learner-records"
        assert orjson.loads(request.content) == {"ukprn": UKPRN, "learner_ids": [str(ONE)]}
        assert request.headers["Authorization"] == "Bearer token-for-learner-api"
        assert request.headers["X-Correlation-ID"] == "c-1"
        if isinstance(answer, Exception):
            raise answer
        return answer

    tokens: Any = Tokens()
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(transport), base_url="http://learner-api"
    ) as client:
        return await LearnerApiClient(client, tokens).read([ONE], ukprn=UKPRN, correlation_id="c-1")


ONE = UUID("01976b2e-7c00-7000-8000-000000000001")


async def test_the_client_takes_records_and_leaves_out_what_cannot_be_read() -> None:
    body = {"learner_id": str(ONE), "ukprn": UKPRN, "version": 3, "record": {"ULN": 1}}
    readable = httpx.Response(200, json={"items": [{**body, "is_readable": True}], "next": None})
    assert await _read(readable) == {ONE: LearnerRecord(ONE, UKPRN, 3, {"ULN": 1})}
    erased = httpx.Response(200, json={"items": [{**body, "is_readable": False}], "next": None})
    assert await _read(erased) == {}


@pytest.mark.parametrize(
    "answer", [httpx.ConnectError("nobody there"), httpx.Response(503), httpx.Response(404)]
)
async def test_what_the_client_cannot_have_is_an_outage(answer: httpx.Response | Exception) -> None:
    with pytest.raises(Unavailable):
        await _read(answer)
