"""A service in one file, run as a real process by the tests beside it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import APIRouter, Request
from pydantic import BaseModel
from pydantic_settings import SettingsConfigDict

from matricula_chassis.http import (
    EventSourceResponse,
    HealthRegistry,
    ServerSentEvent,
    create_app,
    progress_events,
)
from matricula_chassis.observability.progress import ProgressWatchdog
from matricula_chassis.runtime import Commands, Process, service_app
from matricula_chassis.settings import ServiceSettings
from matricula_testkit.observed import small_catalogue

CANARY = "Testperson-Canary"

log = structlog.get_logger()
router = APIRouter()


class ProbeSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PROBE_")

    service_name: str = "probe"
    hangs: bool = False


class State(BaseModel):
    done: int = 0


@router.get("/slow/{seconds}")
async def wait_slowly(seconds: float) -> float:
    log.info("slow.begun")
    await asyncio.sleep(seconds)
    log.info("slow.ended")
    return seconds


@router.get("/fail")
async def fail_badly() -> None:
    loop = asyncio.get_running_loop()
    loop.call_soon(_raise)
    logging.getLogger("asyncio").error("Task exception was never retrieved %s", CANARY)
    raise ValueError(CANARY)


def _raise() -> None:
    raise RuntimeError(CANARY)


@router.get("/progress", response_class=EventSourceResponse)
async def watch_progress(request: Request) -> AsyncIterator[ServerSentEvent]:
    log.info("progress.watched")

    async def snapshot() -> State:
        return State()

    async for event in progress_events(
        request, snapshot, is_final=lambda _: False, every_seconds=0.05
    ):
        yield event


@asynccontextmanager
async def serve(_settings: ProbeSettings) -> AsyncIterator[Process]:
    health = HealthRegistry(keep_seconds=0)
    app = create_app(
        service="probe",
        title="Probe",
        version="1",
        description="A probe.",
        routers=[router],
        problems=small_catalogue(),
        health=health,
        authenticate=None,
    )
    yield Process(health=health, app=app)
    log.info("pool.closed")


@asynccontextmanager
async def consume(settings: ProbeSettings) -> AsyncIterator[Process]:
    watchdog = ProgressWatchdog("things", limit_seconds=settings.stall_seconds)

    async def work(stop: asyncio.Event) -> None:
        if settings.hangs:
            watchdog.lag_is(1)
            await asyncio.Event().wait()
        await stop.wait()
        await asyncio.sleep(0.05)
        log.info("batch.finished")

    yield Process(health=HealthRegistry(), workers={"things": work}, watchdogs=[watchdog])
    log.info("pool.closed")


app = service_app(
    "probe",
    settings=ProbeSettings,
    commands=Commands[ProbeSettings](serve=serve, consume=consume),
)

if __name__ == "__main__":
    app()
