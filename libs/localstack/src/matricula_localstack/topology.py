"""The platform on one computer, as one table: every process, what it is for and what it needs.

`DATABASE_URL`, `KAFKA_BOOTSTRAP` and `OIDC_ISSUER` name existing servers that take a row's place.
"""

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from matricula_localstack import postgres
from matricula_localstack.paths import Home
from matricula_localstack.ports import Ports, ports_from
from matricula_localstack.provision import DatabaseUrls, database_name, urls_for
from matricula_localstack.secret_files import SecretFiles
from matricula_localstack.units import Kind, Plan, Unit, plan


@dataclass(frozen=True, slots=True)
class Process:
    """One process of a service: `python -m <module> <command>`. `serve` is named as the service."""

    command: str
    purpose: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """A service: its processes, its databases (variable to owner) and the addresses it must know.

    `addresses` maps a variable to an address in which `{name}` stands for the port of that name.
    """

    name: str
    module: str
    processes: tuple[Process, ...]
    databases: Mapping[str, str] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        """The prefix of its environment variables, with the underscore."""
        return f"{self.name.upper().replace('-', '_')}_"


SERVICES: Final = (
    Service(
        "learner-api",
        "learner_api",
        (
            Process("serve", "learners and intake over HTTP"),
            Process("intake", "reads and checks partners' files"),
            Process("relay", "publishes its events", needs=("topics",)),
            Process("consume", "follows agreements and lawful bases", needs=("topics",)),
        ),
        databases={
            "LEARNER_API_DATABASE": "learner_api",
            "LEARNER_API_KEYS_DATABASE": "learner_api_keys",
        },
        addresses={"LEARNER_API_CONSENT_REGISTRY_URL": "http://127.0.0.1:{consent-registry}"},
    ),
    Service(
        "consent-registry",
        "consent_registry",
        (
            Process("serve", "agreements and lawful bases over HTTP"),
            Process("relay", "publishes its events", needs=("topics",)),
            Process("consume", "records the use of agreements", needs=("topics",)),
        ),
        databases={"CONSENT_REGISTRY_DATABASE": "consent_registry"},
    ),
    Service(
        "event-log",
        "event_log",
        (
            Process("serve", "the auditors' questions over HTTP"),
            Process("consume", "appends every event to the log", needs=("topics",)),
            Process("seal", "seals the log and signs checkpoints"),
            Process("relay", "publishes checkpoints", needs=("topics",)),
        ),
        databases={"EVENT_LOG_DATABASE": "event_log"},
    ),
    Service(
        "gateway",
        "matricula_gateway",
        (Process("serve", "the public entrance", needs=("topics",)),),
        addresses={
            "GATEWAY_INTERNAL_PORT": "{gateway-internal}",
            "GATEWAY_LEARNER_API_URL": "http://127.0.0.1:{learner-api}",
            "GATEWAY_CONSENT_REGISTRY_URL": "http://127.0.0.1:{consent-registry}",
            "GATEWAY_EVENT_LOG_URL": "http://127.0.0.1:{event-log}",
        },
    ),
)


@dataclass(frozen=True, slots=True)
class Platform:
    """Everything one start needs to know: where, on which ports, with which existing servers."""

    home: Home
    environ: Mapping[str, str]
    ports: Ports

    @property
    def admin_url(self) -> str:
        """The administrator's URL of the database server, own or named by DATABASE_URL."""
        named = self.environ.get("DATABASE_URL")
        return named or postgres.administrator_url(self.home, port=self.ports["postgres"])

    @property
    def addresses(self) -> dict[str, str]:
        """The addresses that all services share, by variable."""
        return {
            "KAFKA_BOOTSTRAP": self.environ.get(
                "KAFKA_BOOTSTRAP", f"127.0.0.1:{self.ports['kafka']}"
            ),
            "OIDC_ISSUER": self.environ.get(
                "OIDC_ISSUER", f"http://127.0.0.1:{self.ports['issuer']}"
            ),
            "GATEWAY_JWKS_URL": self.environ.get(
                "GATEWAY_JWKS_URL",
                f"http://127.0.0.1:{self.ports['gateway-internal']}/.well-known/jwks.json",
            ),
        }

    def database(self, owner: str) -> DatabaseUrls:
        """Return the URLs of a service's database."""
        passwords = SecretFiles(self.home.secrets).password
        return urls_for(self.admin_url, database_name(owner), service=owner, passwords=passwords)

    def environment(self, service: Service) -> dict[str, str]:
        """Return the environment of a service's processes; writes the files that hold secrets.

        A variable that the caller's environment sets already, itself or as a file, is left alone.
        """
        secrets = SecretFiles(self.home.secrets)
        values = {
            variable: address.format_map(dict(self.ports.numbers))
            for variable, address in service.addresses.items()
        }
        values[f"{service.prefix}CLIENT_ID"] = service.name
        hidden = {f"{service.prefix}CLIENT_SECRET": secrets.password(f"client:{service.name}")}
        for variable, owner in service.databases.items():
            urls = self.database(owner)
            hidden[f"{variable}_URL"] = urls.app
            hidden[f"{variable}_OWNER_URL"] = urls.owner
            hidden[f"{variable}_RELAY_URL"] = urls.relay
        for variable, value in hidden.items():
            file_name = variable.lower().replace("_", "-")
            values[f"{variable}_FILE"] = str(secrets.store(file_name, value))
        mine = {name: value for name, value in values.items() if not self._is_given(name)}
        return {**self.addresses, **mine}

    def _is_given(self, variable: str) -> bool:
        return variable in self.environ or variable.removesuffix("_FILE") in self.environ


