"""learner-api on real databases and a real upload folder; consent-registry's answer is settable."""

import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import orjson
import pytest
import pytest_asyncio

from learner_api import bootstrap
from learner_api.adapters.files.submission import open_submission
from learner_api.adapters.http.dependencies import Means
from learner_api.adapters.postgres.key_store import KeyStore
from learner_api.adapters.postgres.person_blocks import SearchIndexes
from learner_api.adapters.postgres.work import LearnerWork
from learner_api.adapters.storage.uploads import UploadStore
from learner_api.application.check_submission import CheckSubmission
from learner_api.application.erase_expired import EraseExpired
from learner_api.application.go_live import GoLive
from learner_api.application.ports import Refusal
from learner_api.application.receive_upload import ReceiveUpload
from learner_api.application.write_learners import LearnerWriter
from learner_api.domain.record_file import Limits
from learner_api.domain.staged import Coverage
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Policy
from matricula_chassis.clock import FixedClock
from matricula_chassis.crypto import FileKeyEncryptionKey
from matricula_chassis.db.engine import Database
from matricula_chassis.errors import Unavailable
from matricula_chassis.http import HealthRegistry
from matricula_chassis.ids import SystemIds
from matricula_contracts import policy as policy_contract
from matricula_localstack.provision import DatabaseUrls, plain
from matricula_testkit.servers import DatabaseFactory
from matricula_testkit.tokens import OIDC_ISSUER, TokenMint, authenticator, bearer

UKPRN = 10_000_001
PARTNER = "partner-one"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
AGREEMENT = "01976b2e-7c00-7000-8000-0000000000c1"
ORDINARY_AND_SPECIAL = frozenset({"ordinary", "special_category"})


@dataclass
class ConsentAnswers:
    """Stands in for consent-registry; `answer` None means that it cannot be reached."""

    answer: Coverage | Refusal | None = field(
        default_factory=lambda: Coverage(AGREEMENT, 1, ORDINARY_AND_SPECIAL, ORDINARY_AND_SPECIAL)
    )
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def coverage(self, **question: Any) -> Coverage | Refusal:
        self.asked.append(question)
        if self.answer is None:
            raise Unavailable("consent-registry-unavailable")
        return self.answer


