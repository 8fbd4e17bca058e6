"""ilr-validator as schemathesis calls it: with one file validated and one that waits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from tests.contract.schemathesis_services import POLICY, Served, served

from ilr_validator import bootstrap
from ilr_validator.settings import Settings
from matricula_chassis.crypto import FileKeyEncryptionKey
from matricula_chassis.messaging.applier import EventApplier
from matricula_contracts.events import ValidationReceived
from matricula_localstack.provision import DatabaseUrls
from matricula_testkit.ilr.sample import write_sample
from matricula_testkit.messaging import an_envelope, record_of
from matricula_testkit.tokens import OIDC_ISSUER, TEST_UKPRN


def serve_ilr_validator(urls: DatabaseUrls, folder: Path) -> Served:
    """Return ilr-validator with a validation that has ended."""
    FileKeyEncryptionKey(folder / "kek.json", create=True)
    settings = Settings.model_validate(
        {
            "database_url": urls.app,
            "key_file": folder / "kek.json",
            "index_key": "0f" * 32,
            "storage_directory": folder / "files",
            "scratch_directory": folder / "scratch",
            "file_limit_bytes": 1_000_000,
            "kafka_bootstrap": "127.0.0.1:9",
            "oidc_issuer": OIDC_ISSUER,
            "gateway_jwks_url": "http://127.0.0.1:9/jwks",
        }
    )

    @asynccontextmanager
    async def opened(one: Served) -> AsyncIterator[None]:
        async with (
            bootstrap.parts(settings, command="contract") as made,
            bootstrap.workers_of(made) as (validations, _shards),
        ):
            one.app.state.means = bootstrap.means_of(made, POLICY)
            applier = EventApplier(validations.subscription, clock=made.clock)
            await _fill(one, applier, folder)
            yield

    return served("ilr-validator", bootstrap.make_app, opened)


async def _fill(one: Served, applier: EventApplier, folder: Path) -> None:
    (path,) = write_sample(folder / "sample", learners=20, seed=1, ukprn=TEST_UKPRN).paths
    async with one.client() as client:
        answer = await client.post(
            "/v1/validations",
            content=_content(path),
            headers=one.headers("create_validation")
            | {
                "Content-Type": "application/xml",
                "Content-Disposition": f'attachment; filename="{path.name}"',
            },
        )
    validation_id = answer.raise_for_status().json()["validation_id"]
    received = an_envelope(
        validation_id,
        topic=ValidationReceived.TOPIC,
        event_type=ValidationReceived.TYPE,
        event_id=uuid4(),
        data={"validation_id": validation_id, "ukprn": TEST_UKPRN, "size": 1},
    )
    await applier.apply([record_of(received, 0)])
    one.known |= {"validation_id": validation_id, "kind": "summary.json", "rule": "Header_2"}


def _content(path: Path) -> bytes:
    return path.read_bytes()
