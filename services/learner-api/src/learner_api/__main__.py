"""The command line of learner-api: serve, intake, relay, migrate and the finite commands."""

from learner_api import bootstrap
from learner_api.settings import Settings
from matricula_chassis.http import HealthRegistry
from matricula_chassis.runtime import Commands, service_app
from matricula_contracts.fields import person_names

app = service_app(
    bootstrap.SERVICE,
    settings=Settings,
    commands=Commands(
        serve=bootstrap.serve,
        relay=bootstrap.relay,
        migrations=bootstrap.MIGRATIONS,
        openapi=lambda: bootstrap.make_app(HealthRegistry()).openapi(),
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
