"""Who uses the platform in a test: providers with their people and partners, as HTTP clients.

Everything goes through the gateway with tokens of the issuer. Nothing looks inside.
"""

import asyncio
import itertools
import shutil
import time
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import orjson
from tests.e2e.own_stack import OwnStack

from matricula_localstack.demo.journey import CONDITIONS, DATA_CLASSES, verify_export
from matricula_localstack.demo.platform_client import Actor, PlatformClient
from matricula_localstack.issuer.scripted import upsert

ROLES: Final = ("training_coordinator", "compliance_officer", "dpo", "auditor", "mis", "it_ops")
FIRST_UKPRN: Final = 10_100_001
PATIENCE_SECONDS: Final = 180.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Provider:
    """A training provider: one person of each role, a partner, and one without an agreement."""

    ukprn: int
    people: Mapping[str, Actor]
    partner: Actor
    stranger: Actor

    @property
    def coordinator(self) -> Actor:
        """Who looks after the learners."""
        return self.people["training_coordinator"]

    @property
    def auditor(self) -> Actor:
        """Who verifies the log."""
        return self.people["auditor"]


@dataclass(slots=True)
class Users:
    """All of them, and what they do."""

    own: OwnStack
    http: httpx.AsyncClient
    calls: PlatformClient
    ukprns: Iterator[int] = field(default_factory=lambda: itertools.count(FIRST_UKPRN))

    @property
    def issuer(self) -> str:
        """The address of the identity issuer."""
        return self.own.platform.addresses["OIDC_ISSUER"]

    async def provider(self, ukprn: int | None = None) -> Provider:
        """Return a provider that nobody has used before, without agreements.

        `ukprn` names one of the sample reference data, for files that are to be validated.
        """
        ukprn = ukprn or next(self.ukprns)
        partner, stranger = f"partner-{ukprn}", f"stranger-{ukprn}"
        entries = await upsert(
            self.http,
            self.issuer,
            {
                "people": [
                    {"subject": f"{r}-{ukprn}", "label": r, "roles": [r], "ukprn": ukprn}
                    for r in ROLES
                ],
                "clients": [
                    {"client_id": name, "label": name, "roles": ["partner"], "ukprn": ukprn}
                    for name in (partner, stranger)
                ],
            },
        )
        secrets = {one["client_id"]: one["secret"] for one in entries["clients"]}
        return Provider(
            ukprn,
            {role: Actor(f"{role}-{ukprn}") for role in ROLES},
            Actor(partner, secrets[partner]),
            Actor(stranger, secrets[stranger]),
        )

    async def agree(self, provider: Provider) -> None:
        """Register lawful bases, and an agreement with the partner that a second person approves."""
        today = datetime.now(UTC).date()
        dpo, officer = provider.people["dpo"], provider.people["compliance_officer"]
        for data_class in DATA_CLASSES:
            basis = {
                "purpose": "ilr_return",
                "data_class": data_class,
                "conditions": CONDITIONS[data_class],
                "starts_on": str(today - timedelta(days=1)),
            }
            await self.calls.post(dpo, "/v1/lawful-bases", basis)
        agreement = {
            "partner_id": provider.partner.name,
            "partner_role": "controller",
            "data_sets": ["ilr"],
            "purposes": ["ilr_return"],
            "data_classes": list(DATA_CLASSES),
            "measures": ["encrypted_in_transit", "encrypted_at_rest"],
            "starts_on": str(today - timedelta(days=1)),
            "ends_on": str(today + timedelta(days=365)),
            "review_on": str(today + timedelta(days=180)),
        }
        made = await self.calls.post(officer, "/v1/agreements", agreement)
        await self.calls.post(dpo, f"/v1/agreements/{made['agreement_id']}/activation", {})

    async def settled(self, actor: Actor, submission_id: str) -> Any:
        """Return a submission once the platform does nothing more for it by itself."""
        return await until(
            lambda: self.calls.get(actor, f"/v1/submissions/{submission_id}"),
            lambda found: (
                found["state"] in {"checked", "refused"}
                and all(one["state"] != "open" for one in found["verifications"])
            ),
        )

    async def push(self, actor: Actor, file: Path) -> Any:
        """Send a file in one request and return its submission once it is settled."""
        pushed = (await self.calls.push_whole(actor, file)).json()
        return await self.settled(actor, pushed["submission_id"])

    async def outcomes(self, actor: Actor, submission_id: str, folder: Path) -> list[Any]:
        """Return the outcome of every record in file order."""
        path = folder / f"{submission_id}.ndjson"
        await self.calls.download(actor, f"/v1/submissions/{submission_id}/outcomes", path)
        return [orjson.loads(line) for line in path.read_bytes().splitlines()]

    async def verify(self, provider: Provider, submission_id: str) -> Any:
        """Say as the coordinator that every accepted record is right; return the submission."""
        await self.calls.post(
            provider.coordinator,
            f"/v1/submissions/{submission_id}/verification",
            {"method": "sample", "sample_size": 5},
        )
        return await self.settled(provider.coordinator, submission_id)

    async def export(self, auditor: Actor, folder: Path) -> Any:
        """Export the log into `folder` as an auditor; return what the offline verifier says."""
        ordered = await self.calls.post(auditor, "/v1/exports", {})
        state = await until(
            lambda: self.calls.get(auditor, f"/v1/exports/{ordered['export_id']}"),
            lambda found: found["state"] in {"ready", "failed"},
        )
        archive = folder.with_suffix(".zip")
        await self.calls.download(auditor, state["content"], archive)
        shutil.rmtree(folder, ignore_errors=True)
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
        return await asyncio.to_thread(verify_export, folder)


@asynccontextmanager
async def users_of(own: OwnStack) -> AsyncIterator[Users]:
    """Open the connections of the users of a platform."""
    async with httpx.AsyncClient(timeout=httpx.Timeout(60.0), trust_env=False) as http:
        issuer = own.platform.addresses["OIDC_ISSUER"]
        yield Users(own, http, PlatformClient(http, gateway=own.gateway, issuer=issuer))


async def until(
    ask: Callable[[], Awaitable[T]],
    is_so: Callable[[T], bool],
    *,
    seconds: float = PATIENCE_SECONDS,
    every: float = 0.2,
) -> T:
    """Ask again and again until the answer is as wanted; TimeoutError when it never is."""
    deadline = time.monotonic() + seconds
    while not is_so(found := await ask()):
        if time.monotonic() > deadline:
            raise TimeoutError("what was waited for did not happen")
        await asyncio.sleep(every)
    return found
