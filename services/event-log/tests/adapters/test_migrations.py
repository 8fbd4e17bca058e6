"""The migrated log is append-only for everybody (what it declares: tests/architecture)."""

import asyncpg
import pytest

from matricula_testkit.servers import DatabaseFactory

pytestmark = pytest.mark.postgres


def plain(url: str) -> str:
    return url.replace("postgresql+asyncpg", "postgresql")


@pytest.mark.parametrize("role", ["app", "owner"])
async def test_neither_the_service_nor_the_owner_can_rewrite_the_log(
    make_database: DatabaseFactory, role: str
) -> None:
    urls = make_database("event_log")
    connection = await asyncpg.connect(plain(getattr(urls, role)))
    await connection.execute(
        "INSERT INTO tile VALUES (0, 0, decode(repeat('ab', 64), 'hex'));"
        "INSERT INTO checkpoint VALUES (1, decode(repeat('ab', 32), 'hex'), 'note', now());"
        "INSERT INTO checkpoint VALUES (2, decode(repeat('ab', 32), 'hex'));"
        "INSERT INTO event SELECT 0, gen_random_uuid(), 't', 't', 's', 's', 1, now(), 'c'"
        ", null, null, null, null, null, null, null, '';"
    )
    for statement in (
        "UPDATE event SET canonical = 'x'",
        "DELETE FROM event",
        "TRUNCATE event",
        "UPDATE arrival SET canonical = 'x'",
        "UPDATE tile SET hashes = decode(repeat('ac', 64), 'hex')",
        "UPDATE tile SET hashes = substr(hashes, 1, 32)",
        "DELETE FROM tile",
        "UPDATE checkpoint SET note = 'other' WHERE size = 1",
        "UPDATE checkpoint SET root = decode(repeat('cd', 32), 'hex') WHERE size = 2",
        "UPDATE checkpoint SET size = 3 WHERE size = 2",
        "DELETE FROM checkpoint",
    ):
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.RestrictViolationError)):
            await connection.execute(statement)
    await connection.execute("UPDATE tile SET hashes = hashes || hashes")
    await connection.execute("UPDATE checkpoint SET note = 'n', signed_at = now() WHERE size = 2")
    await connection.close()
