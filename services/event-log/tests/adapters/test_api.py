"""The auditors' API on a real database: who sees what, stable pages, proofs, exports."""

import asyncio
import io
import zipfile
from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
import pytest_asyncio

from event_log.adapters.files.packs import ZipShelf, pack_extras
from event_log.adapters.files.verify import verify
from event_log.adapters.http.dependencies import Means
from event_log.adapters.postgres.exports import PostgresExportQueue
from event_log.adapters.postgres.sealed_log import PostgresSealedLog
from event_log.application.work_exports import ABANDONED_AFTER, ExportWorker
from event_log.bootstrap import make_app
from event_log.domain.notes import Checkpoint, open_note
from event_log.domain.proofs import root_from_inclusion
from matricula_chassis.auth import Policy
from matricula_chassis.http import HealthRegistry, cursor_key
from matricula_chassis.ids import SystemIds
from matricula_contracts import policy as policy_contract
from matricula_testkit.tokens import TokenMint, authenticator, bearer

pytestmark = pytest.mark.postgres
PROVIDER, OTHER_PROVIDER = 10_000_001, 10_000_002


class Api:
    """The application with a gateway in memory."""

    def __init__(self, log: Any, folder: Path) -> None:
        self.log = log
        self.shelf = ZipShelf(folder / "exports")
        self.gateway = TokenMint(log.clock)
        policy = Policy.from_document(policy_contract.DOCUMENT)
        self.provider = TokenMint(log.clock, issuer="https://issuer.test")
        app = make_app(
            HealthRegistry(),
            authenticator(
                policy, service="event-log", gateway=self.gateway, provider=self.provider
            ),
        )
        app.state.means = Means(
            open_unit=log.open_unit,
            clock=log.clock,
            ids=SystemIds(),
            cursor_key=cursor_key(b"secret", listing="events"),
            pack_path=self.shelf.path_of,
        )
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://event-log.test"
        )

    def worker(self) -> ExportWorker:
        return ExportWorker(
            queue=PostgresExportQueue(self.log.database),
            log=PostgresSealedLog(self.log.database),
            shelf=self.shelf,
            extras=lambda: pack_extras(self.log.signer.verifier().text()),
            clock=self.log.clock,
            keep_for=timedelta(hours=24),
        )

    def as_(self, role: str, **claims: Any) -> dict[str, str]:
        return bearer(self.gateway.token(audience="event-log", roles=[role], **claims))

    async def get(self, path: str, role: str = "auditor", **claims: Any) -> httpx.Response:
        return await self.http.get(path, headers=self.as_(role, **claims))

    async def ids(self, query: str = "", role: str = "auditor", **claims: Any) -> list[str]:
        answer = await self.get(f"/v1/events?limit=500&{query}", role, **claims)
        assert answer.status_code == 200, answer.text
        return [item["event_id"] for item in answer.json()["items"]]


@pytest_asyncio.fixture
async def api(log: Any, tmp_path: Path) -> AsyncIterator[Api]:
    api = Api(log, tmp_path)
    yield api
    await api.http.aclose()


async def seal(log: Any, *events: Any) -> list[str]:
    await log.put_down(events)
    await log.seal()
    return [str(event.id) for event in events]


async def test_every_filter_finds_exactly_its_events(api: Api) -> None:
    make = api.log.make
    plain = make.events(3)
    special = [
        make.event(subject="learner-x"),
        make.event(person="learner-x"),
        make.event(actor="person-9"),
        make.event(client="partner-one"),
        make.event(action="learner:amended", type="learning.learner.amended.v1"),
        make.event(correlation_id="story-1"),
        make.event(purpose="sar"),
        make.event(outcome="denied"),
    ]
    ids = await seal(api.log, *plain, *special)
    by = dict(
        zip(
            ("subject", "person", "actor", "client", "action", "correlation", "purpose", "outcome"),
            ids[3:],
            strict=True,
        )
    )
    assert await api.ids() == ids
    assert await api.ids("subject=learner-x") == [by["subject"], by["person"]]
    assert await api.ids("actor=person-9") == [by["actor"]]
    assert await api.ids("client=partner-one") == [by["client"]]
    assert await api.ids("action=learner:amended") == [by["action"]]
    assert await api.ids("type=learning.learner.amended.v1") == [by["action"]]
    assert await api.ids("correlation_id=story-1") == [by["correlation"]]
    assert await api.ids("purpose=sar") == [by["purpose"]]
    assert await api.ids("outcome=denied") == [by["outcome"]]
    assert await api.ids("outcome=denied&purpose=sar") == []
    start, end = (special[at].time.isoformat().replace("+00:00", "Z") for at in (2, 5))
    assert await api.ids(f"from_time={start}&to_time={end}") == ids[5:8]


