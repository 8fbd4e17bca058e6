"""Migrations configured in code: what they make, what they leave, what a service may ask."""

import asyncio

import pytest
from pydantic import SecretStr
from sqlalchemy import Column, MetaData, Table, Text, text

from matricula_chassis.db import migrate
from matricula_chassis.db.uow import Database
from matricula_localstack.provision import DatabaseUrls
from matricula_testkit.sample_service import service as sample
from matricula_testkit.servers import DatabaseFactory

pytestmark = pytest.mark.postgres

HEAD = "202511220900_chassis"


@pytest.fixture
def bare(make_database: DatabaseFactory) -> DatabaseUrls:
    return make_database.empty(sample.SERVICE)


async def test_upgrading_from_empty_equals_the_declared_tables(bare: DatabaseUrls) -> None:
    await migrate.upgrade(bare.owner, sample.MIGRATIONS)
    assert await migrate.schema_differences(bare.owner, sample.METADATA) == []


async def test_a_table_that_only_the_code_declares_is_a_difference(urls: DatabaseUrls) -> None:
    wider = MetaData()
    for table in sample.METADATA.tables.values():
        table.to_metadata(wider)
    Table("forgotten", wider, Column("id", Text, primary_key=True))
    found = await migrate.schema_differences(urls.owner, wider)
    assert [difference[0] for difference in found] == ["add_table"]


async def test_downgrading_to_base_leaves_no_table(bare: DatabaseUrls) -> None:
    await migrate.upgrade(bare.owner, sample.MIGRATIONS)
    await migrate.downgrade(bare.owner, sample.MIGRATIONS, revision="base")
    assert await migrate.schema_differences(bare.owner, MetaData()) == []
    assert await migrate.current(bare.owner) == ()


async def test_the_state_of_an_empty_database_lists_what_is_pending(bare: DatabaseUrls) -> None:
    state = await migrate.check(bare.owner, sample.MIGRATIONS)
    assert (state.applied, state.head, state.pending) == ((), HEAD, (HEAD,))


async def test_a_database_is_not_ready_while_migrations_are_pending(bare: DatabaseUrls) -> None:
    url = SecretStr(bare.owner)
    with pytest.raises(RuntimeError, match="older than this release"):
        await migrate.require_applied(url, sample.MIGRATIONS)
    await migrate.upgrade(bare.owner, sample.MIGRATIONS)
    await migrate.require_applied(url, sample.MIGRATIONS)


async def test_the_application_role_can_ask_for_the_state(urls: DatabaseUrls) -> None:
    state = await migrate.check(urls.app, sample.MIGRATIONS)
    assert (state.applied, state.pending) == ((HEAD,), ())


async def test_a_database_ahead_of_the_code_has_nothing_pending(urls: DatabaseUrls) -> None:
    database = Database.from_url(urls.owner, application_name="test")
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'of-tomorrow'")
    state = await migrate.check(urls.app, sample.MIGRATIONS)
    async with database.engine.begin() as connection:
        await connection.execute(
            text("UPDATE alembic_version SET version_num = :head"), {"head": HEAD}
        )
    await database.dispose()
    assert (state.applied, state.pending) == (("of-tomorrow",), ())


async def test_two_migrations_at_once_do_not_meet(bare: DatabaseUrls) -> None:
    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(migrate.upgrade(bare.owner, sample.MIGRATIONS))
    assert await migrate.current(bare.owner) == (HEAD,)
