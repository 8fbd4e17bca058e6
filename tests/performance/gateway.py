"""What a request through the gateway costs, beside FastAPI with httpx doing the same in one run.

CPU is user and system time of the gateway's process, divided by requests. Compare the ratios of
one run; rates of a shared machine say little. Nothing is asserted here.
"""

import asyncio
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

import uvloop

from matricula_chassis.clock import SystemClock
from matricula_testkit.tokens import TokenMint

HERE: Final = Path(__file__).resolve()
PEER: Final = HERE.with_name("gateway_peer.py")
BODY: Final = b'{"learner":"' + b"x" * 900 + b'"}'
TARGET: Final = "/v1/learners/01976b2e-7c00-7000-8000-000000000001"
TOKENS: Final = 200
CONNECTIONS: Final = 32
ROUNDS: Final = 3
Round = tuple[dict[str, float], dict[str, float]]
"""What was found of the gateway and of its peer."""

_LENGTH: Final = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_TICKS: Final = os.sysconf("SC_CLK_TCK")


# --- the service behind both, and the issuer ------------------------------------------------------


class Upstream(asyncio.Protocol):
    """Answers every request without a body with the same 914 bytes."""

    answer = (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
        % (
            len(BODY),
            BODY,
        )
    )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.pending = b""

    def data_received(self, data: bytes) -> None:
        self.pending += data
        while (end := self.pending.find(b"\r\n\r\n")) >= 0:
            self.pending = self.pending[end + 4 :]
            self.transport.write(self.answer)


class Issuer(asyncio.Protocol):
    """Serves the metadata and the key set that are given on the command line."""

    documents: ClassVar[dict[str, bytes]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        path = data.split(b" ", 2)[1]
        document = self.documents["jwks" if path == b"/jwks" else "metadata"]
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b"
            % (len(document), document)
        )
        self.transport.close()


async def serve_stubs(upstream_port: int, issuer_port: int, jwks: str) -> None:
    """Run the upstream and the issuer until killed."""
    url = f"http://127.0.0.1:{issuer_port}"
    metadata = {"issuer": url, "jwks_uri": f"{url}/jwks"}
    Issuer.documents = {"jwks": jwks.encode(), "metadata": json.dumps(metadata).encode()}
    loop = asyncio.get_running_loop()
    await loop.create_server(Upstream, "127.0.0.1", upstream_port)
    await loop.create_server(Issuer, "127.0.0.1", issuer_port)
    await asyncio.Event().wait()


# --- the load -------------------------------------------------------------------------------------


class Client(asyncio.Protocol):
    """One connection that sends its next request when the last is answered."""

    def __init__(self, requests: Iterator[bytes], latencies: list[float]) -> None:
        self.requests = requests
        self.latencies = latencies
        self.failures = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.received = b""
        self.began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.next()

    def next(self) -> None:
        request = next(self.requests, None)
        if request is None:
            self.transport.close()
            return
        self.began = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        found = _LENGTH.search(self.received, 0, end)
        length = int(found[1]) if found else 0
        if len(self.received) < end + 4 + length:
            return
        self.latencies.append(time.perf_counter() - self.began)
        if not self.received.startswith(b"HTTP/1.1 200"):
            self.failures += 1
        self.received = b""
        self.next()

    def connection_lost(self, exc: Exception | None) -> None:
        self.done.set_result(None)


