"""Fixtures on the sample service: a migrated database, empty for each test, and handles on it.

A conftest imports all of them. Making a database costs more than most tests, so a module has one.
"""

from collections.abc import AsyncIterator, Callable, Iterator

import asyncpg
import pytest
import pytest_asyncio

from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import SystemClock
from matricula_chassis.db.uow import Database
from matricula_chassis.ids import SystemIds
from matricula_localstack.provision import DatabaseUrls
from matricula_testkit.sample_service import service as sample
from matricula_testkit.servers import DatabaseFactory

__all__ = ["WorkFactory", "database", "owner", "sample_urls", "urls", "work"]

WorkFactory = Callable[..., sample.SampleWork]


@pytest.fixture(scope="module")
def sample_urls(make_database: DatabaseFactory) -> Iterator[DatabaseUrls]:
    """Return the addresses of the module's database, by role."""
    made = make_database(sample.SERVICE, migrations=sample.MIGRATIONS)
    yield made
    make_database.drop(made)


@pytest_asyncio.fixture
async def urls(sample_urls: DatabaseUrls) -> DatabaseUrls:
    """Return the addresses of an empty database, by role."""
    connection = await asyncpg.connect(sample_urls.owner.replace("+asyncpg", ""))
    names = ", ".join(f'"{table}"' for table in sample.METADATA.tables)
    await connection.execute(f"TRUNCATE {names} RESTART IDENTITY")
    await connection.close()
    return sample_urls


@pytest_asyncio.fixture
async def database(urls: DatabaseUrls) -> AsyncIterator[Database]:
    """Return the database as the application role sees it."""
    opened = Database.from_url(urls.app, application_name="test", pool_size=5)
    yield opened
    await opened.dispose()


@pytest_asyncio.fixture
async def owner(urls: DatabaseUrls) -> AsyncIterator[Database]:
    """Return the database as its owner sees it, to look behind the scenes."""
    opened = Database.from_url(urls.owner, application_name="test-owner", pool_size=2)
    yield opened
    await opened.dispose()


@pytest.fixture
def work(database: Database) -> WorkFactory:
    """Return what makes units of work on the database; it takes a context, or none."""
    clock, ids = SystemClock(), SystemIds()

    def new(context: ActionContext | None = None) -> sample.SampleWork:
        return sample.work_on(database, clock=clock, ids=ids, context=context)

    return new
