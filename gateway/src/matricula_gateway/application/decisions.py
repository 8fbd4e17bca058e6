"""What the gateway records of a decision, and its encoding for the spool.

Codes, identifiers and times; never a path, a query or anything of a body. Must not do I/O.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from matricula_chassis.auth.policy_document import Operation
from matricula_chassis.auth.principal import Claims
from matricula_gateway.application.rulings import Ruling

TOPIC: Final = "audit.access"
TYPE: Final = "access.decision.recorded.v1"
SOURCE: Final = "/gateway"
ANONYMOUS: Final = "anonymous"
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and on what occasion a decision was made."""

    decision_id: UUID
    time: datetime
    correlation_id: str
    traceparent: str | None


def identifier(text: str) -> str:
    """Return a client or subject id as the contract allows it, else a stable pseudonym of it."""
    if _IDENTIFIER.fullmatch(text) is not None:
        return text
    return "h-" + hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


def encode_decision(
    occasion: Occasion,
    ruling: Ruling,
    *,
    operation: Operation | None,
    claims: Claims | None,
    purpose: str | None,
    status: int | None,
    policy_version: str,
    reason: str | None = None,
) -> bytes:
    """Return one decision as the JSON that the spool keeps and the publisher reads.

    `status` is the answer's, None when the client left before one; `reason` is more exact than the
    ruling's where there is such a code.
    """
    code = reason or ruling.reason
    client = identifier(claims.client_id) if claims is not None else None
    data: dict[str, Any] = {
        "decision_id": occasion.decision_id,
        "decision": "allowed" if ruling.is_admitted else "denied",
        "reason": code,
        "policy_version": policy_version,
    }
    if client is not None:
        data["client_id"] = client
    if operation is not None:
        data["operation"] = operation.name
        data["service"] = operation.service
    if status is not None:
        data["status"] = status
    data["audit"] = _audit(
        ruling, code=code, operation=operation, claims=claims, purpose=purpose,
        policy_version=policy_version, decision_id=occasion.decision_id,
    )  # fmt: skip
    return orjson.dumps(
        {
            "id": occasion.decision_id,
            "time": occasion.time,
            "correlation_id": occasion.correlation_id,
            "traceparent": occasion.traceparent,
            "data": data,
        }
    )


def _audit(
    ruling: Ruling,
    *,
    code: str,
    operation: Operation | None,
    claims: Claims | None,
    purpose: str | None,
    policy_version: str,
    decision_id: UUID,
) -> dict[str, Any]:
    """Return the audit block that every event carries, in the shape that chassis.audit writes."""
    block: dict[str, Any] = {
        "actor": _actor(claims),
        "action": "access:allowed" if ruling.is_admitted else "access:denied",
        "resource_type": "operation" if operation is not None else "route",
        "resource_id": operation.name if operation is not None else str(decision_id),
        "outcome": "done" if ruling.is_admitted else "denied",
        "reason": code,
        "policy_version": policy_version,
    }
    if claims is not None and claims.ukprn is not None:
        block["ukprn"] = claims.ukprn
    if purpose is not None:
        block["purpose"] = purpose
    return block


def _actor(claims: Claims | None) -> dict[str, Any]:
    if claims is None:
        return {"subject": ANONYMOUS, "client_id": ANONYMOUS}
    actor: dict[str, Any] = {
        "subject": identifier(claims.actor or claims.subject),
        "client_id": identifier(claims.client_id),
        "roles": sorted(claims.roles),
    }
    if claims.acr is not None:
        actor["acr"] = claims.acr
    if claims.actor is not None:
        actor["acting_for"] = identifier(claims.subject)
    if claims.ukprn is not None:
        actor["ukprn"] = claims.ukprn
    return actor
