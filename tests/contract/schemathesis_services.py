"""The services as schemathesis calls them: in process, on real databases, with data in them.

Each opens its databases in the ASGI lifespan, so they belong to the event loop that serves.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import orjson
from fastapi import FastAPI

from consent_registry import bootstrap as consent_registry
from consent_registry.adapters.http.routes import Means as ConsentMeans
from event_log import bootstrap as event_log
from event_log.adapters.events.handlers import put_down
from event_log.adapters.files.high_water import HighWaterFile
from event_log.adapters.files.packs import ZipShelf
from event_log.adapters.http.dependencies import Means
from event_log.adapters.postgres.sealing import sealing_connection
from event_log.application.seal_batch import seal_batch
from event_log.application.sign_checkpoints import sign_checkpoints
from event_log.domain.notes import SignerKey
from learner_api import bootstrap as learner_api
from learner_api.application.check_submission import CheckSubmission
from learner_api.domain.staged import Coverage
from learner_api.settings import Settings as LearnerSettings
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Policy
from matricula_chassis.clock import SystemClock
from matricula_chassis.crypto import FileKeyEncryptionKey
from matricula_chassis.db.engine import Database
from matricula_chassis.http import HealthRegistry, cursor_key
from matricula_chassis.ids import SystemIds
from matricula_contracts import policy as policy_contract
from matricula_localstack.provision import DatabaseUrls
from matricula_testkit.ilr.learners import learner
from matricula_testkit.messaging import an_envelope
from matricula_testkit.tokens import OIDC_ISSUER, TEST_UKPRN, TokenMint, authenticator, bearer

POLICY: Final = Policy.from_document(policy_contract.DOCUMENT)
_AGREEMENT: Final = "01976b2e-7c00-7000-8000-0000000000c1"
_CLASSES: Final = frozenset({"ordinary", "special_category"})
Message = MutableMapping[str, Any]
Opened = Callable[["Served"], AbstractAsyncContextManager[None]]


@dataclass
class Served:
    """One service under test. `known` are ids that exist, by the name of the path parameter."""

    name: str
    app: FastAPI
    gateway: TokenMint
    issuer: TokenMint
    open: Opened
    known: dict[str, str] = field(default_factory=dict)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Serve as ASGI application, with a lifespan that opens and closes what it stands on."""
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return
        await receive()
        async with self.open(self):
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    def headers(self, operation: str, *, role: str | None = None) -> dict[str, str]:
        """Return a good token of a role that may call the operation, as a request field."""
        wanted = POLICY.operation(operation)
        if wanted.internal:
            return bearer(self.issuer.service_token(audience=self.name, client_id="learner-api"))
        role = role or min(wanted.roles)
        client = "partner-one" if role == "partner" else "front-end"
        return bearer(
            self.gateway.token(
                audience=self.name, roles=[role], client_id=client, acr="mfa", purpose="ilr_return"
            )
        )

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """Open a client of the application, to put data in."""
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app), base_url="http://service.test"
        ) as client:
            yield client


def served(name: str, make_app: Callable[..., FastAPI], open_service: Opened) -> Served:
    clock = SystemClock()
    gateway, issuer = TokenMint(clock), TokenMint(clock, issuer=OIDC_ISSUER)
    guard = authenticator(POLICY, service=name, gateway=gateway, provider=issuer)
    return Served(name, make_app(HealthRegistry(), guard), gateway, issuer, open_service)


def serve_consent_registry(urls: DatabaseUrls) -> Served:
    """Return consent-registry with one draft and one basis."""

    @asynccontextmanager
    async def opened(served: Served) -> AsyncIterator[None]:
        database = Database.from_url(urls.app, application_name="contract")
        served.app.state.means = ConsentMeans(
            work=consent_registry.work_maker(database),
            clock=SystemClock(),
            ids=SystemIds(),
            cursor_secret=b"c" * 32,
        )
        try:
            await _fill_consent_registry(served)
            yield
        finally:
            await database.dispose()

    return served("consent-registry", consent_registry.make_app, opened)


async def _fill_consent_registry(served: Served) -> None:
    agreement = {
        "partner_id": "partner-one",
        "partner_role": "processor",
        "data_sets": ["ilr"],
        "purposes": ["ilr_return"],
        "data_classes": ["ordinary"],
        "starts_on": "2025-08-01",
    }
    basis = {
        "purpose": "ilr_return",
        "data_class": "ordinary",
        "conditions": ["art6_1_e"],
        "starts_on": "2025-08-01",
    }
    async with served.client() as client:
        for operation, path, body, found in (
            ("register_agreement", "/v1/agreements", agreement, "agreement_id"),
            ("register_lawful_basis", "/v1/lawful-bases", basis, "basis_id"),
        ):
            answer = await client.post(
                path,
                json=body,
                headers=served.headers(operation) | {"Idempotency-Key": str(uuid4())},
            )
            served.known[found] = answer.raise_for_status().json()[found]


class _Consent:
    """Stands in for consent-registry: everything is covered."""

    async def coverage(self, **_question: object) -> Coverage:
        return Coverage(_AGREEMENT, 1, _CLASSES, _CLASSES)


