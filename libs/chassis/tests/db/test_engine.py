"""The pool must notice a demoted server, and readiness must be more than a connection."""

from typing import cast

import asyncpg
import pytest
from pydantic import SecretStr
from sqlalchemy import exc, text
from sqlalchemy.pool import QueuePool

from matricula_chassis.db.engine import open_database
from matricula_chassis.db.uow import Database
from matricula_chassis.errors import Unavailable
from matricula_localstack.provision import DatabaseUrls

pytestmark = pytest.mark.postgres

PID = text("SELECT pg_backend_pid()")


async def backend(database: Database) -> int:
    async with database.engine.connect() as connection:
        return int((await connection.execute(PID)).scalar_one())


async def demote(owner: Database) -> None:
    """Make every new session read-only, as those of a demoted primary are."""
    await _set_read_only(owner, "on")


async def promote(owner: Database) -> None:
    await _set_read_only(owner, "off")


async def _set_read_only(owner: Database, value: str) -> None:
    async with owner.engine.connect() as connection:
        await connection.execute(text("SET default_transaction_read_only = off"))
        await connection.commit()
        name = (await connection.execute(text("SELECT current_database()"))).scalar_one()
        await connection.execute(
            text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {value}')
        )
        await connection.commit()


async def test_a_healthy_database_passes_the_check(database: Database) -> None:
    await database.check()


async def test_a_read_only_database_fails_the_check_and_passes_again_later(
    database: Database, owner: Database
) -> None:
    await demote(owner)
    for _ in range(2):
        with pytest.raises(Unavailable) as caught:
            await database.check()
        assert caught.value.context["cause"] == "read-only"
    await promote(owner)
    await database.check()


async def test_the_check_writes_to_the_log_of_the_server(
    database: Database, owner: Database
) -> None:
    position = text("SELECT pg_current_wal_insert_lsn()")
    async with owner.engine.connect() as connection:
        before = (await connection.execute(position)).scalar_one()
        await database.check()
        after = (await connection.execute(position)).scalar_one()
    assert after > before


async def test_an_unreachable_database_fails_the_check() -> None:
    database = Database.from_url(
        "postgresql+asyncpg://nobody@127.0.0.1:1/none", application_name="test"
    )
    with pytest.raises(Unavailable):
        await database.check()
    await database.dispose()


async def test_a_read_only_error_replaces_every_pooled_connection(
    database: Database, owner: Database
) -> None:
    async with database.engine.connect() as first, database.engine.connect() as second:
        old = {(await c.execute(PID)).scalar_one() for c in (first, second)}
    await demote(owner)
    async with database.engine.connect() as connection:
        await connection.execute(text("SET TRANSACTION READ ONLY"))
        with pytest.raises(exc.DBAPIError):
            await connection.execute(text("INSERT INTO aggregate VALUES ('a', 1)"))
    await promote(owner)
    async with database.engine.connect() as first, database.engine.connect() as second:
        new = {(await c.execute(PID)).scalar_one() for c in (first, second)}
        await first.execute(text("INSERT INTO aggregate VALUES ('a', 1)"))
    assert not old & new


async def test_a_read_only_error_of_raw_asyncpg_replaces_connections_too(
    database: Database,
) -> None:
    before = await backend(database)
    assert await backend(database) == before
    unavailable = database.explain(asyncpg.ReadOnlySQLTransactionError("refused"))
    assert unavailable is not None
    assert await backend(database) != before


async def test_an_opened_database_has_its_name_and_no_connection_afterwards(
    urls: DatabaseUrls,
) -> None:
    async with open_database(SecretStr(urls.app), name="a-service-serve") as opened:
        async with opened.engine.connect() as connection:
            name = (await connection.execute(text("SHOW application_name"))).scalar_one()
        pool = cast("QueuePool", opened.engine.pool)
        assert (name, pool.checkedin()) == ("a-service-serve", 1)
    assert cast("QueuePool", opened.engine.pool).checkedin() == 0


async def test_sessions_carry_their_name_and_limits(urls: DatabaseUrls) -> None:
    database = Database.from_url(
        urls.app,
        application_name="a-service",
        command_timeout=12,
        lock_timeout=3,
        idle_in_transaction_timeout=9,
    )
    names = (
        "application_name",
        "statement_timeout",
        "lock_timeout",
        "idle_in_transaction_session_timeout",
    )
    async with database.engine.connect() as connection:
        found = [(await connection.execute(text(f"SHOW {name}"))).scalar_one() for name in names]
    assert found == ["a-service", "12s", "3s", "9s"]
    await database.dispose()
