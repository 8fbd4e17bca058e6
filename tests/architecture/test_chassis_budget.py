"""The chassis holds only what at least three services need, and stays within its budget.

`-rP` shows the report: lines of code of each module and the services that load it.
"""

from functools import cache

from tests.architecture.chassis_use import CHASSIS, SERVICES, code_lines, modules, users

FEWEST_SERVICES = 3
MOST_LINES = 8_000
"""Lines of code. More is a second platform: something has to leave before something enters."""

# Services still to come that will load a module, by the module or its package. They count.
TO_COME = {
    "crypto": {"sar-service"},  # bundles
    "http.sse": {"sar-service"},  # progress of a search
}
# Run by others than services; each with who does.
NOT_FOR_SERVICES = {
    "db.migration_environment.env": "Alembic loads it by its path for every service",
    "messaging.topics": "whoever deploys makes the topics of all services",
}


@cache
def served() -> dict[str, set[str]]:
    found = {}
    for module, services in users().items():
        name = module.removeprefix(f"{CHASSIS}.")
        coming = {
            one
            for prefix, many in TO_COME.items()
            if f"{name}.".startswith(f"{prefix}.")
            for one in many
        }
        found[name] = services | coming
    return found


def test_every_module_serves_at_least_three_services() -> None:
    few = {
        name: sorted(services)
        for name, services in served().items()
        if len(services) < FEWEST_SERVICES and name not in NOT_FOR_SERVICES
    }
    assert few == {}


def test_what_is_announced_exists_and_exceptions_are_still_needed() -> None:
    now = {name.removeprefix(f"{CHASSIS}."): found for name, found in users().items()}
    for prefix, coming in TO_COME.items():
        assert any(f"{name}.".startswith(f"{prefix}.") for name in now), prefix
        assert coming.isdisjoint(SERVICES), "whoever is here is seen, not announced"
    for name in NOT_FOR_SERVICES:
        assert now[name] == set(), name


def test_the_chassis_stays_within_its_budget() -> None:
    lines = {name.removeprefix(f"{CHASSIS}."): code_lines(one) for name, one in modules().items()}
    for name, count in sorted(lines.items()):
        print(f"{count:6} {name:32} {', '.join(sorted(served().get(name, ())))}")
    print(f"{sum(lines.values()):6} together")
    assert sum(lines.values()) <= MOST_LINES
