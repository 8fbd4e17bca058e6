"""A whole platform for one test run: own folder, own ports, gone with the run.

Every process of a service is started through a few lines of shell that let a test hold its start
and arm one of its crash points. Nothing else differs from `make up`.
"""

import os
import random
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from matricula_localstack import postgres
from matricula_localstack.paths import Home
from matricula_localstack.ports import OFFSETS, is_free
from matricula_localstack.stack import Stack
from matricula_localstack.surroundings import Platform, plan_for, platform_from
from matricula_localstack.topology import SERVICES
from matricula_localstack.units import Kind, Plan, Unit, plan
from matricula_localstack.unprivileged import account_for_database, database_folder
from matricula_testkit.servers import TestRun

READY_SECONDS: Final = 150
_OUTSIDE: Final = ("DATABASE_URL", "KAFKA_BOOTSTRAP", "OIDC_ISSUER", "GATEWAY_JWKS_URL")
_BASES: Final = range(10_000, 30_000, 500)  # below the ports that outgoing connections take
_SERVICE_MODULES: Final = frozenset(service.module for service in SERVICES)
# $0 is the unit's file: `$0.hold` delays the start, a line of `$0` is one armed crash point.
_LAUNCH: Final = """
while [ -e "$0.hold" ]; do sleep 0.05; done
if [ -s "$0" ]; then
  MATRICULA_CRASH_POINT=$(head -n 1 "$0"); export MATRICULA_CRASH_POINT
  tail -n +2 "$0" > "$0.rest"; mv "$0.rest" "$0"
fi
exec "$@"
"""


@dataclass(frozen=True, slots=True)
class OwnStack:
    """A running platform and its handle."""

    platform: Platform
    stack: Stack

    @property
    def root(self) -> Path:
        """The folder that holds everything of it but, for root, PostgreSQL's own."""
        return self.platform.home.root

    @property
    def gateway(self) -> str:
        """The address of the public entrance."""
        return f"http://127.0.0.1:{self.platform.ports['gateway']}"

    @property
    def database_folder(self) -> Path:
        """PostgreSQL's data directory."""
        folder = database_folder(self.platform.home, account_for_database())
        return folder / "cluster" / "data"

    def probes(self) -> Mapping[str, str]:
        """Return the address of probes and metrics of every process of a service, by unit."""
        ports = self.platform.ports
        return {
            name: f"http://127.0.0.1:{ports[process.probe or name]}"
            for service in SERVICES
            for process in service.processes
            for name in (_unit_name(service.name, process.command),)
        }

    def arming_file(self, unit: str) -> Path:
        """Return the file that arms the next start of a unit, one crash point a line."""
        return self.root / "armed" / unit

    def hold_file(self, unit: str) -> Path:
        """Return the file that delays the next start of a unit for as long as it exists."""
        return self.root / "armed" / f"{unit}.hold"


@contextmanager
def running_stack(run: TestRun) -> Iterator[OwnStack]:
    """Start a platform that ends with this block, and at the latest with the test run."""
    home = Home(run.folder / f"platform-{os.getpid()}")
    environ = {name: value for name, value in os.environ.items() if name not in _OUTSIDE}
    environ |= {"MATRICULA_PORT_BASE": str(_free_base()), "MATRICULA_HOME": str(home.root)}
    platform = platform_from(home, environ)
    (home.root / "armed").mkdir()
    stack = Stack(home)
    try:
        stack.start(_plan(platform, owner_pid=run.owner), environ=environ)
        stack.wait_ready(seconds=READY_SECONDS)
        yield OwnStack(platform, stack)
    finally:
        stack.stop()
        postgres.remove(home)
        shutil.rmtree(home.root, ignore_errors=True)


def _plan(platform: Platform, *, owner_pid: int) -> Plan:
    return plan(
        [_armable(unit, platform) for unit in plan_for(platform).units], owner_pid=owner_pid
    )


def _armable(unit: Unit, platform: Platform) -> Unit:
    is_service = unit.kind is Kind.PROCESS and not _SERVICE_MODULES.isdisjoint(unit.command)
    if not is_service:
        return unit
    file = str(platform.home.root / "armed" / unit.name)
    return replace(unit, command=("/bin/sh", "-c", _LAUNCH, file, *unit.command))


def _unit_name(service: str, command: str) -> str:
    return service if command == "serve" else f"{service}-{command}"


def _free_base() -> int:
    bases = list(_BASES)
    random.SystemRandom().shuffle(bases)
    return next(
        base for base in bases if all(is_free(base + offset) for offset in OFFSETS.values())
    )
