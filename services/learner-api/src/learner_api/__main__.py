"""The command line of learner-api: serve, intake, relay, migrate and the finite commands."""

from collections.abc import Mapping
from typing import Any

from learner_api import bootstrap
from learner_api.settings import Settings
from matricula_chassis.http import HealthRegistry
from matricula_chassis.runtime import Commands, service_app
from matricula_contracts.fields import person_names


def _openapi() -> Mapping[str, Any]:
    document: Mapping[str, Any] = bootstrap.make_app(HealthRegistry()).openapi()
    return document


app = service_app(
    "learner-api",
    settings=Settings,
    commands=Commands(
        serve=bootstrap.serve,
        relay=bootstrap.relay,
        migrations=bootstrap.MIGRATIONS,
        openapi=_openapi,
        forbidden_log_keys=person_names(),
        processes={"intake": bootstrap.intake},
        once={
            "migrate-keys": bootstrap.migrate_keys,
            "erase-expired": bootstrap.erase_expired,
            "clean-up": bootstrap.clean_up,
        },
    ),
)

if __name__ == "__main__":
    app()
