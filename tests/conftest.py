"""The whole platform as a fixture: end-to-end and fault tests of one run share one of it."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from tests.e2e.own_stack import OwnStack, running_stack
from tests.e2e.users import Users, users_of

from matricula_testkit.servers import TestRun


@pytest.fixture(scope="session")
def own_stack(test_run: TestRun) -> Iterator[OwnStack]:
    """Return a running platform of this worker, on ports and in a folder of its own."""
    with running_stack(test_run) as stack:
        yield stack


@pytest_asyncio.fixture(scope="session")
async def users(own_stack: OwnStack) -> AsyncIterator[Users]:
    """Return who uses that platform: providers, their people and their partners."""
    async with users_of(own_stack) as found:
        yield found
