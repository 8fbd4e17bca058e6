"""The relay process, the same in every service: it publishes the outbox and does nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from matricula_chassis.clock import SystemClock
from matricula_chassis.http.health import HealthRegistry
from matricula_chassis.messaging.relay import Relay
from matricula_chassis.runtime.process import Process
from matricula_chassis.settings import ServiceSettings


@asynccontextmanager
async def relay_process(settings: ServiceSettings, *, service: str) -> AsyncIterator[Process]:
    """Build the process that publishes a service's outbox; raises BadConfiguration."""
    relay = Relay(
        settings.required("database_relay_url"),
        settings.kafka_bootstrap,
        service=service,
        clock=SystemClock(),
    )
    yield Process(health=HealthRegistry(), workers={"relay": relay.run})
