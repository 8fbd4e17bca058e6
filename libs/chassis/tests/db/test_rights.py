"""What the roles of a service may do to the chassis tables, tried on a real server."""

import asyncpg
import pytest

from matricula_chassis.db import ddl
from matricula_localstack.provision import DatabaseUrls

pytestmark = pytest.mark.postgres

OUTBOX_ROW = """
    INSERT INTO outbox (event_id, topic, key, bucket, payload, headers, created_at)
    VALUES ('01937f5e-0000-7000-8000-000000000001', 't', 'k', 0, '', '{}', now())
"""


async def connect(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(url.replace("+asyncpg", ""))


async def outcome(url: str, statement: str) -> str:
    connection = await connect(url)
    try:
        await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return "refused"
    finally:
        await connection.close()
    return "allowed"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (OUTBOX_ROW, "allowed"),
        ("SELECT 1 FROM outbox", "refused"),
        ("UPDATE outbox SET published_at = now()", "refused"),
        ("DELETE FROM outbox", "refused"),
        ("TRUNCATE outbox", "refused"),
        ("TRUNCATE inbox", "refused"),
        ("TRUNCATE dead_letter", "refused"),
        ("DROP TABLE outbox", "refused"),
        ("ALTER TABLE outbox DISABLE TRIGGER ALL", "refused"),
        ("DELETE FROM alembic_version", "refused"),
        ("SELECT 1 FROM alembic_version", "allowed"),
        ("CREATE TABLE sneaky (id int)", "refused"),
        ("INSERT INTO aggregate VALUES ('a', 1)", "allowed"),
        ("DELETE FROM aggregate", "allowed"),
        ("DELETE FROM dead_letter", "allowed"),
    ],
)
async def test_the_application_role_may(urls: DatabaseUrls, statement: str, expected: str) -> None:
    assert await outcome(urls.app, statement) == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT 1 FROM outbox", "allowed"),
        ("UPDATE outbox SET published_at = now()", "allowed"),
        ("DELETE FROM outbox", "allowed"),
        (OUTBOX_ROW, "refused"),
        ("TRUNCATE outbox", "refused"),
        ("SELECT 1 FROM inbox", "refused"),
        ("SELECT 1 FROM aggregate", "refused"),
        ("SELECT 1 FROM idempotency_key", "refused"),
        ("DELETE FROM dead_letter", "refused"),
    ],
)
async def test_the_relay_role_may(urls: DatabaseUrls, statement: str, expected: str) -> None:
    assert await outcome(urls.relay, statement) == expected


async def test_bulk_copy_into_the_outbox_needs_no_right_to_read_it(urls: DatabaseUrls) -> None:
    connection = await connect(urls.app)
    row = ("01937f5e-0000-7000-8000-000000000001", "t", "k", 0, b"", "{}")
    columns = ("event_id", "topic", "key", "bucket", "payload", "headers")
    with pytest.raises(asyncpg.NotNullViolationError):  # got as far as the rows
        await connection.copy_records_to_table("outbox", records=[row], columns=columns)
    await connection.close()


async def test_rights_on_an_unknown_table_are_a_mistake_that_shows() -> None:
    class Steps:
        def execute(self, sqltext: str, /) -> None:
            raise AssertionError(sqltext)

        def get_bind(self) -> object:
            class Bind:
                def execute(self, *_: object) -> list[tuple[str]]:
                    return [("outbox",)]

            return Bind()

    with pytest.raises(LookupError):
        ddl.grant_service_roles(Steps(), "sample_service", append_only=["absent"])  # type: ignore[arg-type]
