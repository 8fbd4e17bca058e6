"""Builds the gateway's processes; the only module that knows concrete classes."""

import asyncio
import gc
import hashlib
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import orjson
from prometheus_client import REGISTRY

from matricula_chassis.auth.key_sets import DiscoveredJwks, RemoteKeySet
from matricula_chassis.auth.metadata import issuer_client
from matricula_chassis.auth.permissions import Policy
from matricula_chassis.auth.tokens import TokenVerifier, TrustedIssuer
from matricula_chassis.clock import SystemClock
from matricula_chassis.http.health import HealthRegistry, Probes
from matricula_chassis.http.problem import ProblemCatalogue
from matricula_chassis.ids import SystemIds
from matricula_chassis.messaging.producer import EventPublisher
from matricula_chassis.observability.progress import ProgressWatchdog
from matricula_chassis.runtime import Listener, Process
from matricula_chassis.settings import BadConfiguration, SettingFault
from matricula_contracts import policy as policy_contract
from matricula_contracts import problems as problems_contract
from matricula_gateway.adapters.clients.pool import PoolLimits, UpstreamPool
from matricula_gateway.adapters.events.publish import publish_spool
from matricula_gateway.adapters.events.reader import SpoolReader
from matricula_gateway.adapters.events.spool import Spool
from matricula_gateway.adapters.http.admission import Admission
from matricula_gateway.adapters.http.answers import Answers
from matricula_gateway.adapters.http.app import Gateway
from matricula_gateway.adapters.http.counts import Counts, GatewayCollector
from matricula_gateway.adapters.http.front_state import Front, FrontLimits
from matricula_gateway.adapters.http.internal import KeySetApp
from matricula_gateway.adapters.http.server import serve_front
from matricula_gateway.adapters.keys.issuer_keys import NoticedFetch, keep_fresh
from matricula_gateway.adapters.keys.key_ring import UnusableKeyFile, ensure_key_ring
from matricula_gateway.adapters.keys.signing import RotatingSigner
from matricula_gateway.application.sessions import SessionTable
from matricula_gateway.domain.fields import extended
from matricula_gateway.domain.rates import RateLimiter
from matricula_gateway.domain.routes import RouteTable
from matricula_gateway.settings import GatewaySettings

_FETCHED_BESIDE: Final = timedelta(days=365)
"""A task here fetches the issuer's keys in time, so that no request ever waits for them."""


class NotReady(Exception):  # noqa: N818 - named as the fact it states
    """A part of the gateway cannot do its work at present."""


@dataclass(slots=True)
class _Parts:
    """What the serving process is made of."""

    settings: GatewaySettings
    sessions: SessionTable
    signer: RotatingSigner
    spool: Spool
    fetch: NoticedFetch
    keys: RemoteKeySet
    pools: Mapping[str, UpstreamPool]
    front: Front
    counts: Counts
    gateway: Gateway
    is_listening: bool = False

    async def run_front(self, stop: asyncio.Event) -> None:
        """Serve the public listener, with everything that works beside it."""
        settings = self.settings

        def started() -> None:
            self.is_listening = True

        async with asyncio.TaskGroup() as group:
            beside = [
                group.create_task(self.spool.run()),
                group.create_task(self.signer.run()),
                group.create_task(keep_fresh(self.keys, every_seconds=settings.key_set_seconds)),
            ]
            await serve_front(
                self.gateway,
                self.front,
                host=settings.host,
                port=settings.port,
                stop=stop,
                linger_seconds=settings.linger_seconds,
                drain_seconds=settings.drain_seconds,
                on_started=started,
            )
            for task in beside:
                task.cancel()

    async def check_front(self) -> None:
        """Raise unless the public listener is there."""
        if not self.is_listening:
            raise NotReady("the listener is not there")

    async def check_keys(self) -> None:
        """Raise unless the issuer's keys were had at least once."""
        if not self.fetch.has_keys:
            raise NotReady("the issuer's keys were never had")

    async def check_spool(self) -> None:
        """Raise unless decisions can be recorded."""
        if not self.spool.is_open:
            raise NotReady("decisions cannot be recorded")

    def gauges(self) -> dict[str, float]:
        """Return the values that are measured when somebody asks."""
        return {
            "connections": len(self.front.connections),
            "in_flight": self.front.in_flight,
            "sessions": len(self.sessions),
            "spool_bytes": self.spool.bytes_kept,
            "spool_unpublished": self.spool.unpublished(),
            "spool_open": float(self.spool.is_open),
        }

    def upstream_failures(self) -> dict[tuple[str, str], int]:
        """Return the failures of exchanges by service and reason."""
        return {
            (name, reason): number
            for name, pool in self.pools.items()
            for reason, number in pool.counts.failures.items()
        }


@asynccontextmanager
async def serving(settings: GatewaySettings) -> AsyncIterator[Process]:
    """Build the process that serves; takes it down after it has drained."""
    async with AsyncExitStack() as stack:
        parts = await _build(settings, stack)
        health = HealthRegistry()
        health.register("listener", parts.check_front)
        health.register("issuer_keys", parts.check_keys)
        health.register("spool", parts.check_spool)
        collector = GatewayCollector(
            parts.counts,
            refused=parts.front.refused,
            gauges=parts.gauges,
            upstream_failures=parts.upstream_failures,
        )
        REGISTRY.register(collector)
        stack.callback(REGISTRY.unregister, collector)
        gc.collect()
        gc.freeze()  # what stands now stands until the end: collections need not look at it
        internal = Probes(KeySetApp(parts.signer.jwks), health=health)
        yield Process(
            health=health,
            workers={"front": parts.run_front},
            extra_listeners=[
                Listener(internal, settings.internal_host, settings.internal_port, name="internal")
            ],
        )