def platform_from(home: Home, environ: Mapping[str, str]) -> Platform:
    """Read ports and existing servers from the environment."""
    return Platform(home, environ, ports_from(environ))


def plan_for(platform: Platform) -> Plan:
    """Return the whole table for the supervisor; writes the secrets that the units will read."""
    platform.home.create()
    units = [*_servers(platform), *_tasks(platform)]
    for service in SERVICES:
        units += service_units(platform, service)
    known = {unit.name for unit in units}
    return plan([_without_absent_needs(unit, known) for unit in units])


def service_units(platform: Platform, service: Service) -> list[Unit]:
    """Return the units of one service: its migration first, where it has a database."""
    environment = platform.environment(service)
    migration = f"{service.name}-migrate"
    units = []
    if service.databases:
        units.append(
            Unit(
                name=migration,
                purpose=f"brings the tables of {service.name} up to date",
                command=_module(service.module, "migrate", "upgrade"),
                kind=Kind.TASK,
                needs=("provision",),
                environment=environment,
            )
        )
    for process in service.processes:
        is_serve = process.command == "serve"
        name = service.name if is_serve else f"{service.name}-{process.command}"
        port = platform.ports[name]
        variable = f"{service.prefix}{'PORT' if is_serve else 'HEALTH_PORT'}"
        units.append(
            Unit(
                name=name,
                purpose=f"{service.name}: {process.purpose}",
                command=_module(service.module, process.command),
                needs=(*((migration,) if service.databases else ()), *process.needs),
                environment={**environment, variable: str(port)},
                ports=(port, platform.ports["gateway-internal"]) if name == "gateway" else (port,),
                ready=f"http://127.0.0.1:{port}/readyz",
            )
        )
    return units


def _servers(platform: Platform) -> list[Unit]:
    """PostgreSQL, Kafka and the issuer, each left out when an existing one is named."""
    home, ports, environ = platform.home, platform.ports, platform.environ
    units = {
        "DATABASE_URL": Unit(
            name="postgres",
            purpose="PostgreSQL",
            command=_module(
                "matricula_localstack.postgres",
                f"--home={home.root}",
                f"--port={ports['postgres']}",
            ),
            ports=(ports["postgres"],),
            ready=f"postgres://127.0.0.1:{ports['postgres']}",
            stop_signal=int(signal.SIGINT),
        ),
        "KAFKA_BOOTSTRAP": Unit(
            name="kafka",
            purpose="Apache Kafka",
            command=_module(
                "matricula_localstack.kafka",
                f"--home={home.root}",
                f"--port={ports['kafka']}",
                f"--controller-port={ports['kafka-controller']}",
            ),
            ports=(ports["kafka"], ports["kafka-controller"]),
            ready=f"kafka://127.0.0.1:{ports['kafka']}",
        ),
        "OIDC_ISSUER": Unit(
            name="issuer",
            purpose="the development identity issuer",
            command=_module(
                "matricula_localstack.issuer", f"--home={home.root}", f"--port={ports['issuer']}"
            ),
            ports=(ports["issuer"],),
            ready=f"http://127.0.0.1:{ports['issuer']}/.well-known/openid-configuration",
        ),
    }
    return [unit for variable, unit in units.items() if not environ.get(variable)]


def _tasks(platform: Platform) -> list[Unit]:
    secrets = SecretFiles(platform.home.secrets)
    return [
        Unit(
            name="provision",
            purpose="databases and roles of the services",
            command=_module("matricula_localstack.provision", f"--home={platform.home.root}"),
            kind=Kind.TASK,
            needs=("postgres",),
            environment={
                "DATABASE_URL_FILE": str(
                    secrets.store("administrator-database-url", platform.admin_url)
                )
            },
        ),
        Unit(
            name="topics",
            purpose="topics of the broker",
            command=_module("matricula_localstack.topics"),
            kind=Kind.TASK,
            needs=("kafka",),
            environment=platform.addresses,
        ),
    ]


def _without_absent_needs(unit: Unit, known: set[str]) -> Unit:
    """Drop needs that an existing server fulfils: there is no unit to wait for."""
    needs = tuple(need for need in unit.needs if need in known)
    return replace(unit, needs=needs)


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(Path(sys.executable)), "-m", name, *arguments)
