"""The loopback ports of the platform: one base, one offset per listener, each changeable.

`MATRICULA_PORT_BASE` moves all of them; `MATRICULA_PORT_<NAME>` moves one.
"""

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import psutil

from matricula_localstack.faults import LocalStackError

DEFAULT_BASE: Final = 8000
OFFSETS: Final[Mapping[str, int]] = {
    "gateway": 80,
    "gateway-internal": 81,
    "issuer": 90,
    "kafka": 92,
    "kafka-controller": 93,
    "learner-api": 101,
    "consent-registry": 102,
    "event-log": 103,
    "ilr-validator": 104,
    "learner-api-intake": 111,
    "learner-api-relay": 112,
    "consent-registry-consume": 121,
    "consent-registry-relay": 122,
    "event-log-consume": 131,
    "event-log-seal": 132,
    "event-log-relay": 133,
    "gateway-relay": 141,
    "ilr-validator-work": 151,
    "ilr-validator-relay": 152,
    "ilr-validator-consume": 153,
    "postgres": 432,
}
_HIGHEST: Final = 65_535


class BadPortError(LocalStackError):
    """A port setting is not a usable port number."""

    def __init__(self, variable: str) -> None:
        super().__init__("a port setting is not a usable port number")
        self.variable = variable

    def __str__(self) -> str:
        return f"{self.args[0]}: {self.variable}"


@dataclass(frozen=True, slots=True)
class Ports:
    """The port of every listener, by its name in `OFFSETS`."""

    numbers: Mapping[str, int]

    def __getitem__(self, name: str) -> int:
        """Return the port of a listener (KeyError for an unknown name)."""
        return self.numbers[name]


def ports_from(environ: Mapping[str, str]) -> Ports:
    """Read the ports from the environment; BadPortError names a variable that is wrong."""
    base = _number(environ, "MATRICULA_PORT_BASE", DEFAULT_BASE)
    return Ports(
        {name: _number(environ, variable(name), base + offset) for name, offset in OFFSETS.items()}
    )


def variable(name: str) -> str:
    """Return the environment variable that moves one listener."""
    return f"MATRICULA_PORT_{name.upper().replace('-', '_')}"


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Return ports that nobody else is given while this process lives (for tests).

    Each stays bound here without listening: a server that names it may listen on it, and whoever
    asks for any free port gets another one.
    """
    found = []
    for _ in range(count):
        kept = socket.socket()
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        found.append(int(kept.getsockname()[1]))
        kept.detach()  # left open on purpose
    return found


def taken(wanted: Iterable[tuple[int, str]]) -> list[str]:
    """Return a sentence for each (port, purpose) that somebody else listens on."""
    return [
        f"port {port} ({purpose}) is in use{_by_whom(port)}"
        for port, purpose in wanted
        if not is_free(port)
    ]


def _by_whom(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            is_listener = connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
            if is_listener and connection.pid:
                return f" by {psutil.Process(connection.pid).name()}, process {connection.pid}"
    except psutil.Error:
        pass  # another account's process is not shown; the message does without its name
    return ""


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _HIGHEST:
        raise BadPortError(name)
    return int(text)