async def test_filters_reach_over_many_blocks(api: Api) -> None:
    make = api.log.make
    events = make.events(3000)
    rare = [make.event(action="learner:erased"), *make.events(1500)]
    rare.append(make.event(action="learner:erased"))
    ids = await seal(api.log, *events, *rare)
    assert await api.ids("action=learner:erased") == [ids[3000], ids[-1]]
    late = rare[0].time.isoformat().replace("+00:00", "Z")
    assert await api.ids(f"from_time={late}&limit=1") == ids[3000:3001]


async def test_pages_stay_as_of_one_size_while_the_log_grows(api: Api) -> None:
    ids = await seal(api.log, *api.log.make.events(25))
    seen: list[str] = []
    path = "/v1/events?limit=10&action=learner:recorded"
    mark = ""
    for _ in range(3):
        page = (await api.get(path + mark)).json()
        assert page["as_of"] == 25
        seen += [item["event_id"] for item in page["items"]]
        await seal(api.log, api.log.make.event())
        mark = f"&cursor={page['next']}"
    assert page["next"] is None
    assert seen == ids
    earlier = (await api.get("/v1/events?as_of=7&limit=500")).json()
    assert [item["event_id"] for item in earlier["items"]] == ids[:7]


async def test_a_cursor_of_another_making_and_an_unknown_parameter_are_refused(api: Api) -> None:
    await seal(api.log, *api.log.make.events(3))
    assert (await api.get("/v1/events?cursor=AAAA")).status_code == 400
    for query in (
        "as_of=4",
        "limit=0",
        "limit=501",
        "surprise=1",
        "from_time=yesterday",
        "to_time=0.5",
    ):
        assert (await api.get(f"/v1/events?{query}")).status_code == 422, query


async def test_what_is_not_sealed_is_not_visible(api: Api) -> None:
    await seal(api.log, *api.log.make.events(2))
    waiting = api.log.make.event()
    await api.log.put_down([waiting])
    assert len(await api.ids()) == 2
    assert (await api.get(f"/v1/events/{waiting.id}")).status_code == 404


async def test_what_is_in_the_tree_but_not_signed_is_not_visible(api: Api) -> None:
    await seal(api.log, *api.log.make.events(2))
    event = api.log.make.event()
    await api.log.put_down([event])
    api.log.sign = _never
    await api.log.seal()
    assert len(await api.ids()) == 2
    assert (await api.get(f"/v1/events/{event.id}/proof")).status_code == 404


async def _never() -> None:
    return None


async def test_roles_see_what_the_matrix_gives_them(api: Api) -> None:
    make = api.log.make
    events = [
        make.event(actor="person-1", client="front-end"),
        make.event(actor="person-2", client="front-end"),
        make.event(actor="system", client="partner-one"),
        make.event(subject="person-1", actor="person-2"),
        make.event(ukprn=OTHER_PROVIDER),
    ]
    ids = await seal(api.log, *events)
    whole = ids[:4]
    for role in ("auditor", "dpo", "compliance_manager"):
        assert await api.ids(role=role) == whole
        assert await api.ids(role=role, ukprn=OTHER_PROVIDER) == ids[4:]
    assert await api.ids(role="training_coordinator") == ids[:1]
    assert await api.ids("actor=person-2", role="training_coordinator") == []
    assert await api.ids(role="partner", client_id="partner-one") == ids[2:3]
    assert await api.ids("client=front-end", role="partner", client_id="partner-one") == []
    assert await api.ids(role="learner") == ids[3:4]
    assert await api.ids(role="auditor", ukprn=...) == ids
    refused = await api.get("/v1/events", "dpo", ukprn=...)
    assert refused.status_code == 403