async def _build(settings: GatewaySettings, stack: AsyncExitStack) -> _Parts:
    clock, ids = SystemClock(), SystemIds()
    policy = Policy.from_document(policy_contract.DOCUMENT)
    sessions = SessionTable(
        policy=policy, size=settings.session_count, life_seconds=settings.session_seconds
    )
    signer = _signer(settings, clock=clock, ids=ids, sessions=sessions)
    client = await stack.enter_async_context(issuer_client())
    fetch = NoticedFetch(
        DiscoveredJwks(settings.oidc_issuer, client=client), on_withdrawn=sessions.forget
    )
    keys = RemoteKeySet(fetch, clock=clock, refresh_every=_FETCHED_BESIDE)
    stack.push_async_callback(keys.aclose)
    pools = _pools(settings, policy, stack)
    spool = Spool(settings.spool_directory, ids=ids, max_bytes=settings.spool_max_bytes)
    stack.callback(spool.close)
    answers = Answers(ProblemCatalogue.from_document(problems_contract.DOCUMENT))
    counts = Counts()
    admission = Admission(
        routes=RouteTable(policy),
        sessions=sessions,
        verifier=TokenVerifier([TrustedIssuer(settings.oidc_issuer, keys)], clock=clock),
        audience=settings.audience,
        limiter=RateLimiter(),
        passing=_passing(settings),
        clock=clock,
        monotonic=time.monotonic,
        ids=ids,
    )
    gateway = Gateway(
        admission=admission,
        upstreams=pools,
        signer=signer,
        log=spool,
        answers=answers,
        counts=counts,
        policy_version=policy_version(policy_contract.DOCUMENT),
        clock=clock,
        monotonic=time.monotonic,
        ids=ids,
    )
    front = Front(limits=_front_limits(settings), refusal=answers.protocol_refusal)
    return _Parts(
        settings=settings, sessions=sessions, signer=signer, spool=spool, fetch=fetch, keys=keys,
        pools=pools, front=front, counts=counts, gateway=gateway,
    )  # fmt: skip


def _signer(
    settings: GatewaySettings, *, clock: SystemClock, ids: SystemIds, sessions: SessionTable
) -> RotatingSigner:
    try:
        ring = ensure_key_ring(settings.key_file, now=clock.now(), ids=ids)
        return RotatingSigner(
            settings.key_file,
            ring,
            issuer=settings.internal_issuer,
            clock=clock,
            ids=ids,
            on_change=sessions.forget_internal,
        )
    except UnusableKeyFile as error:
        raise BadConfiguration([SettingFault("GATEWAY_KEY_FILE", error.fault)]) from None


def _pools(
    settings: GatewaySettings, policy: Policy, stack: AsyncExitStack
) -> dict[str, UpstreamPool]:
    limits = PoolLimits(
        connections=settings.upstream_connections,
        connect_seconds=settings.upstream_connect_seconds,
        head_seconds=settings.upstream_answer_seconds,
        stale_seconds=settings.upstream_stale_seconds,
    )
    pools = {}
    for service in {operation.service for operation in policy if not operation.internal}:
        if service not in settings.upstreams:
            name = f"GATEWAY_{service.upper().replace('-', '_')}_URL"
            raise BadConfiguration([SettingFault(name, "is missing")])
        host, port = settings.upstreams[service]
        loop = asyncio.get_running_loop()
        pool = UpstreamPool(service, host=host, port=port, limits=limits, loop=loop)
        pool.start()
        stack.push_async_callback(pool.close)
        pools[service] = pool
    return pools


def _passing(settings: GatewaySettings) -> frozenset[bytes]:
    names = [name for name in settings.forward_fields.split(",") if name.strip()]
    try:
        return extended(names)
    except ValueError:
        fault = SettingFault("GATEWAY_FORWARD_FIELDS", "names a field that never passes")
        raise BadConfiguration([fault]) from None


def _front_limits(settings: GatewaySettings) -> FrontLimits:
    return FrontLimits(
        head_seconds=settings.head_seconds,
        idle_seconds=settings.idle_seconds,
        body_window_seconds=settings.body_window_seconds,
        body_window_bytes=settings.body_window_bytes,
        write_seconds=settings.write_seconds,
        connections=settings.max_connections,
        connections_per_address=settings.max_connections_per_address,
        in_flight=settings.max_in_flight,
    )


def policy_version(document: Mapping[str, Any]) -> str:
    """Return a short name of the exact policy in force: the start of its SHA-256."""
    canonical = orjson.dumps(dict(document), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()[:16]


@asynccontextmanager
async def publishing(settings: GatewaySettings) -> AsyncIterator[Process]:
    """Build the process that publishes what the serving one has recorded."""
    if not settings.kafka_bootstrap:
        raise BadConfiguration([SettingFault("KAFKA_BOOTSTRAP", "is missing")])
    watchdog = ProgressWatchdog("spool", limit_seconds=settings.stall_seconds)
    async with AsyncExitStack() as stack:
        reader = SpoolReader(settings.spool_directory)
        stack.callback(reader.close)
        publisher = await stack.enter_async_context(
            EventPublisher(settings.kafka_bootstrap, client_id="matricula-gateway")
        )

        async def publish(stop: asyncio.Event) -> None:
            await publish_spool(reader, publisher, stop=stop, watchdog=watchdog)

        yield Process(health=HealthRegistry(), workers={"publish": publish}, watchdogs=[watchdog])
