"""An export of the log: who asked for it, as of which size, and how far it is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class ExportState(StrEnum):
    """Life of an export, in order; `failed` may follow `running`."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One export. `size` is the signed size of the log that it shows, in events."""

    export_id: UUID
    requested_by: str
    client: str
    ukprn: int | None
    size: int
    state: ExportState
    events_written: int
    bytes: int | None
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
