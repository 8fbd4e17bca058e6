"""Turns the table of the topology into units: addresses, environments and files of secrets.

`DATABASE_URL`, `KAFKA_BOOTSTRAP` and `OIDC_ISSUER` name existing servers that take the place of
our own. Starts nothing.
"""

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from matricula_chassis.crypto import FileKeyEncryptionKey
from matricula_contracts.policy import DOCUMENT
from matricula_localstack import postgres
from matricula_localstack.issuer.directory import Directory, default_clients, default_people
from matricula_localstack.paths import Home, repository_root
from matricula_localstack.ports import Ports, ports_from
from matricula_localstack.provision import DatabaseUrls, database_name, urls_for
from matricula_localstack.secret_files import SecretFiles
from matricula_localstack.topology import SERVICES, Process, Service
from matricula_localstack.units import Kind, Plan, Unit, plan

ADMINISTRATOR_SECRET: Final = "administrator-database-url"  # noqa: S105 - the name of a file


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
        own = {
            "KAFKA_BOOTSTRAP": f"127.0.0.1:{self.ports['kafka']}",
            "OIDC_ISSUER": f"http://127.0.0.1:{self.ports['issuer']}",
            "GATEWAY_JWKS_URL": (
                f"http://127.0.0.1:{self.ports['gateway-internal']}/.well-known/jwks.json"
            ),
        }
        return {name: self.environ.get(name) or address for name, address in own.items()}

    def database(self, owner: str) -> DatabaseUrls:
        """Return the URLs of a service's database."""
        passwords = SecretFiles(self.home.secrets).password
        return urls_for(self.admin_url, database_name(owner), service=owner, passwords=passwords)

    def environment(self, service: Service) -> dict[str, str]:
        """Return the environment of a service's processes; writes the files that hold secrets.

        A variable that the caller's environment sets already, itself or as a file, is left alone.
        """
        data = self.home.root / service.name
        data.mkdir(mode=0o700, exist_ok=True)
        places = {
            "data": str(data),
            "repository": str(repository_root()),
            **self.ports.numbers,
        }
        values = {name: text.format_map(places) for name, text in service.settings.items()}
        values |= self._secret_files(service)
        if service.key_encryption_key:
            path = data / "key-encryption-keys.json"
            FileKeyEncryptionKey(path, create=True)
            values[service.key_encryption_key] = str(path)
        if service.is_client and not self.environ.get("OIDC_ISSUER"):
            values[f"{service.prefix}CLIENT_ID"] = service.name
            values[f"{service.prefix}CLIENT_SECRET_FILE"] = str(
                self.issuer_home / "clients" / f"{service.name}.secret"
            )
        mine = {name: value for name, value in values.items() if not self._is_given(name)}
        return {**self.addresses, **mine}

    @property
    def issuer_home(self) -> Path:
        """Where the development issuer keeps its keys, people and clients."""
        return self.home.root / "issuer"

    def _secret_files(self, service: Service) -> dict[str, str]:
        secrets = SecretFiles(self.home.secrets)
        hidden = {name: secrets.password(name) for name in service.secrets}
        for variable, owner in service.databases.items():
            urls = self.database(owner)
            hidden[f"{variable}_URL"] = urls.app
            hidden[f"{variable}_OWNER_URL"] = urls.owner
            hidden[f"{variable}_RELAY_URL"] = urls.relay
        return {
            f"{variable}_FILE": str(secrets.store(variable.lower().replace("_", "-"), value))
            for variable, value in hidden.items()
        }

    def _is_given(self, variable: str) -> bool:
        return variable in self.environ or variable.removesuffix("_FILE") in self.environ


def platform_from(home: Home, environ: Mapping[str, str]) -> Platform:
    """Read ports and existing servers from the environment; make the home and its clients."""
    platform = Platform(home, environ, ports_from(environ))
    home.create()
    if not environ.get("OIDC_ISSUER"):
        platform.issuer_home.mkdir(mode=0o700, exist_ok=True)
        directory = Directory(platform.issuer_home / "directory.json")
        directory.add_missing(
            people=default_people(DOCUMENT["roles"]), clients=default_clients(DOCUMENT["services"])
        )
    return platform


