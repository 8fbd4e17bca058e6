"""The table of the platform: complete, consistent, without secrets in the open."""

import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from matricula_chassis.settings import ServiceSettings, variable_of
from matricula_localstack.paths import Home, repository_root
from matricula_localstack.ports import OFFSETS
from matricula_localstack.provision import SERVICES as PROVISIONED
from matricula_localstack.surroundings import plan_for, platform_from
from matricula_localstack.topology import SERVICES
from matricula_localstack.units import Kind, Plan


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def plan_with(home: Home, **environ: str) -> Plan:
    return plan_for(platform_from(home, environ))


def test_every_service_of_the_workspace_stands_in_the_table() -> None:
    members = [*repository_root().glob("services/*/pyproject.toml")]
    members.append(repository_root() / "gateway" / "pyproject.toml")
    modules = set()
    for member in members:
        document = tomllib.loads(member.read_text())
        modules.add(document["project"]["name"].replace("-", "_"))
    assert {service.module for service in SERVICES} == modules


def test_every_port_has_a_process_and_every_process_a_port_of_its_own(home: Home) -> None:
    used = [port for unit in plan_with(home).units for port in unit.ports]
    assert len(used) == len(set(used)) == len(OFFSETS)


def test_every_database_of_the_table_is_provisioned() -> None:
    named = {owner for service in SERVICES for owner in service.databases.values()}
    assert named == set(PROVISIONED)


def test_no_secret_stands_in_an_environment_or_command(home: Home) -> None:
    plan = plan_with(home)
    secrets = [path.read_text().strip() for path in home.secrets.iterdir()]
    assert len(secrets) > 10
    text = plan.to_json()
    assert not [secret for secret in secrets if secret in text]
    assert {path.stat().st_mode & 0o777 for path in home.secrets.iterdir()} == {0o600}


def test_files_named_by_the_table_hold_the_urls_of_the_right_role(home: Home) -> None:
    unit = plan_with(home).unit("event-log")
    for kind in ("", "OWNER_", "RELAY_"):
        text = Path(unit.environment[f"EVENT_LOG_DATABASE_{kind}URL_FILE"]).read_text()
        role = f"event_log_{kind.strip('_').lower() or 'app'}"
        assert text.startswith(f"postgresql+asyncpg://{role}:")
        assert text.strip().endswith("/matricula_event_log")


def test_services_wait_for_their_own_tables_and_publishers_for_the_topics(home: Home) -> None:
    plan = plan_with(home)
    tables = {"learner-api-migrate", "learner-api-migrate-keys"}
    assert set(plan.unit("learner-api").needs) == tables
    assert set(plan.unit("learner-api-relay").needs) == {*tables, "topics"}
    assert plan.unit("learner-api-migrate").needs == ("provision",)
    assert plan.unit("provision").needs == ("postgres",)
    assert plan.unit("provision").kind is Kind.TASK


def test_existing_servers_take_the_place_of_our_own(home: Home) -> None:
    plan = plan_with(
        home,
        DATABASE_URL="postgresql://root:hush@db.example/postgres",
        KAFKA_BOOTSTRAP="kafka.example:9092",
        OIDC_ISSUER="https://id.example",
    )
    names = {unit.name for unit in plan.units}
    assert not names & {"postgres", "kafka", "issuer"}
    assert plan.unit("provision").needs == ()
    assert plan.unit("topics").needs == ()
    relay = plan.unit("learner-api-relay").environment
    assert relay["KAFKA_BOOTSTRAP"] == "kafka.example:9092"
    assert relay["OIDC_ISSUER"] == "https://id.example"
    url = Path(relay["LEARNER_API_DATABASE_RELAY_URL_FILE"]).read_text()
    assert "@db.example/matricula_learner_api" in url
    assert "hush" not in plan.to_json()


def test_a_database_given_by_itself_is_left_alone(home: Home) -> None:
    plan = plan_with(home, EVENT_LOG_DATABASE_URL="postgresql+asyncpg://me@elsewhere/mine")
    environment = plan.unit("event-log").environment
    assert "EVENT_LOG_DATABASE_URL_FILE" not in environment
    assert "EVENT_LOG_DATABASE_OWNER_URL_FILE" in environment


def test_settings_of_every_service_are_known_to_it(home: Home) -> None:
    """A variable that the service does not read would be a mistake that nobody sees."""
    for service in SERVICES:
        known = _variables_of(service.module)
        if known is None:
            continue
        given = platform_from(home, {}).environment(service)
        read = {name.removesuffix("_FILE") for name in given if name.startswith(service.prefix)}
        unread = {n for n in read if n not in known and f"{n}_FILE" not in known}
        assert unread - {f"{service.prefix}KEYS_DATABASE_RELAY_URL"} == set(), service.name


def _variables_of(module: str) -> set[str] | None:
    try:
        settings = import_module(f"{module}.settings")
    except ModuleNotFoundError:
        return None
    (found,) = [
        thing
        for thing in vars(settings).values()
        if isinstance(thing, type)
        and issubclass(thing, ServiceSettings)
        and thing is not ServiceSettings
    ]
    return {variable_of(found, name) for name in found.model_fields}


def test_a_moved_base_moves_the_addresses_that_services_are_told(home: Home) -> None:
    plan = plan_with(home, MATRICULA_PORT_BASE="30000")
    environment = plan.unit("gateway").environment
    assert environment["GATEWAY_LEARNER_API_URL"] == "http://127.0.0.1:30101"
    assert environment["OIDC_ISSUER"] == "http://127.0.0.1:30090"
    assert plan.unit("gateway").ports == (30080, 30081)
