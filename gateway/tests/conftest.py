"""A gateway as a real process behind a real socket, with an issuer and a service for it to meet."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from matricula_chassis.clock import SystemClock
from matricula_localstack.ports import free_ports
from matricula_testkit.tokens import TokenMint

STUB = Path(__file__).with_name("stub_service.py")
ALL_ROLES = (
    "training_coordinator", "compliance_officer", "data_quality", "manager", "compliance_manager",
    "dpo", "auditor", "partner", "learner", "mis", "it_ops",
)  # fmt: skip


def free_port() -> int:
    (port,) = free_ports(1)
    return port


class Issuer:
    """An issuer's metadata and key set on loopback; counts its fetches; can be stopped."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.mint = TokenMint(SystemClock(), issuer=self.url, lifetime=timedelta(minutes=5))
        self.jwks = self.mint.jwks
        self.fetches = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            document: dict[str, Any] = {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"}
            if head.startswith(b"GET /jwks "):
                self.fetches += 1
                document = self.jwks
            body = json.dumps(document).encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n"
                b"content-length: %d\r\n\r\n" % len(body) + body
            )
            await writer.drain()
        writer.close()


@dataclass
class GatewayProcess:
    """`matricula-gateway serve` with its own spool and key file."""

    directory: Path
    issuer: Issuer
    upstream_port: int
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    internal_port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def internal_url(self) -> str:
        return f"http://127.0.0.1:{self.internal_port}"

    @property
    def spool(self) -> Path:
        return self.directory / "spool"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def environment(self) -> dict[str, str]:
        upstream = f"http://127.0.0.1:{self.upstream_port}"
        return {
            **os.environ,
            "OIDC_ISSUER": self.issuer.url,
            "GATEWAY_PORT": str(self.port),
            "GATEWAY_INTERNAL_PORT": str(self.internal_port),
            "GATEWAY_LEARNER_API_URL": upstream,
            "GATEWAY_CONSENT_REGISTRY_URL": upstream,
            "GATEWAY_EVENT_LOG_URL": upstream,
            "GATEWAY_ILR_VALIDATOR_URL": upstream,
            "GATEWAY_SPOOL_DIRECTORY": str(self.spool),
            "GATEWAY_KEY_FILE": str(self.directory / "keys.json"),
            "GATEWAY_LINGER_SECONDS": "0.2",
            **self.settings,
        }

    async def start(self) -> None:
        with (self.directory / "gateway.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: ASYNC220 - returns at once
                [sys.executable, "-m", "matricula_gateway", "serve"],
                env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip
        await self.until_ready()

    async def until_ready(self) -> None:
        deadline = time.monotonic() + 60
        async with httpx.AsyncClient() as client:
            while time.monotonic() < deadline:
                assert self.process is not None
                assert self.process.poll() is None, self.log()
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(f"{self.internal_url}/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.05)
        raise AssertionError(self.log())

    def log(self) -> str:
        return (self.directory / "gateway.log").read_text()

    def kill(self, number: int = signal.SIGKILL) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)

    def token(self, *roles: str, **changes: Any) -> str:
        claims = {"roles": list(roles or ALL_ROLES), "sub": "person-1", **changes}
        return self.issuer.mint.token(audience="matricula-gateway", **claims)

    def bearer(self, *roles: str, **changes: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(*roles, **changes)}"}

    def memory(self) -> int:
        """Resident bytes of the gateway's process."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError

    async def metrics(self) -> str:
        async with httpx.AsyncClient() as client:
            return (await client.get(f"{self.internal_url}/metrics")).text


class Stub:
    """The service behind the gateway, and what it has seen."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process = subprocess.Popen([sys.executable, str(STUB), str(self.port)])

    async def until_ready(self) -> None:
        for _ in range(1_200):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            await asyncio.sleep(0.05)
        raise AssertionError("the stub service did not start")

    async def _get(self, path: str) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        writer.close()
        return body

    async def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(await self._get("/seen"))
        return found

    async def seen(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.state())["seen"]
        return found

    async def forget(self) -> None:
        """Begin anew, once what an earlier test left under way has ended: it would be counted."""
        await self.until_idle()
        await self._get("/forget")

    async def until_idle(self) -> None:
        """Wait until no request is under way; that a client is gone is noticed a moment later."""
        async with asyncio.timeout(30):
            while (await self.state())["open"]:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(10)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def issuer() -> AsyncIterator[Issuer]:
    one = Issuer()
    await one.start()
    yield one
    await one.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stub() -> AsyncIterator[Stub]:
    one = Stub()
    await one.until_ready()
    yield one
    one.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def gateway(
    issuer: Issuer, stub: Stub, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[GatewayProcess]:
    """One gateway for every test that leaves it as it was."""
    one = GatewayProcess(tmp_path_factory.mktemp("gateway"), issuer, stub.port)
    await one.start()
    yield one
    assert one.kill(signal.SIGTERM) == 0, one.log()


@pytest.fixture
def make_gateway(
    issuer: Issuer, stub: Stub, tmp_path: Path
) -> Iterator[Callable[..., GatewayProcess]]:
    """Make gateways that a test may hurt; not yet started."""
    made: list[GatewayProcess] = []

    def make(*, upstream_port: int | None = None, **settings: str) -> GatewayProcess:
        directory = tmp_path / f"gateway-{len(made)}"
        directory.mkdir()
        one = GatewayProcess(directory, issuer, upstream_port or stub.port, settings)
        made.append(one)
        return one

    yield make
    for one in made:
        if one.process is not None:
            one.kill()


@pytest_asyncio.fixture(loop_scope="session")
async def client(gateway: GatewayProcess, stub: Stub) -> AsyncIterator[httpx.AsyncClient]:
    await stub.forget()
    async with httpx.AsyncClient(base_url=gateway.url, timeout=20) as one:
        yield one
