"""Events of the gateway and of readers of data, and the log's own checkpoint. No personal data."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from matricula_contracts.events.base import (
    Base64,
    ClientId,
    Code,
    Count,
    Event,
    Id,
    Identifier,
    Position,
)


class DecisionRecorded(Event):
    """The gateway decided on a request. `operation` and `service` are absent for unknown routes."""

    TYPE: ClassVar[str] = "access.decision.recorded.v1"
    TOPIC: ClassVar[str] = "audit.access"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "decision_id": "01976b2e-7c00-7000-8000-0000000000e1",
        "client_id": "partner-one",
        "operation": "create_submission",
        "service": "learner-api",
        "decision": "allowed",
        "reason": "allowed",
        "status": 202,
        "policy_version": "1",
    }

    decision_id: Id
    client_id: ClientId | None = None
    operation: Code | None = None
    service: Code | None = None
    decision: Literal["allowed", "denied"]
    reason: Code
    status: Annotated[int, Field(ge=100, le=599)] | None = None
    policy_version: Identifier


class DataRead(Event):
    """A service gave out data. `rows` counts the things given; `resource_id` is a pseudonym."""

    TYPE: ClassVar[str] = "access.data.read.v1"
    TOPIC: ClassVar[str] = "audit.access"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "read_id": "01976b2e-7c00-7000-8000-0000000000f1",
        "client_id": "coordinator-desk",
        "operation": "get_learner",
        "resource_type": "learner",
        "resource_id": "01976b2e-7c00-7000-8000-000000000001",
        "rows": 1,
    }

    read_id: Id
    client_id: ClientId
    operation: Code
    resource_type: Code
    resource_id: Id | None = None
    rows: Count


class CheckpointSigned(Event):
    """The event log signed a tree head (RFC 6962 root over `size` leaves)."""

    TYPE: ClassVar[str] = "audit.checkpoint.signed.v1"
    TOPIC: ClassVar[str] = "audit.checkpoint"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "origin": "matricula.example/event-log",
        "size": 1024,
        "root_hash": "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
        "signed_at": "2026-03-02T09:15:00Z",
    }

    origin: Identifier
    size: Position
    root_hash: Base64
    signed_at: datetime


class DeadLetterResolved(Event):
    """An operator replayed or discarded a dead letter of a consumer."""

    TYPE: ClassVar[str] = "access.deadletter.resolved.v1"
    TOPIC: ClassVar[str] = "audit.access"
    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "consumer": "consent-registry",
        "event_id": "01976b2e-7c00-7000-8000-0000000000a9",
        "resolution": "replayed",
    }

    consumer: ClientId
    event_id: Id
    resolution: Literal["replayed", "discarded"]