class Bench:
    """The service under test, from the HTTP interface to the disk."""

    ukprn = UKPRN
    agreement_id = AGREEMENT

    def __init__(
        self,
        folder: Path,
        database: Database,
        keys_database: Database,
        *,
        urls: DatabaseUrls,
        key_urls: DatabaseUrls,
    ) -> None:
        self.folder = folder
        self.urls = urls
        self.key_urls = key_urls
        self.clock = FixedClock(NOON)
        self.ids = SystemIds()
        self.database = database
        kek = FileKeyEncryptionKey(folder / "kek.json", create=True)
        self.keys = KeyStore(keys_database, kek=kek, clock=self.clock)
        self.indexes = SearchIndexes(bytes(range(32)))
        self.uploads = UploadStore(
            folder / "uploads", keys=self.keys, read_records=open_submission, limits=Limits()
        )
        self.consent = ConsentAnswers()
        self.writer = LearnerWriter(clock=self.clock, ids=self.ids, target_working_days=2)
        self.mint = TokenMint(self.clock)
        self.provider = TokenMint(self.clock, issuer=OIDC_ISSUER)
        self.policy = Policy.from_document(policy_contract.DOCUMENT)
        self._make_app()
        self._make_jobs()
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app, raise_app_exceptions=False),
            base_url="http://learner-api",
        )

    def _make_app(self) -> None:
        self.app = bootstrap.make_app(
            HealthRegistry(),
            authenticator(
                self.policy, service="learner-api", gateway=self.mint, provider=self.provider
            ),
        )
        self.app.state.means = Means(
            work=self.work,
            uploads=self.uploads,
            receive=ReceiveUpload(
                work=self.work,
                uploads=self.uploads,
                clock=self.clock,
                ids=self.ids,
                limit_bytes=10_000_000,
            ),
            writer=self.writer,
            indexes=self.indexes,
            policy=self.policy,
            clock=self.clock,
            ids=self.ids,
            cursor_secret=b"c" * 32,
        )

    def _make_jobs(self) -> None:
        self.check = CheckSubmission(
            work=self.work,
            uploads=self.uploads,
            consent=self.consent,
            indexes=self.indexes,
            clock=self.clock,
            ids=self.ids,
        )
        self.go_live = GoLive(
            work=self.work,
            consent=self.consent,
            writer=self.writer,
            clock=self.clock,
            ids=self.ids,
        )
        self.erase = EraseExpired(
            work=self.work,
            uploads=self.uploads,
            clock=self.clock,
            raw_upload_days=7,
            staged_record_days=90,
            rejected_record_days=30,
        )

    def work(self, context: ActionContext) -> LearnerWork:
        return LearnerWork(
            self.database,
            clock=self.clock,
            ids=self.ids,
            context=context,
            keys=self.keys,
            indexes=self.indexes,
        )

    def own_work(self) -> LearnerWork:
        return self.work(ActionContext.system("learner-api", "test"))

    def as_role(self, *roles: str, **claims: Any) -> dict[str, str]:
        claims = {"ukprn": UKPRN, "sub": f"{roles[0]}-1", "client_id": "front-end", **claims}
        return bearer(self.mint.token(audience="learner-api", roles=list(roles), **claims))

    def as_partner(self, name: str = PARTNER, **claims: Any) -> dict[str, str]:
        return self.as_role("partner", sub=name, client_id=name, **claims)

    def as_service(self, client_id: str) -> dict[str, str]:
        """Return the credentials of another service; it belongs to no provider."""
        token = self.provider.service_token(audience="learner-api", client_id=client_id, ukprn=...)
        return bearer(token)

    async def key_in(self, record: dict[str, Any]) -> httpx.Response:
        return await self.client.post(
            "/v1/learners",
            json={"record": record},
            headers=self.as_role("training_coordinator") | {"Idempotency-Key": str(uuid4())},
        )

    async def push(
        self, records: Sequence[dict[str, Any]], *, partner: str = PARTNER, salt: str = ""
    ) -> dict[str, Any]:
        """Send records as one NDJSON file and check it; return the submission as it then is."""
        answer = await self.client.post(
            "/v1/submissions",
            content=ndjson(records, salt=salt),
            headers=self.as_partner(partner) | {"Content-Type": "application/x-ndjson"},
        )
        assert answer.status_code in {200, 202}, answer.text
        submission_id = answer.json()["submission_id"]
        if answer.status_code == 202:
            await self.check(UUID(submission_id), ActionContext.system("learner-api", "test"))
        return await self.submission(submission_id)

    async def submission(self, submission_id: str) -> dict[str, Any]:
        answer = await self.client.get(
            f"/v1/submissions/{submission_id}", headers=self.as_role("training_coordinator")
        )
        found: dict[str, Any] = answer.json()
        return found

    async def records(self, submission_id: str, **filters: str) -> list[dict[str, Any]]:
        answer = await self.client.get(
            f"/v1/submissions/{submission_id}/records",
            params={"limit": "500", **filters},
            headers=self.as_role("training_coordinator"),
        )
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def verify(self, submission_id: str, **body: Any) -> httpx.Response:
        """Ask for a verification and carry it out."""
        answer = await self.client.post(
            f"/v1/submissions/{submission_id}/verification",
            json={"method": "document_seen", **body},
            headers=self.as_role("training_coordinator") | {"Idempotency-Key": str(uuid4())},
        )
        if answer.status_code == 202:
            asked = answer.json()["verifications"][-1]["verification_id"]
            await self.go_live(UUID(asked), ActionContext.system("learner-api", "test"))
        return answer

    @staticmethod
    def ndjson(records: Sequence[dict[str, Any]], *, salt: str = "", ukprn: int = UKPRN) -> bytes:
        return ndjson(records, salt=salt, ukprn=ukprn)

    async def rows(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(plain(self.urls.owner))
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()


def ndjson(records: Sequence[dict[str, Any]], *, salt: str = "", ukprn: int = UKPRN) -> bytes:
    """Return an NDJSON file; `salt` makes two files of the same records differ."""
    head = {
        "Header": {
            "CollectionDetails": {
                "Collection": "ILR",
                "Year": "2526",
                "FilePreparationDate": "2026-03-01",
            },
            "Source": {
                "ProtectiveMarking": "OFFICIAL-SENSITIVE-Personal",
                "UKPRN": ukprn,
                "SoftwareSupplier": f"Synthetic{salt}",
                "SerialNo": "01",
                "DateTime": "2026-03-01T12:00:00",
            },
        },
        "LearningProvider": {"UKPRN": ukprn},
    }
    lines = io.BytesIO()
    for one in (head, *records):
        lines.write(orjson.dumps(one) + b"\n")
    return lines.getvalue()


@pytest.fixture(scope="session")
def databases(make_database: DatabaseFactory) -> tuple[DatabaseUrls, DatabaseUrls]:
    return (
        make_database("learner_api"),
        make_database(
            "learner_api_keys",
            migrations="learner_api.key_migrations",
            service="learner_api_keys",
        ),
    )


async def _empty(urls: DatabaseUrls) -> None:
    connection = await asyncpg.connect(plain(urls.owner))
    try:
        listed = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' "
            "AND tablename <> 'alembic_version'"
        )
        names = ", ".join(f'"{row[0]}"' for row in listed)
        await connection.execute(f"TRUNCATE {names} RESTART IDENTITY")
    finally:
        await connection.close()


@pytest_asyncio.fixture
async def bench(
    tmp_path: Path, databases: tuple[DatabaseUrls, DatabaseUrls]
) -> AsyncIterator[Bench]:
    urls, key_urls = databases
    for each in databases:
        await _empty(each)
    database = Database.from_url(urls.app, application_name="test")
    keys_database = Database.from_url(key_urls.app, application_name="test-keys")
    one = Bench(tmp_path, database, keys_database, urls=urls, key_urls=key_urls)
    try:
        yield one
    finally:
        await one.client.aclose()
        await database.dispose()
        await keys_database.dispose()
