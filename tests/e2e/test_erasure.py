"""A person's data ends with the person's key: before and after it is plaintext nowhere."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
from tests.e2e.canaries import canary, found_below, found_in, write_file
from tests.e2e.users import Provider, Users

from learner_api.adapters.postgres.key_store import KeyStore
from matricula_chassis.clock import SystemClock
from matricula_chassis.crypto import FileKeyEncryptionKey
from matricula_chassis.db.engine import Database
from matricula_localstack.surroundings import Platform

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(900)]

GONE, STAYS = canary(10), canary(11)


async def test_a_destroyed_key_takes_the_person_with_it(users: Users, tmp_path: Path) -> None:
    provider = await users.provider()
    await users.agree(provider)
    file = write_file(tmp_path, [GONE.record, STAYS.record], ukprn=provider.ukprn)
    checked = await users.push(provider.partner, file)
    await users.verify(provider, checked["submission_id"])
    gone, stays = [await _learner(users, provider, one.record["ULN"]) for one in (GONE, STAYS)]
    assert gone["record"]["FamilyName"] == GONE.record["FamilyName"]
    before = await _in_files(users, gone["record"]["LearnRefNumber"])

    async with _keys(users.own.platform) as keys:
        assert await keys.destroy(UUID(gone["person_id"]))
        assert not await keys.destroy(UUID(gone["person_id"]))

    after = await _in_files(users, gone["record"]["LearnRefNumber"])
    assert (before, after) == ([], [])
    for path in (
        f"/v1/learners/{gone['learner_id']}",
        f"/v1/learners/{gone['learner_id']}/history",
    ):
        shown = orjson.dumps(await users.calls.get(provider.coordinator, path))
        assert found_in(shown, GONE.needles) == []
    again = await users.calls.get(provider.coordinator, f"/v1/learners/{gone['learner_id']}")
    assert again["is_readable"] is False
    other = await users.calls.get(provider.coordinator, f"/v1/learners/{stays['learner_id']}")
    assert other["is_readable"] is True
    assert other["record"]["FamilyName"] == STAYS.record["FamilyName"]


async def _learner(users: Users, provider: Provider, uln: int) -> Any:
    found = await users.calls.post(provider.coordinator, "/v1/learners/search", {"ULN": uln})
    (one,) = found["items"]
    return one


async def _in_files(users: Users, in_the_clear: str) -> list[tuple[str, bytes]]:
    """Search database, write-ahead log, Kafka, uploads, logs and all else the platform wrote.

    `in_the_clear` stands openly in a column: that it is found shows that the search can see.
    """
    connection = await asyncpg.connect(users.own.platform.admin_url, timeout=60)
    try:
        await connection.execute("CHECKPOINT", timeout=120)
    finally:
        await connection.close(timeout=60)
    cluster = users.own.database_folder
    seen = await asyncio.to_thread(found_below, cluster, [in_the_clear.encode()])
    assert any(name.startswith("base" + os.sep) for name, _ in seen)
    assert any(name.startswith("pg_wal" + os.sep) for name, _ in seen)
    hits = await asyncio.to_thread(found_below, cluster, GONE.needles)
    return hits + await asyncio.to_thread(found_below, users.own.root, GONE.needles)


@asynccontextmanager
async def _keys(platform: Platform) -> AsyncIterator[KeyStore]:
    """Open the store of the persons' keys with the service's own role and key file."""
    database = Database.from_url(
        platform.database("learner_api_keys").app, application_name="erasure-test"
    )
    kek = FileKeyEncryptionKey(platform.home.root / "learner-api" / "key-encryption-keys.json")
    try:
        yield KeyStore(database, kek=kek, clock=SystemClock())
    finally:
        await database.dispose()
