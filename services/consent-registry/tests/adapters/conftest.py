"""consent-registry on a real database, from the HTTP interface to the rows."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio

from consent_registry import bootstrap
from consent_registry.adapters.http.routes import Means
from consent_registry.adapters.postgres.work import RegistryWork
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Policy
from matricula_chassis.clock import FixedClock
from matricula_chassis.db.engine import Database
from matricula_chassis.http import HealthRegistry
from matricula_chassis.ids import SystemIds
from matricula_contracts import policy as policy_contract
from matricula_localstack.provision import DatabaseUrls, plain
from matricula_testkit.servers import DatabaseFactory
from matricula_testkit.tokens import OIDC_ISSUER, TEST_UKPRN, TokenMint, authenticator, bearer

NOON: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
AGREEMENT: Final = {
    "partner_id": "partner-one",
    "partner_role": "processor",
    "data_sets": ["ilr"],
    "purposes": ["ilr_return"],
    "data_classes": ["ordinary", "special_category"],
    "measures": ["encryption_at_rest"],
    "starts_on": "2026-01-01",
    "ends_on": "2026-07-31",
    "review_on": "2026-06-01",
}
BASIS: Final = {
    "purpose": "ilr_return",
    "data_class": "ordinary",
    "conditions": ["art6_1_e"],
    "starts_on": "2026-01-01",
}
QUESTION: Final = {
    "partner_id": "partner-one",
    "ukprn": TEST_UKPRN,
    "data_set": "ilr",
    "purpose": "ilr_return",
    "at": "2026-03-02T12:00:00Z",
}


class Registry:
    """The service under test."""

    agreement: Final = AGREEMENT
    basis: Final = BASIS
    question: Final = QUESTION

    def __init__(self, database: Database, urls: DatabaseUrls) -> None:
        self.database = database
        self.urls = urls
        self.clock = FixedClock(NOON)
        self.ids = SystemIds()
        self.policy = Policy.from_document(policy_contract.DOCUMENT)
        self.mint = TokenMint(self.clock)
        self.issuer = TokenMint(self.clock, issuer=OIDC_ISSUER)
        guard = authenticator(
            self.policy, service="consent-registry", gateway=self.mint, provider=self.issuer
        )
        self.app = bootstrap.make_app(HealthRegistry(), guard)
        self.app.state.means = Means(
            work=self.work, clock=self.clock, ids=self.ids, cursor_secret=b"c" * 32
        )
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app, raise_app_exceptions=False),
            base_url="http://consent-registry",
        )

    def work(self, context: ActionContext) -> RegistryWork:
        return RegistryWork(self.database, clock=self.clock, ids=self.ids, context=context)

    def as_role(self, *roles: str, **claims: Any) -> dict[str, str]:
        return bearer(self.mint.token(audience="consent-registry", roles=list(roles), **claims))

    def as_service(self, **claims: Any) -> dict[str, str]:
        return bearer(
            self.issuer.service_token(
                audience="consent-registry", client_id="learner-api", **claims
            )
        )

    async def post(
        self, path: str, body: object = None, *, key: str | None = None, **claims: Any
    ) -> httpx.Response:
        """Post as a data protection officer, who may do everything here."""
        return await self.client.post(
            path,
            json=body,
            headers=self.as_role("dpo", **claims) | {"Idempotency-Key": key or str(uuid4())},
        )

    async def get(self, path: str, **claims: Any) -> httpx.Response:
        return await self.client.get(path, headers=self.as_role("dpo", **claims))

    async def register(self, **changes: Any) -> str:
        """Register an agreement; return its path."""
        answer = await self.post("/v1/agreements", AGREEMENT | changes)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    async def activate(self, **changes: Any) -> str:
        """Register and activate an agreement; return its path."""
        path = await self.register(**changes)
        answer = await self.post(f"{path}/activation")
        assert answer.status_code == 200, answer.text
        return path

    async def decide(self, **changes: Any) -> dict[str, Any]:
        answer = await self.client.post(
            "/v1/decisions", json=QUESTION | changes, headers=self.as_service()
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def rows(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(plain(self.urls.owner))
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()

    async def events(self) -> list[tuple[str, str, int, dict[str, Any]]]:
        """Return type, subject, sequence and data of every event of the outbox, in order."""
        rows = await self.rows("SELECT key, headers, payload FROM outbox ORDER BY seq")
        found = []
        for row in rows:
            headers = dict(json.loads(row["headers"]))
            found.append(
                (
                    headers["ce_type"],
                    row["key"],
                    int(headers["ce_sequence"]),
                    json.loads(row["payload"]),
                )
            )
        return found


@pytest.fixture(scope="session")
def urls(make_database: DatabaseFactory) -> DatabaseUrls:
    return make_database("consent_registry")


@pytest_asyncio.fixture
async def registry(urls: DatabaseUrls) -> AsyncIterator[Registry]:
    connection = await asyncpg.connect(plain(urls.owner))
    await connection.execute(
        "TRUNCATE agreement, agreement_use, lawful_basis, outbox, inbox, dead_letter,"
        " idempotency_key RESTART IDENTITY"
    )
    await connection.close()
    database = Database.from_url(urls.app, application_name="test")
    one = Registry(database, urls)
    try:
        yield one
    finally:
        await one.client.aclose()
        await database.dispose()
