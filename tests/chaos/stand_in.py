"""A second process of a unit, beside the supervised one, for as long as that one is paused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tests.e2e.own_stack import OwnStack

from matricula_localstack.logfiles import open_log
from matricula_localstack.ports import free_ports
from matricula_localstack.topology import service_named
from matricula_localstack.units import Plan

_SECONDS: Final = 60
_VARIABLE: Final = "HEALTH_PORT"


@asynccontextmanager
async def another(own: OwnStack, name: str) -> AsyncIterator[None]:
    """Run a process that does the same as the unit; its probes answer on a port of their own."""
    home = own.stack.home
    plan = await asyncio.to_thread(home.plan_file.read_text, encoding="utf-8")
    unit = Plan.from_json(plan).unit(name)
    prefix = service_named(name.rpartition("-")[0]).prefix
    (port,) = free_ports(1)
    with open_log(home.logs, f"{name}-2") as log:
        process = await asyncio.create_subprocess_exec(
            *unit.command,
            env={**own.platform.environ, **unit.environment, f"{prefix}{_VARIABLE}": str(port)},
            stdout=log,
            stderr=log,
        )
    try:
        yield
    finally:
        process.terminate()
        async with asyncio.timeout(_SECONDS):
            await process.wait()
