"""One process of a service from settings to exit code: logs, traces, listeners, workers, the end.

It knows no service. What runs is a `Process`, made by the service's bootstrap.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import structlog
import uvloop
from starlette.types import ASGIApp

from matricula_chassis.http.health import HealthRegistry, Probes
from matricula_chassis.observability.exceptions import exception_name
from matricula_chassis.observability.logging import configure_logging
from matricula_chassis.observability.metrics import observe_loop_lag
from matricula_chassis.observability.progress import ProgressWatchdog
from matricula_chassis.observability.tracing import configure_tracing
from matricula_chassis.runtime.serving import AddressInUse, Listener, serve_http
from matricula_chassis.runtime.supervision import (
    EXIT_BAD_CONFIGURATION,
    EXIT_CLEAN,
    EXIT_FAILURE,
    WorkerEnded,
    supervise,
)
from matricula_chassis.settings import BadConfiguration, ServiceSettings, load_settings

Worker = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until the event is set, then finishes what it has in hand and returns."""

_CLOSE_SECONDS: Final = 10.0

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Process:
    """What one process runs. `app` is served on the settings' host and port.

    A process without `app` serves its probes and metrics on `health_port`, when that is set.
    """

    health: HealthRegistry
    app: ASGIApp | None = None
    workers: Mapping[str, Worker] = field(default_factory=dict)
    watchdogs: Sequence[ProgressWatchdog] = ()
    extra_listeners: Sequence[Listener] = ()


ProcessFactory = Callable[[SettingsT], AbstractAsyncContextManager[Process]]
"""Builds everything a process needs, and takes it down again after the process has drained."""


def read_settings(source: Callable[[], SettingsT]) -> SettingsT:
    """Return the settings, or end with exit code 2 after naming each wrong one on stderr."""
    try:
        return load_settings(source) if isinstance(source, type) else source()
    except BadConfiguration as error:
        _name_faults(error)
        raise SystemExit(EXIT_BAD_CONFIGURATION) from None


def run_process(
    factory: ProcessFactory[SettingsT],
    settings: SettingsT,
    *,
    command: str,
    version: str,
    forbidden_log_keys: Collection[str] = (),
) -> int:
    """Run a long-lived process to its end and return the exit code."""

    async def main() -> None:
        stack = AsyncExitStack()
        process = await stack.enter_async_context(factory(settings))
        try:
            await _run(process, settings)
            log.info("process.drained")
        finally:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await stack.aclose()

    return _run_to_exit_code(
        main, settings, command=command, version=version, forbidden_log_keys=forbidden_log_keys
    )


def run_command(
    main: Callable[[SettingsT], Awaitable[int | None]],
    settings: SettingsT,
    *,
    command: str,
    version: str,
    forbidden_log_keys: Collection[str] = (),
) -> int:
    """Run a finite command and return its exit code (None means 0)."""
    outcome: list[int | None] = []

    async def run() -> None:
        outcome.append(await main(settings))

    code = _run_to_exit_code(
        run, settings, command=command, version=version, forbidden_log_keys=forbidden_log_keys
    )
    return code or (outcome[0] or EXIT_CLEAN)


async def _run(process: Process, settings: ServiceSettings) -> None:
    stop = asyncio.Event()
    listeners = _listeners(process, settings)
    waiting = {listener.name for listener in listeners}

    def started(name: str) -> None:
        waiting.discard(name)
        if not waiting:
            process.health.mark_started()

    if not listeners:
        process.health.mark_started()
    await supervise(
        *(
            serve_http(
                listener,
                stop=stop,
                drain_seconds=settings.drain_seconds,
                linger_seconds=settings.linger_seconds,
                on_started=lambda name=listener.name: started(name),  # type: ignore[misc]
            )
            for listener in listeners
        ),
        *(_until_stopped(name, worker, stop) for name, worker in process.workers.items()),
        _measure_lag(stop),
        stop=stop,
        drain_seconds=settings.drain_seconds,
        watchdogs=process.watchdogs,
        on_stop=process.health.mark_draining,
    )


def _listeners(process: Process, settings: ServiceSettings) -> list[Listener]:
    listeners = list(process.extra_listeners)
    if process.app is not None:
        listeners.append(Listener(process.app, settings.host, settings.port, name="http"))
    elif settings.health_port is not None:
        probes = Probes(health=process.health)
        listeners.append(
            Listener(probes, settings.health_host, settings.health_port, name="probes")
        )
    return listeners


async def _until_stopped(name: str, worker: Worker, stop: asyncio.Event) -> None:
    await worker(stop)
    if not stop.is_set():
        raise WorkerEnded(name)


async def _measure_lag(stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as group:
        measuring = group.create_task(observe_loop_lag())
        await stop.wait()
        measuring.cancel()


def _run_to_exit_code(
    main: Callable[[], Awaitable[None]],
    settings: ServiceSettings,
    *,
    command: str,
    version: str,
    forbidden_log_keys: Collection[str],
) -> int:
    configure_logging(
        service=settings.service_name,
        version=version,
        level=settings.log_level,
        log_format=settings.log_format,
        forbidden_keys=forbidden_log_keys,
    )
    stop_tracing = configure_tracing(
        service=settings.service_name, version=version, endpoint=settings.otlp_endpoint
    )
    structlog.contextvars.bind_contextvars(process=command)
    log.info("process.started")
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.get_loop().set_exception_handler(_on_loop_failure)
            runner.run(_awaited(main))
    except BadConfiguration as error:
        _name_faults(error)
        return EXIT_BAD_CONFIGURATION
    except Exception as error:  # noqa: BLE001 - the end of the process: it becomes the exit code
        _log_failure(error)
        return EXIT_FAILURE
    finally:
        stop_tracing()
        structlog.contextvars.clear_contextvars()
    log.info("process.ended", process=command)
    return EXIT_CLEAN


def _name_faults(error: BadConfiguration) -> None:
    for fault in error.faults:
        sys.stderr.write(f"setting {fault.variable} {fault.reason}\n")


async def _awaited(main: Callable[[], Awaitable[None]]) -> None:
    await main()


def _log_failure(error: Exception) -> None:
    if isinstance(error, ExceptionGroup):
        for member in error.exceptions:
            _log_failure(member)
        return
    if isinstance(error, AddressInUse):
        log.error("process.address_in_use", host=error.host, port=error.port)
        return
    worker = getattr(error, "worker", None)
    log.error("process.failed", worker=worker, exc_info=error)


def _on_loop_failure(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # The default handler prints the failed task, and with it the text of its exception.
    error = context.get("exception")
    kind = exception_name(error) if isinstance(error, BaseException) else None
    log.error("process.loop_failure", error_type=kind, exc_info=error)