def serve_learner_api(urls: DatabaseUrls, key_urls: DatabaseUrls, folder: Path) -> Served:
    """Return learner-api with a live learner and a submission that was checked."""
    FileKeyEncryptionKey(folder / "kek.json", create=True)
    settings = LearnerSettings.model_validate(
        {
            "database_url": urls.app,
            "keys_database_url": key_urls.app,
            "key_file": folder / "kek.json",
            "index_key": "0f" * 32,
            "upload_directory": folder / "uploads",
            "upload_limit_bytes": 1_000_000,
            "kafka_bootstrap": "127.0.0.1:9",
            "oidc_issuer": OIDC_ISSUER,
            "gateway_jwks_url": "http://127.0.0.1:9/jwks",
        }
    )

    @asynccontextmanager
    async def opened(served: Served) -> AsyncIterator[None]:
        async with learner_api.parts(settings, command="contract") as made:
            served.app.state.means = learner_api.means_of(made, POLICY)
            await _fill_learner_api(served, made)
            yield

    return served("learner-api", learner_api.make_app, opened)


async def _fill_learner_api(served: Served, made: Any) -> None:
    check = CheckSubmission(
        work=made.work,
        uploads=made.uploads,
        consent=_Consent(),
        indexes=made.indexes,
        clock=made.clock,
        ids=made.ids,
    )
    async with served.client() as client:
        answer = await client.post(
            "/v1/learners",
            json={"record": learner(7, 1)},
            headers=served.headers("create_learner") | {"Idempotency-Key": str(uuid4())},
        )
        served.known["learner_id"] = answer.raise_for_status().json()["id"]
        answer = await client.post(
            "/v1/submissions",
            content=_a_file([learner(7, 2), learner(7, 3) | {"DateOfBirth": "never"}]),
            headers=served.headers("create_submission") | {"Content-Type": "application/x-ndjson"},
        )
        submission = answer.raise_for_status().json()["submission_id"]
        await check(UUID(submission), ActionContext.system("learner-api", str(uuid4())))
        answer = await client.get(
            f"/v1/submissions/{submission}/records",
            headers=served.headers("list_submission_records"),
            params={"state": "quarantined"},
        )
        served.known["submission_id"] = submission
        upload = await client.post(
            "/v1/uploads",
            headers=served.headers("create_upload")
            | {"Tus-Resumable": "1.0.0", "Upload-Length": "1000"},
        )
        served.known["upload_id"] = upload.raise_for_status().headers["Location"].split("/")[-1]
        served.known["record_id"] = answer.raise_for_status().json()["items"][0]["record_id"]


def _a_file(records: list[Mapping[str, Any]]) -> bytes:
    head = {
        "Header": {
            "CollectionDetails": {
                "Collection": "ILR",
                "Year": "2526",
                "FilePreparationDate": "2026-03-01",
            },
            "Source": {
                "ProtectiveMarking": "OFFICIAL-SENSITIVE-Personal",
                "UKPRN": TEST_UKPRN,
                "SoftwareSupplier": "Synthetic",
                "SerialNo": "01",
                "DateTime": "2026-03-01T12:00:00",
            },
        },
        "LearningProvider": {"UKPRN": TEST_UKPRN},
    }
    return b"".join(orjson.dumps(one) + b"\n" for one in (head, *records))


def serve_event_log(urls: DatabaseUrls, folder: Path) -> Served:
    """Return event-log with ten sealed events under a signed checkpoint."""

    @asynccontextmanager
    async def opened(served: Served) -> AsyncIterator[None]:
        clock, ids = SystemClock(), SystemIds()
        database = Database.from_url(urls.app, application_name="contract")
        open_unit = event_log.unit_opener(database, clock=clock, ids=ids)
        shelf = ZipShelf(folder / "exports")
        served.app.state.means = Means(
            open_unit=open_unit,
            clock=clock,
            ids=ids,
            cursor_key=cursor_key(b"c" * 32, listing="events"),
            pack_path=shelf.path_of,
        )
        try:
            await _fill_event_log(served, urls, open_unit, folder)
            yield
        finally:
            await database.dispose()

    return served("event-log", event_log.make_app, opened)


async def _fill_event_log(
    served: Served, urls: DatabaseUrls, open_unit: event_log.OpenUnit, folder: Path
) -> None:
    clock = SystemClock()
    audit = {
        "actor": {"subject": "person-1", "client_id": "front-end", "ukprn": TEST_UKPRN},
        "action": "learner:recorded",
        "outcome": "done",
        "resource_type": "learner",
        "resource_id": "learner-1",
        "ukprn": TEST_UKPRN,
    }
    events = [an_envelope("a", number + 1, data={"audit": audit}) for number in range(10)]
    context = ActionContext.system("event-log", str(uuid4()))
    async with open_unit(context) as unit:
        await put_down(clock)(unit, events)
    signer = SignerKey.generate("example.test/log")
    high_water = HighWaterFile(folder / "log.last", key=signer.verifier())
    async with sealing_connection(urls.app) as store:
        await store.take_lock()
        tree = await store.load_tree()
        while await seal_batch(store, tree, limit=100, after=0):
            pass
    await sign_checkpoints(
        open_unit(context), signer=signer, high_water=high_water, now=clock.now()
    )
    served.known["event_id"] = str(events[0].id)
    async with served.client() as client:
        answer = await client.post(
            "/v1/exports",
            headers=served.headers("create_export") | {"Idempotency-Key": str(uuid4())},
        )
        served.known["export_id"] = answer.raise_for_status().json()["export_id"]
