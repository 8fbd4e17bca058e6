"""The commands of a process: what they print, how they end, which setting they ask for."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog
from pydantic_settings import SettingsConfigDict
from typer.testing import CliRunner

from matricula_chassis.http import HealthRegistry
from matricula_chassis.runtime import Commands, Process, ReplayOrder, service_app
from matricula_chassis.settings import ServiceSettings
from matricula_testkit.observed import CapturedLog, capturing_log

CANARY = "Testperson-Canary"


class ProbeSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PROBE_")

    service_name: str = "probe"
    outcome: str = "clean"


@asynccontextmanager
async def consume(settings: ProbeSettings) -> AsyncIterator[Process]:
    async def worker(_stop: object) -> None:
        if settings.outcome == "raises":
            raise ValueError(CANARY)

    async def limit(stop: asyncio.Event) -> None:  # a failure must not hang the run
        async with asyncio.timeout(30):
            await stop.wait()

    yield Process(health=HealthRegistry(), workers={"things": worker, "limit": limit})


async def replay(_settings: ProbeSettings, order: ReplayOrder) -> int:
    return order.limit


async def tidy(settings: ProbeSettings) -> int | None:
    """Tidy up."""
    structlog.get_logger().info("tidied", shoe_size=CANARY)
    return None if settings.outcome == "clean" else 3


COMMANDS = Commands[ProbeSettings](
    consume=consume,
    replay=replay,
    migrations="probe.migrations",
    openapi=lambda: {"b": 1, "a": "é"},
    once={"tidy": tidy},
    forbidden_log_keys=["ShoeSize"],
)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[CapturedLog]:
    monkeypatch.setenv("PROBE_PORT", "0")
    monkeypatch.setenv("PROBE_DATABASE_URL", "postgresql+asyncpg://probe@127.0.0.1:1/x")
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("OIDC_ISSUER", "http://127.0.0.1:2")
    monkeypatch.setenv("GATEWAY_JWKS_URL", "http://127.0.0.1:3/keys")
    for name in ("PROBE_OUTCOME", "PROBE_DATABASE_OWNER_URL", "PROBE_HEALTH_PORT"):
        monkeypatch.delenv(name, raising=False)
    with capturing_log() as captured:
        yield captured


def run(*arguments: str) -> tuple[int, str]:
    app = service_app("probe", settings=ProbeSettings, commands=COMMANDS)
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_only_the_commands_that_a_service_has_appear() -> None:
    code, output = run("--help")
    assert code == 0
    assert all(name in output for name in ("consume", "migrate", "replay", "openapi", "tidy"))
    assert not any(name in output for name in ("serve", "relay", "asyncapi"))


def test_a_document_is_printed_sorted_and_without_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP")
    code, output = run("openapi")
    assert (code, output) == (0, '{\n  "a": "é",\n  "b": 1\n}\n')
    path = tmp_path / "openapi.json"
    assert run("openapi", "--output", str(path))[0] == 0
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": "é", "b": 1}


def test_a_bad_setting_ends_with_2_and_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PROBE_PORT", CANARY)
    monkeypatch.delenv("KAFKA_BOOTSTRAP")
    code, output = run("consume")
    assert code == 2
    assert "setting PROBE_PORT is not a whole number" in output
    assert "setting KAFKA_BOOTSTRAP is missing" in output
    assert CANARY not in output


def test_a_setting_that_one_command_needs_is_asked_for_by_it() -> None:
    code, output = run("migrate")
    assert code == 2
    assert "setting PROBE_DATABASE_OWNER_URL is missing" in output


def test_a_worker_that_fails_or_ends_makes_the_process_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code, output = run("consume")
    assert code == 1
    assert "WorkerEnded" in output
    monkeypatch.setenv("PROBE_OUTCOME", "raises")
    code, output = run("consume")
    assert code == 1
    assert '"type":"ValueError"' in output
    assert CANARY not in output


def test_a_finite_command_gives_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = run("tidy")
    assert code == 0
    assert '"shoe_size":"[redacted]"' in output
    monkeypatch.setenv("PROBE_OUTCOME", "other")
    assert run("tidy")[0] == 3
    assert run("replay", "--limit", "7")[0] == 7
    assert run("replay", "--limit", "0")[0] == 2
