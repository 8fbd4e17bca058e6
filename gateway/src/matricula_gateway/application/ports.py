"""What the gateway asks of the world, as protocols; adapters answer.

Must not name a library.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from matricula_gateway.domain.framing import Headers


class UpstreamFailure(Exception):  # noqa: N818 - named as the fact it states
    """A service could not be asked, or its answer broke off.

    `reason` is one of unreachable, busy, open, timeout, reset, malformed. `answered` is true when
    part of the answer had arrived; `sent` when any byte of the request may have been read.
    """

    def __init__(self, reason: str, *, answered: bool = False, sent: bool = True) -> None:
        super().__init__("upstream failed")
        self.reason = reason
        self.answered = answered
        self.sent = sent


class UpstreamExchange(Protocol):
    """One request to a service and its response, streamed both ways with back-pressure."""

    status: int
    headers: list[tuple[bytes, bytes]]
    """Of the response, names in lower case; set once `head` has returned."""

    @property
    def reused(self) -> bool:
        """Whether the connection had carried an earlier request."""
        ...

    @property
    def answered(self) -> bool:
        """Whether the head of the final response is here."""
        ...

    @property
    def finished(self) -> bool:
        """Whether the whole response has been taken."""
        ...

    def begin(self, head: bytes, *, bodyless: bool, on_answer: Callable[[], None] | None) -> None:
        """Write a request head. `bodyless`: the response to this method has no body (HEAD).

        `on_answer` is called once, when the head of the answer or the failure is there.
        """
        ...

    def write(self, data: bytes) -> bool:
        """Write part of the body; true means: `drain` before writing more."""
        ...

    def end(self) -> None:
        """Say that the request is complete; the time for the answer starts."""
        ...

    async def drain(self) -> None:
        """Wait until more may be written, or the answer is here; raises UpstreamFailure."""
        ...

    async def head(self) -> None:
        """Wait for the head of the response; raises UpstreamFailure."""
        ...

    def take(self) -> bytes | None:
        """Return body bytes that have arrived, b"" for none yet, None after the last."""
        ...

    async def more(self) -> None:
        """Wait until `take` has something to say; raises UpstreamFailure."""
        ...

    def abandon(self) -> None:
        """Break the connection off: nobody wants the rest."""
        ...


class Upstream(Protocol):
    """The connections to one service."""

    @property
    def authority(self) -> bytes:
        """Host and port, as the Host field names them."""
        ...

    async def acquire(self, *, idle_seconds: float, fresh: bool = False) -> UpstreamExchange:
        """Return a connection for one request; raises UpstreamFailure.

        `idle_seconds` bounds the silence within one response; `fresh` asks for a new connection.
        """
        ...

    def release(self, exchange: Any) -> None:
        """Give the connection back after its response, or after it was abandoned."""
        ...

    def note_failure(self, reason: str) -> None:
        """Count the failure of an exchange."""
        ...


class InternalSigner(Protocol):
    """Signs what the gateway says about a caller to one service."""

    def sign(self, claims: Mapping[str, Any], *, audience: str) -> str:
        """Return a short-lived token; members that are None are left out."""
        ...


class DecisionLog(Protocol):
    """Keeps decisions until they are published."""

    @property
    def is_open(self) -> bool:
        """Whether another decision could be kept now."""
        ...

    def append(self, payload: bytes) -> None:
        """Keep one encoded decision: it survives the end of this process. Raises SpoolRefused."""
        ...


class SpoolRefused(Exception):  # noqa: N818 - named as the fact it states
    """A decision could not be kept, so it must not take effect; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__("decision not recorded")
        self.reason = reason


class ClientStream(Protocol):
    """The client's side of a request, as far as ASGI does not describe it."""

    on_disconnect: Callable[[], None] | None

    @property
    def disconnected(self) -> bool:
        """Whether the client is gone."""
        ...

    def wake(self) -> None:
        """Let a pending `receive` return, with an empty part of the body."""
        ...


FieldList = Sequence[tuple[bytes, bytes]]
__all__ = [
    "ClientStream",
    "DecisionLog",
    "FieldList",
    "Headers",
    "InternalSigner",
    "SpoolRefused",
    "Upstream",
    "UpstreamExchange",
    "UpstreamFailure",
]