async def test_an_event_of_another_provider_or_person_answers_404(api: Api) -> None:
    (event_id,) = await seal(api.log, api.log.make.event(actor="person-2"))
    path = f"/v1/events/{event_id}"
    assert (await api.get(path)).status_code == 200
    assert (await api.get(path, "auditor", ukprn=OTHER_PROVIDER)).status_code == 404
    assert (await api.get(f"{path}/proof", "auditor", ukprn=OTHER_PROVIDER)).status_code == 404
    assert (await api.get(path, "training_coordinator")).status_code == 404


async def test_an_event_is_given_with_the_exact_text_that_was_sealed(api: Api) -> None:
    event = api.log.make.event(data={"city": "Zürich 😀", "big": 2**53 - 1})
    await seal(api.log, event)
    detail = (await api.get(f"/v1/events/{event.id}")).json()
    assert orjson.loads(detail["canonical"]) == detail["event"]
    assert detail["event"]["data"]["city"] == "Zürich 😀"
    assert detail["event"]["id"] == str(event.id)
    assert len(b64decode(detail["leaf_hash"])) == 32


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 900])
async def test_the_proof_of_an_event_leads_to_the_signed_root(api: Api, size: int) -> None:
    events = api.log.make.events(size)
    await seal(api.log, *events)
    for index in {0, size // 2, size - 1}:
        detail = (await api.get(f"/v1/events/{events[index].id}")).json()
        text = (await api.get(f"/v1/events/{events[index].id}/proof")).text
        head, _, note = text.partition("\n\n")
        first, number, *hashes = head.split("\n")
        assert (first, number) == ("c2sp.org/tlog-proof@v1", f"index {index}")
        checkpoint = Checkpoint.parse(open_note(note, api.log.signer.verifier()))
        root = root_from_inclusion(
            detail["canonical"].encode(),
            index,
            size=checkpoint.size,
            proof=[b64decode(one) for one in hashes],
        )
        assert (root, checkpoint.size) == (checkpoint.root, size)


async def test_the_checkpoint_is_the_newest_signed_note(api: Api) -> None:
    assert (await api.get("/v1/checkpoint")).status_code == 503
    await seal(api.log, *api.log.make.events(5))
    answer = await api.get("/v1/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert Checkpoint.parse(open_note(answer.text, api.log.signer.verifier())).size == 5


async def test_every_read_leaves_an_event_and_a_look_at_the_checkpoint_none(api: Api) -> None:
    (event_id,) = await seal(api.log, api.log.make.event())
    await api.get("/v1/events")
    await api.get(f"/v1/events/{event_id}")
    await api.get(f"/v1/events/{event_id}/proof")
    await api.get("/v1/checkpoint")
    rows = await api.log.as_superuser("SELECT key, headers, payload FROM outbox ORDER BY seq")
    reads = [orjson.loads(row["payload"]) for row in rows if "data.read" in row["headers"]]
    assert [(read["operation"], read["rows"]) for read in reads] == [
        ("search_events", 1),
        ("get_event", 1),
        ("prove_event", 1),
    ]
    assert reads[1]["resource_id"] == event_id
    assert reads[1]["audit"]["actor"]["subject"] == "person-1"


async def test_services_learn_which_events_are_sealed(api: Api) -> None:
    sealed = await seal(api.log, *api.log.make.events(3))
    waiting = api.log.make.event()
    await api.log.put_down([waiting])
    asked = [sealed[2], str(waiting.id), sealed[0], "0190f000-0000-7000-8000-000000000000"]
    token = api.provider.service_token(audience="event-log", client_id="learner-api")
    answer = await api.http.post("/v1/sealed", json={"event_ids": asked}, headers=bearer(token))
    assert answer.json() == {"sealed": [sealed[2], sealed[0]], "size": 3}
    refused = await api.http.post(
        "/v1/sealed", json={"event_ids": asked}, headers=api.as_("auditor")
    )
    assert refused.status_code == 403


async def order(api: Api, key: str, **claims: Any) -> httpx.Response:
    headers = {**api.as_("auditor", **claims), "Idempotency-Key": key}
    return await api.http.post("/v1/exports", headers=headers)


async def test_an_export_is_built_in_the_background_and_verifies(api: Api, tmp_path: Path) -> None:
    await seal(api.log, *api.log.make.events(600))
    ordered = await order(api, "export-key-1")
    assert ordered.status_code == 202
    location = ordered.headers["Location"]
    assert (await order(api, "export-key-1")).json() == ordered.json()
    waiting = (await api.get(location)).json()
    assert (waiting["state"], waiting["size"], waiting["content"]) == ("queued", 600, None)
    assert (await api.get(f"{location}/content")).status_code == 409
    await seal(api.log, *api.log.make.events(5))
    assert await api.worker().work_once() is True
    assert await api.worker().work_once() is False, "one order, one export"
    ready = (await api.get(location)).json()
    assert (ready["state"], ready["events_written"], ready["size"]) == ("ready", 600, 600)
    answer = await api.get(ready["content"])
    assert answer.headers["content-type"] == "application/zip"
    assert len(answer.content) == ready["bytes"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        await asyncio.to_thread(pack.extractall, tmp_path / "unpacked")
    result = verify(tmp_path / "unpacked", api.log.signer.verifier().text())
    assert (result["ok"], result["size"]) == (True, 600)


async def test_an_export_belongs_to_who_asked_for_it(api: Api) -> None:
    await seal(api.log, *api.log.make.events(1))
    location = (await order(api, "export-key-2")).headers["Location"]
    await api.worker().work_once()
    for path in (location, f"{location}/content"):
        assert (await api.get(path, sub="person-2")).status_code == 404
        assert (await api.get(path, ukprn=OTHER_PROVIDER)).status_code == 404
        assert (await api.get(path)).status_code == 200
        assert (await api.get(path, "dpo")).status_code == 403


async def test_an_export_expires_and_its_file_goes(api: Api) -> None:
    await seal(api.log, *api.log.make.events(1))
    location = (await order(api, "export-key-3")).headers["Location"]
    await api.worker().work_once()
    export_id = UUID(location.rpartition("/")[2])
    assert api.shelf.path_of(export_id).is_file()
    api.log.clock.advance(timedelta(hours=24))
    await api.worker().work_once()
    assert not api.shelf.path_of(export_id).exists()
    assert (await api.get(location)).json()["state"] == "expired"
    assert (await api.get(f"{location}/content")).status_code == 404


async def test_an_export_whose_worker_died_is_built_by_another(api: Api) -> None:
    await seal(api.log, *api.log.make.events(10))
    location = (await order(api, "export-key-4")).headers["Location"]
    queue = PostgresExportQueue(api.log.database)
    now = api.log.clock.now()
    assert await queue.claim(now=now, abandoned_before=now - ABANDONED_AFTER) is not None
    assert await api.worker().work_once() is False, "its worker may still be alive"
    api.log.clock.advance(ABANDONED_AFTER + timedelta(seconds=1))
    assert await api.worker().work_once() is True
    assert (await api.get(location)).json()["state"] == "ready"


async def test_an_export_that_cannot_be_built_says_so_and_leaves_no_file(api: Api) -> None:
    await seal(api.log, *api.log.make.events(10))
    location = (await order(api, "export-key-5")).headers["Location"]
    worker = api.worker()
    worker._extras = _no_key
    with pytest.raises(OSError, match="no key"):
        await worker.work_once()
    assert (await api.get(location)).json()["state"] == "failed"
    assert list((api.shelf.path_of(UUID(int=0)).parent).iterdir()) == []


def _no_key() -> dict[str, bytes]:
    raise OSError("no key")
