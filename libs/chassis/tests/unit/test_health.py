"""Readiness, liveness and start-up, with dependencies that fail, hang or are asked by many."""

import asyncio
from collections.abc import Callable

import pytest
from fastapi import FastAPI

from matricula_chassis.http import HealthRegistry, Probes
from matricula_testkit.observed import CapturedLog, client_for

CANARY = "Testperson-Canary"


async def good() -> None:
    return


async def bad() -> None:
    raise ConnectionError(CANARY)


async def hanging() -> None:
    await asyncio.Event().wait()


async def test_a_process_is_ready_when_every_dependency_does_its_work(
    health: HealthRegistry,
) -> None:
    health.register("database", good)
    readiness = await health.readiness()
    assert (readiness.is_ready, readiness.state) == (True, "ready")
    assert readiness.checks == {"database": "ok"}


@pytest.mark.parametrize(("check", "result"), [(bad, "failed"), (hanging, "timed_out")])
async def test_a_required_dependency_that_fails_or_hangs_turns_readiness_off(
    health: HealthRegistry, captured_log: CapturedLog, check: Callable[[], object], result: str
) -> None:
    health.register("fine", good)
    health.register("database", check, timeout_seconds=0.02)  # type: ignore[arg-type]
    readiness = await health.readiness()
    assert (readiness.is_ready, readiness.state) == (False, "not_ready")
    assert readiness.checks == {"fine": "ok", "database": result}
    assert CANARY not in captured_log.text


async def test_an_optional_dependency_only_degrades(
    health: HealthRegistry, captured_log: CapturedLog
) -> None:
    health.register("broker", bad, is_required=False)
    readiness = await health.readiness()
    assert (readiness.is_ready, readiness.state) == (True, "degraded")
    assert captured_log.events("health.check_failed")


async def test_dependencies_are_asked_at_the_same_time(health: HealthRegistry) -> None:
    both = asyncio.Barrier(2)

    async def meet() -> None:
        await both.wait()

    health.register("one", meet)
    health.register("other", meet)
    assert (await health.readiness()).is_ready


async def test_a_storm_of_probes_asks_a_dependency_once() -> None:
    time = [0.0]
    asked = 0

    async def count() -> None:
        nonlocal asked
        asked += 1

    health = HealthRegistry(keep_seconds=1, monotonic=lambda: time[0])
    health.mark_started()
    health.register("database", count)
    await asyncio.gather(*(health.readiness() for _ in range(50)))
    assert asked == 1
    time[0] = 1.1
    await health.readiness()
    assert asked == 2


async def test_starting_and_draining_are_not_ready_and_still_alive() -> None:
    health = HealthRegistry()
    async with client_for(Probes(health=health)) as client:
        assert (await client.get("/readyz")).json() == {"state": "starting"}
        assert (await client.get("/startupz")).status_code == 503
        health.mark_started()
        assert (await client.get("/readyz")).status_code == 200
        assert (await client.get("/startupz")).status_code == 200
        health.mark_draining()
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"state": "draining"})
        assert (await client.get("/livez")).status_code == 200


async def test_probes_are_served_by_an_application_too(
    make_app: Callable[..., FastAPI], health: HealthRegistry, captured_log: CapturedLog
) -> None:
    health.register("database", bad)
    async with client_for(make_app()) as client:
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {"state": "not_ready", "checks": {"database": "failed"}}
        assert (await client.get("/livez")).json() == {"state": "alive"}
        metrics = await client.get("/metrics")
        assert metrics.headers["content-type"].startswith("text/plain")
        assert b"matricula_event_loop_lag_seconds" in metrics.content
        assert (await client.post("/livez")).status_code == 405
    assert not captured_log.events("http.request")


async def test_a_process_without_http_serves_nothing_but_probes() -> None:
    async with client_for(Probes(health=HealthRegistry())) as client:
        assert (await client.get("/v1/things")).status_code == 404