async def load(
    port: int, heads: Sequence[bytes], *, connections: int, count: int
) -> dict[str, float]:
    """Send `count` requests over `connections`; returns rate and latencies in milliseconds."""
    requests = iter([heads[index % len(heads)] for index in range(count)])
    latencies: list[float] = []
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    clients = [
        (await loop.create_connection(lambda: Client(requests, latencies), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(client.done for client in clients))
    seconds = time.perf_counter() - began
    if sum(client.failures for client in clients) or len(latencies) != count:
        raise RuntimeError("requests of the benchmark failed")
    ordered = sorted(latencies)
    return {
        "answered": len(latencies),
        "per_second": len(latencies) / seconds,
        "p50_ms": 1000 * statistics.median(ordered),
        "p99_ms": 1000 * ordered[int(len(ordered) * 0.99)],
    }


# --- the run --------------------------------------------------------------------------------------


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    """User and system time of one process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def process(*command: str, **environment: str) -> Iterator[int]:
    """Run a process; yields its id."""
    child = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    try:
        yield child.pid
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(20)


def until_ok(url: str) -> None:
    """Wait until an address answers 200."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 - loopback
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("a process of the benchmark did not start")


def request_heads(tokens: Sequence[str]) -> list[bytes]:
    """Return a request for each token."""
    return [
        f"GET {TARGET} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n"
        f"Authorization: Bearer {token}\r\n\r\n".encode()
        for token in tokens
    ]


async def measure(pid: int, port: int, heads: Sequence[bytes], count: int) -> dict[str, float]:
    """Load one process and divide its CPU by the requests."""
    before = cpu_seconds(pid)
    found = await load(port, heads, connections=CONNECTIONS, count=count)
    found["cpu_us"] = 1e6 * (cpu_seconds(pid) - before) / found["answered"]
    return found


@dataclass(frozen=True, slots=True)
class Ground:
    """The processes of one run and what is asked of them."""

    mint: TokenMint
    upstream_port: int
    gateway: tuple[int, int]
    """Process id and port."""
    peer: tuple[int, int]

    def heads(self) -> list[bytes]:
        """Return requests with fresh tokens."""
        return request_heads(
            [
                self.mint.token(
                    audience="matricula-gateway", roles=["compliance_officer"], sub=f"person-{n}"
                )
                for n in range(TOKENS)
            ]
        )

    async def round(self, gateway_requests: int, peer_requests: int) -> Round:
        """Measure both, one after the other."""
        return (
            await measure(*self.gateway, self.heads(), gateway_requests),
            await measure(*self.peer, self.heads(), peer_requests),
        )


@contextmanager
def _ground() -> Iterator[Ground]:
    upstream, issuer, public, internal, peer = (free_port() for _ in range(5))
    mint = TokenMint(
        SystemClock(), issuer=f"http://127.0.0.1:{issuer}", lifetime=timedelta(minutes=5)
    )
    with tempfile.TemporaryDirectory() as directory:
        shared = {
            "OIDC_ISSUER": mint.issuer,
            "GATEWAY_LEARNER_API_URL": f"http://127.0.0.1:{upstream}",
            "GATEWAY_KEY_FILE": f"{directory}/keys.json",
            "GATEWAY_PORT": str(public),
            "GATEWAY_INTERNAL_PORT": str(internal),
        }
        stubs = (sys.executable, str(HERE), "stubs", str(upstream), str(issuer))
        ours = (sys.executable, "-m", "matricula_gateway", "serve")
        theirs = (sys.executable, str(PEER), str(peer))
        with (
            process(*stubs, json.dumps(mint.jwks)),
            process(*ours, GATEWAY_SPOOL_DIRECTORY=f"{directory}/a", **shared) as our_pid,
            process(*theirs, GATEWAY_SPOOL_DIRECTORY=f"{directory}/b", **shared) as peer_pid,
        ):
            until_ok(f"http://127.0.0.1:{internal}/readyz")
            until_ok(f"http://127.0.0.1:{peer}/livez")
            yield Ground(mint, upstream, (our_pid, public), (peer_pid, peer))


async def run(gateway_requests: int = 20_000, peer_requests: int = 1_000) -> list[dict[str, Any]]:
    """Measure both in turns and return one row for each figure, medians over the rounds."""
    with _ground() as ground:
        await ground.round(2_000, 200)  # warms both up
        rounds = [await ground.round(gateway_requests, peer_requests) for _ in range(ROUNDS)]
        one = await load(ground.gateway[1], ground.heads(), connections=1, count=2_000)
        direct = await load(ground.upstream_port, ground.heads(), connections=1, count=2_000)
    return [
        _row("gateway: CPU of a request", "µs", "cpu_us", rounds),
        _row(f"gateway: requests, {CONNECTIONS} connections", "1/s", "per_second", rounds),
        _row(f"gateway: p99, {CONNECTIONS} connections", "ms", "p99_ms", rounds),
        {
            "name": "gateway: median of a request, one connection",
            "unit": "ms",
            "value": round(one["p50_ms"], 3),
            "baseline": "the service asked directly",
            "baseline_value": round(direct["p50_ms"], 3),
            "ratio": round(one["p50_ms"] / direct["p50_ms"], 3),
        },
    ]


def _row(name: str, unit: str, figure: str, rounds: Sequence[Round]) -> dict[str, Any]:
    value, peer = (statistics.median(one[index][figure] for one in rounds) for index in (0, 1))
    return {
        "name": name,
        "unit": unit,
        "value": round(value, 2),
        "baseline": "FastAPI + httpx with the same decisions and records",
        "baseline_value": round(peer, 2),
        "ratio": round(value / peer, 4),
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["stubs"]:
        uvloop.run(serve_stubs(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
    else:
        for found in asyncio.run(run()):
            print(json.dumps(found, ensure_ascii=False))
