"""A migrated database for each of these tests, and handles on it."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio

from matricula_chassis.clock import SystemClock
from matricula_chassis.db.uow import Database
from matricula_chassis.ids import SystemIds
from matricula_localstack.provision import DatabaseUrls
from matricula_testkit.sample_service import service as sample
from matricula_testkit.servers import DatabaseFactory


@pytest.fixture
def urls(make_database: DatabaseFactory) -> Iterator[DatabaseUrls]:
    made = make_database(sample.SERVICE, migrations=sample.MIGRATIONS)
    yield made
    make_database.drop(made)


@pytest_asyncio.fixture
async def database(urls: DatabaseUrls) -> AsyncIterator[Database]:
    opened = Database.from_url(urls.app, application_name="test", pool_size=5)
    yield opened
    await opened.dispose()


@pytest_asyncio.fixture
async def owner(urls: DatabaseUrls) -> AsyncIterator[Database]:
    opened = Database.from_url(urls.owner, application_name="test-owner", pool_size=2)
    yield opened
    await opened.dispose()


@pytest.fixture
def work(database: Database) -> Callable[[], sample.SampleWork]:
    clock, ids = SystemClock(), SystemIds()
    return lambda: sample.work_on(database, clock=clock, ids=ids)
