"""The laboratory of the fault tests: the run's platform, patient users, and an undisturbed job."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from tests.chaos.job import Laboratory, Report
from tests.chaos.patient import PatientClient
from tests.chaos.truth import Truth
from tests.e2e.own_stack import OwnStack
from tests.e2e.users import Users

_FIRST_UKPRN = 10_500_001


@pytest_asyncio.fixture(scope="session")
async def laboratory(
    own_stack: OwnStack, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Laboratory]:
    """Return the means to do the job under faults."""
    folder: Path = tmp_path_factory.mktemp("faults")
    async with httpx.AsyncClient(timeout=httpx.Timeout(20.0), trust_env=False) as http:
        issuer = own_stack.platform.addresses["OIDC_ISSUER"]
        calls = PatientClient(http, gateway=own_stack.gateway, issuer=issuer)
        users = Users(own_stack, http, calls, ukprns=itertools.count(_FIRST_UKPRN))
        yield Laboratory(own_stack, users, calls, Truth(own_stack.platform), folder)


@pytest_asyncio.fixture(scope="session")
async def undisturbed(laboratory: Laboratory) -> Report:
    """Return what the job leads to when nothing happens."""
    return await laboratory.job()
