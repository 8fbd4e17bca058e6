"""The command line of consent-registry: serve, consume, relay, migrate, replay."""

from consent_registry import bootstrap
from consent_registry.settings import Settings
from matricula_chassis.http import HealthRegistry
from matricula_chassis.runtime import Commands, service_app
from matricula_contracts.fields import person_names

app = service_app(
    bootstrap.SERVICE,
    settings=Settings,
    commands=Commands(
        serve=bootstrap.serve,
        consume=bootstrap.consume,
        relay=bootstrap.relay,
        migrations=bootstrap.MIGRATIONS,
        replay=bootstrap.replay,
        openapi=lambda: bootstrap.make_app(HealthRegistry()).openapi(),
        once={"clean-up": bootstrap.clean_up},
        forbidden_log_keys=person_names(),
    ),
)

if __name__ == "__main__":
    app()