def plan_for(platform: Platform) -> Plan:
    """Return the whole table for the supervisor; writes the secrets that the units will read."""
    units = [*_servers(platform), *_preparations(platform)]
    for service in SERVICES:
        units += service_units(platform, service)
    known = {unit.name for unit in units}
    return plan(
        [
            replace(unit, needs=tuple(need for need in unit.needs if need in known))
            for unit in units  # what an existing server fulfils is not waited for
        ]
    )


def service_units(platform: Platform, service: Service) -> list[Unit]:
    """Return the units of one service: its tasks first, then its processes."""
    environment = platform.environment(service)
    tasks = [
        Unit(
            name=f"{service.name}-{task}",
            purpose=f"{service.name}: {task}",
            command=_module(service.module, task),
            kind=Kind.TASK,
            needs=("provision",),
            environment=environment,
        )
        for task in service.tasks
    ]
    before = tuple(task.name for task in tasks)
    return tasks + [
        _process_unit(platform, service, process, before=before, environment=environment)
        for process in service.processes
    ]


def _process_unit(
    platform: Platform,
    service: Service,
    process: Process,
    *,
    before: tuple[str, ...],
    environment: Mapping[str, str],
) -> Unit:
    is_serve = process.command == "serve"
    name = service.name if is_serve else f"{service.name}-{process.command}"
    variable = f"{service.prefix}{'PORT' if is_serve else 'HEALTH_PORT'}"
    port, probe = platform.ports[name], platform.ports[process.probe or name]
    return Unit(
        name=name,
        purpose=f"{service.name}: {process.purpose}",
        command=_module(service.module, process.command),
        needs=(*before, *process.needs),
        environment={**environment, variable: str(port)},
        ports=(port,) if port == probe else (port, probe),
        ready=f"http://127.0.0.1:{probe}/readyz",
    )


def _servers(platform: Platform) -> list[Unit]:
    """PostgreSQL, Kafka and the issuer, each left out when an existing one is named."""
    home, ports = platform.home.root, platform.ports
    database, broker, issuer = ports["postgres"], ports["kafka"], ports["issuer"]
    controller = ports["kafka-controller"]
    units = {
        "DATABASE_URL": Unit(
            name="postgres",
            purpose="PostgreSQL",
            command=_module(postgres.__name__, f"--home={home}", f"--port={database}"),
            ports=(database,),
            ready=f"postgres://127.0.0.1:{database}",
            stop_signal=int(signal.SIGINT),
        ),
        "KAFKA_BOOTSTRAP": Unit(
            name="kafka",
            purpose="Apache Kafka",
            command=_module(
                "matricula_localstack.kafka",
                f"--home={home}",
                f"--port={broker}",
                f"--controller-port={controller}",
            ),
            ports=(broker, controller),
            ready=f"kafka://127.0.0.1:{broker}",
        ),
        "OIDC_ISSUER": Unit(
            name="issuer",
            purpose="the development identity issuer",
            command=_module(
                "matricula_localstack.issuer",
                f"--home={platform.issuer_home}",
                f"--port={issuer}",
            ),
            ports=(issuer,),
            ready=f"http://127.0.0.1:{issuer}/.well-known/openid-configuration",
        ),
    }
    return [unit for variable, unit in units.items() if not platform.environ.get(variable)]


def _preparations(platform: Platform) -> list[Unit]:
    secrets = SecretFiles(platform.home.secrets)
    admin = secrets.store(ADMINISTRATOR_SECRET, platform.admin_url)
    return [
        Unit(
            name="provision",
            purpose="databases and roles of the services",
            command=_module("matricula_localstack.provision", f"--home={platform.home.root}"),
            kind=Kind.TASK,
            needs=("postgres",),
            environment={"DATABASE_URL_FILE": str(admin)},
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


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, *arguments)
