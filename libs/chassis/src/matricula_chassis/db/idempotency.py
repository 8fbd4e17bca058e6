"""Values of the idempotency key: which request claimed it, and the outcome that is replayed.

The outcome holds only what an answer can be rendered from again; no body, so no second copy of
personal data. The unit of work stores and reads them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A client's key for one request. `request_hash` is the SHA-256 of what was asked."""

    client_id: str
    key: str
    request_hash: bytes


@dataclass(frozen=True, slots=True)
class StoredOutcome:
    """What a POST led to: the HTTP status and the members that its answer is rendered from."""

    status: int
    resource_id: str | None = None
    etag: str | None = None
    location: str | None = None
