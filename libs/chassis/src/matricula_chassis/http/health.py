"""Health of a process: is it alive, has it started, can it do its work, and its metrics.

Liveness never depends on a database or broker: it only shows that the event loop turns.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Literal

import orjson
import structlog
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from matricula_chassis.observability.metrics import exposition

CheckResult = Literal["ok", "failed", "timed_out"]
Check = Callable[[], Awaitable[object]]

PROBE_PATHS: Final = ("/livez", "/readyz", "/startupz", "/metrics")
_READING_METHODS: Final = frozenset({"GET", "HEAD"})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether work can be done, and how each dependency answered."""

    is_ready: bool
    state: Literal["ready", "degraded", "not_ready", "starting", "draining"]
    checks: dict[str, CheckResult] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Dependency:
    check: Check
    timeout_seconds: float
    is_required: bool


class HealthRegistry:
    """The checks of one process. A check does real work and raises when it fails.

    Answers are kept for `keep_seconds`, so that a storm of probes is no load on a database.
    """

    def __init__(
        self,
        *,
        keep_seconds: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._dependencies: dict[str, _Dependency] = {}
        self._keep_seconds = keep_seconds
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._kept: tuple[float, Readiness] | None = None
        self._has_started = False
        self._is_draining = False

    def register(
        self, name: str, check: Check, *, timeout_seconds: float = 2.0, is_required: bool = True
    ) -> None:
        """Add a dependency; one that is not required only makes the state `degraded`."""
        self._dependencies[name] = _Dependency(check, timeout_seconds, is_required)
        self._kept = None

    def mark_started(self) -> None:
        """Note that start-up is done."""
        self._has_started = True

    def mark_draining(self) -> None:
        """Turn readiness off for good: the process is about to end."""
        self._is_draining = True

    @property
    def has_started(self) -> bool:
        """Whether start-up is done."""
        return self._has_started

    @property
    def is_draining(self) -> bool:
        """Whether the process is about to end."""
        return self._is_draining

    async def readiness(self) -> Readiness:
        """Ask every dependency, each within its own time-out."""
        if self._is_draining:
            return Readiness(is_ready=False, state="draining")
        if not self._has_started:
            return Readiness(is_ready=False, state="starting")
        async with self._lock:
            if self._kept is None or self._monotonic() - self._kept[0] > self._keep_seconds:
                answer = await self._ask()
                self._kept = (self._monotonic(), answer)
            return self._kept[1]

    async def _ask(self) -> Readiness:
        names = list(self._dependencies)
        results = await asyncio.gather(*(self._check(name) for name in names))
        checks = dict(zip(names, results, strict=True))
        bad = [name for name in names if checks[name] != "ok"]
        is_ready = not any(self._dependencies[name].is_required for name in bad)
        if not is_ready:
            return Readiness(is_ready=False, state="not_ready", checks=checks)
        return Readiness(is_ready=True, state="degraded" if bad else "ready", checks=checks)

    async def _check(self, name: str) -> CheckResult:
        dependency = self._dependencies[name]
        try:
            async with asyncio.timeout(dependency.timeout_seconds):
                await dependency.check()
        except TimeoutError:
            log.warning("health.check_timed_out", dependency=name)
            return "timed_out"
        except Exception as error:
            # Whatever a check raises means: not healthy.
            log.warning("health.check_failed", dependency=name, exc_info=error)
            return "failed"
        return "ok"


class Probes:
    """Answers /livez, /readyz, /startupz and /metrics; everything else goes to `app`.

    Without `app` it is the whole HTTP side of a process such as a relay or a consumer.
    """

    def __init__(self, app: ASGIApp | None = None, *, health: HealthRegistry) -> None:
        self._app = app
        self._health = health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a probe, or pass the request on."""
        if scope["type"] == "http" and scope["path"] in PROBE_PATHS:
            response = await self._answer(scope["method"], scope["path"])
        elif self._app is not None:
            await self._app(scope, receive, send)
            return
        elif scope["type"] == "http":
            response = Response(status_code=404)
        else:
            return
        await response(scope, receive, send)

    async def _answer(self, method: str, path: str) -> Response:
        if method not in _READING_METHODS:
            return Response(status_code=405, headers={"Allow": "GET, HEAD"})
        match path:
            case "/livez":
                return _state(200, "alive")
            case "/startupz":
                has_started = self._health.has_started
                return _state(200, "started") if has_started else _state(503, "starting")
            case "/metrics":
                content, media_type = exposition()
                return Response(content, headers=_headers(media_type))
            case _:
                readiness = await self._health.readiness()
                status = 200 if readiness.is_ready else 503
                return _state(status, readiness.state, checks=readiness.checks)


def _state(status: int, state: str, *, checks: dict[str, CheckResult] | None = None) -> Response:
    document: dict[str, object] = {"state": state}
    if checks:
        document["checks"] = checks
    return Response(
        orjson.dumps(document), status_code=status, headers=_headers("application/json")
    )


def _headers(media_type: str) -> dict[str, str]:
    return {"Cache-Control": "no-store", "Content-Type": media_type}
