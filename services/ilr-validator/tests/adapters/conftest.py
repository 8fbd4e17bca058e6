"""ilr-validator on a real database and a real folder; its own events are applied without a broker."""

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import orjson
import pytest
import pytest_asyncio

from ilr_validator import bootstrap
from ilr_validator.adapters.storage.scratch import Scratch
from ilr_validator.application.erase_expired import EraseExpired
from ilr_validator.settings import Settings
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Policy
from matricula_chassis.clock import SystemClock
from matricula_chassis.crypto import FileKeyEncryptionKey
from matricula_chassis.http import HealthRegistry
from matricula_chassis.messaging import Consumer
from matricula_chassis.messaging.applier import EventApplier
from matricula_chassis.messaging.envelope import Envelope
from matricula_contracts import policy as policy_contract
from matricula_localstack.provision import DatabaseUrls, plain
from matricula_testkit.ilr.sample import write_sample
from matricula_testkit.messaging import record_of
from matricula_testkit.servers import DatabaseFactory
from matricula_testkit.tokens import OIDC_ISSUER, TokenMint, authenticator, bearer

UKPRN = 10_000_001
DATE_OF_BIRTH = re.compile(rb"<DateOfBirth>[^<]*<")
SEX = re.compile(rb"<Sex>[^<]*<")
REFERENCE = re.compile(rb"<LearnRefNumber>[^<]*<")


def settings_for(urls: DatabaseUrls, folder: Path, **more: Any) -> Settings:
    FileKeyEncryptionKey(folder / "kek.json", create=True)
    values = {
        "database_url": urls.app,
        "database_relay_url": urls.relay,
        "key_file": folder / "kek.json",
        "index_key": "0f" * 32,
        "storage_directory": folder / "files",
        "scratch_directory": folder / "scratch",
        "part_learners": 10,
        "kafka_bootstrap": "127.0.0.1:9",
        "oidc_issuer": OIDC_ISSUER,
        "gateway_jwks_url": "http://127.0.0.1:9/jwks",
        **more,
    }
    return Settings.model_validate(values)


class Bench:
    """The service under test, from the HTTP interface to the disk."""

    def __init__(
        self, made: bootstrap.Parts, workers: tuple[Consumer, Consumer], urls: DatabaseUrls
    ) -> None:
        self.made = made
        self.urls = urls
        self.storage = made.settings.storage_directory
        self.appliers = [EventApplier(one.subscription, clock=made.clock) for one in workers]
        self.mint = TokenMint(SystemClock())
        policy = Policy.from_document(policy_contract.DOCUMENT)
        self.app = bootstrap.make_app(
            HealthRegistry(), authenticator(policy, service="ilr-validator", gateway=self.mint)
        )
        self.app.state.means = bootstrap.means_of(made, policy)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app, raise_app_exceptions=False),
            base_url="http://ilr-validator",
        )
        self.erase = EraseExpired(work=made.work, files=made.vault, clock=made.clock, keep_days=0)
        self.context = ActionContext.system("ilr-validator", str(uuid4()))
        self.applied = 0

    def as_role(self, role: str = "data_quality", **claims: Any) -> dict[str, str]:
        claims = {"ukprn": UKPRN, "sub": f"{role}-1", "client_id": "front-end", **claims}
        return bearer(self.mint.token(audience="ilr-validator", roles=[role], **claims))

    async def send(
        self, path: Path, *, role: str = "data_quality", name: str | None = None, **params: str
    ) -> httpx.Response:
        return await self.client.post(
            "/v1/validations",
            content=_content(path),
            params=params,
            headers=self.as_role(role)
            | {
                "Content-Type": "application/xml",
                "Content-Disposition": f'attachment; filename="{name or path.name}"',
            },
        )

    async def get(self, path: str, role: str = "data_quality", **params: Any) -> httpx.Response:
        return await self.client.get(path, params=params, headers=self.as_role(role))

    async def validation(self, validation_id: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.get(f"/v1/validations/{validation_id}")).json()
        return found

    async def validated(self, path: Path, **more: Any) -> dict[str, Any]:
        """Send a file and work until it has ended."""
        answer = await self.send(path, **more)
        assert answer.status_code == 202, answer.text
        await self.settle()
        return await self.validation(answer.json()["validation_id"])

    async def findings(self, validation_id: str, **params: Any) -> list[dict[str, Any]]:
        """Return all findings, page by page."""
        found: list[dict[str, Any]] = []
        while True:
            page = (await self.get(f"/v1/validations/{validation_id}/findings", **params)).json()
            found += page["items"]
            if page["next"] is None:
                return found
            params["cursor"] = page["next"]

    async def events(self) -> list[Envelope]:
        """Return every event so far, in the order of commits."""
        rows = await self.rows("SELECT topic, headers, payload FROM outbox ORDER BY seq")
        return [
            Envelope.from_record(
                row["topic"],
                [(name, text.encode()) for name, text in _headers(row)],
                row["payload"],
            )
            for row in rows
        ]

    async def settle(self, *, each: int = 1) -> None:
        """Apply the service's own events, each so many times, until there are no more."""
        while waiting := (await self.events())[self.applied :]:
            for number, event in enumerate(waiting, self.applied):
                await self.apply(event, number, times=each)
            self.applied += len(waiting)

    async def apply(self, event: Envelope, number: int = 0, *, times: int = 1) -> None:
        for applier in self.appliers:
            for _ in range(times):
                result = await applier.apply([record_of(event, number)])
                assert result.fault is None, result.fault
                assert not result.burials

    async def rows(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(plain(self.urls.owner))
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()

    async def shards(self, validation_id: str) -> int:
        (row,) = await self.rows(
            "SELECT count(*) FROM shard WHERE validation_id = $1", UUID(validation_id)
        )
        return int(row[0])


def _content(path: Path) -> bytes:
    return path.read_bytes()


def _headers(row: asyncpg.Record) -> list[tuple[str, str]]:
    return list(orjson.loads(row["headers"]).items())


@pytest_asyncio.fixture
async def bench(tmp_path: Path, make_database: DatabaseFactory) -> AsyncIterator[Bench]:
    urls = make_database("ilr_validator")
    async with (
        bootstrap.parts(settings_for(urls, tmp_path), command="test") as made,
        bootstrap.workers_of(made) as workers,
    ):
        one = Bench(made, workers, urls)
        yield one
        await one.client.aclose()
    make_database.drop(urls)
    scratch = Scratch(tmp_path / "scratch", otherwise=tmp_path)
    assert scratch.sweep() == 0, "reports in clear were left behind"


def sample_file(folder: Path, learners: int) -> Path:
    """Write a file of synthetic learners, some of whom break rules, alone and among themselves."""
    (path,) = write_sample(folder, learners=learners, seed=1).paths
    first, *rest = path.read_bytes().split(b"<Learner>")
    for number, one in enumerate(rest):
        changed = one
        if number % 5 == 2:
            changed = DATE_OF_BIRTH.sub(rb"<DateOfBirth>2022-01-02<", changed, count=1)
        if number % 7 == 3:
            changed = SEX.sub(rb"<Sex>Q<", changed, count=1)
        if number == 11:
            (twice,) = REFERENCE.findall(rest[0])
            changed = REFERENCE.sub(twice, changed, count=1)
        rest[number] = changed
    path.write_bytes(b"<Learner>".join([first, *rest]))
    return path


@pytest.fixture
def make_sample(tmp_path: Path) -> Callable[[int], Path]:
    return lambda learners: sample_file(tmp_path / f"sample-{learners}", learners)


@pytest.fixture
def small(make_sample: Callable[[int], Path]) -> Path:
    return make_sample(40)
