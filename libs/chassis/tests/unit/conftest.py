"""Fixtures of the chassis's unit tests: a captured log and applications to probe."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI

from matricula_chassis.http import HealthRegistry, create_app
from matricula_testkit.observed import CapturedLog, capturing_log, small_catalogue


@pytest.fixture
def captured_log() -> Iterator[CapturedLog]:
    with capturing_log() as captured:
        yield captured


@pytest.fixture
def health() -> HealthRegistry:
    registry = HealthRegistry(keep_seconds=0)
    registry.mark_started()
    return registry


@pytest.fixture
def make_app(health: HealthRegistry) -> Callable[..., FastAPI]:
    def make(*routers: APIRouter, **changes: Any) -> FastAPI:
        arguments: dict[str, Any] = {
            "service": "probe",
            "title": "Probe",
            "version": "1.0.0",
            "description": "An application for tests.",
            "problems": small_catalogue(thing_not_found=404),
            "health": health,
            "authenticate": None,
        }
        return create_app(routers=routers, **(arguments | changes))

    return make
