"""Migrations of every database: one line of steps, the declared schema at its end, and a way back."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import asyncpg
import pytest
from sqlalchemy import MetaData

import consent_registry.adapters.postgres.tables
import event_log.adapters.postgres.tables
import ilr_validator.adapters.postgres.tables
import learner_api.adapters.postgres.tables
from matricula_chassis.db import migrate
from matricula_localstack.provision import DatabaseUrls, plain

pytestmark = pytest.mark.postgres


@dataclass(frozen=True)
class History:
    """A package of migrations, the schema it must lead to, and whose roles own it."""

    package: str
    metadata: MetaData
    service: str


HISTORIES = [
    History("learner_api.migrations", learner_api.adapters.postgres.tables.metadata, "learner_api"),
    History(
        "learner_api.key_migrations",
        learner_api.adapters.postgres.tables.key_metadata,
        "learner_api_keys",
    ),
    History(
        "consent_registry.migrations",
        consent_registry.adapters.postgres.tables.metadata,
        "consent_registry",
    ),
    History("event_log.migrations", event_log.adapters.postgres.tables.metadata, "event_log"),
    History(
        "ilr_validator.migrations",
        ilr_validator.adapters.postgres.tables.metadata,
        "ilr_validator",
    ),
]
each = pytest.mark.parametrize("history", HISTORIES, ids=lambda one: one.package)
_EVERYTHING = """
    SELECT 'table ' || c.relname || ' ' || c.relkind::text AS thing
      FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'column ' || attrelid::regclass || '.' || attname || ' '
           || format_type(atttypid, atttypmod) || ' ' || attnotnull
      FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
     WHERE c.relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT 'function ' || p.oid::regprocedure || ' ' || md5(prosrc)
      FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'trigger ' || tgrelid::regclass || ' ' || tgname FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT 'right ' || table_name || ' ' || grantee || ' ' || privilege_type
      FROM information_schema.role_table_grants WHERE table_schema = 'public'
"""


def steps(package: str) -> list[str]:
    """Return the names of the steps, as files."""
    found = (files(package) / "versions").iterdir()
    return sorted(one.name for one in found if one.name[:1].isdigit())


async def everything(urls: DatabaseUrls) -> set[str]:
    """Return all that the schema holds: tables, columns, constraints, indexes, functions, rights."""
    connection = await asyncpg.connect(plain(urls.owner))
    try:
        found = {row["thing"] for row in await connection.fetch(_EVERYTHING)}
    finally:
        await connection.close()
    return {thing for thing in found if "alembic_version" not in thing}


@each
async def test_a_history_is_one_line(history: History, make_database: Any) -> None:
    urls = make_database.empty(history.service)
    state = await migrate.check(urls.owner, history.package)
    assert state.applied == ()
    assert len(state.pending) == len(steps(history.package))
    assert state.head == state.pending[-1]


@each
async def test_an_empty_database_becomes_the_declared_schema(
    history: History, make_database: Callable[..., DatabaseUrls]
) -> None:
    urls = make_database.empty(history.service)  # type: ignore[attr-defined]
    await migrate.upgrade(urls.owner, history.package)
    assert await migrate.schema_differences(urls.owner, history.metadata) == []
    state = await migrate.check(urls.app, history.package)
    assert state.pending == ()


@each
async def test_every_step_can_be_undone_and_done_again(
    history: History, make_database: Any
) -> None:
    urls = make_database.empty(history.service)
    pending = (await migrate.check(urls.owner, history.package)).pending
    before = await everything(urls)
    for revision in pending:
        await migrate.upgrade(urls.owner, history.package, revision=revision)
        after = await everything(urls)
        assert after != before, revision
        await migrate.downgrade(urls.owner, history.package, revision="-1")
        assert await everything(urls) == before, revision
        await migrate.upgrade(urls.owner, history.package, revision=revision)
        assert await everything(urls) == after, revision
        before = after
