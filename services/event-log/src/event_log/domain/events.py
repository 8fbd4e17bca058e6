"""Sealed events as auditors see them, what they search by, and whose events a person may see."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

_WHOLE_PROVIDER = frozenset({"auditor", "dpo", "compliance_manager"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEvent:
    """One sealed event. `canonical` is the leaf; `person` the pseudonym of whom it concerns."""

    position: int
    event_id: UUID
    type: str
    topic: str
    source: str
    subject: str
    sequence: int
    time: datetime
    correlation: str
    actor: str | None
    client: str | None
    action: str | None
    outcome: str | None
    purpose: str | None
    person: str | None
    ukprn: int | None
    canonical: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """What to search for; None means anything. `subject` also finds the person concerned."""

    subject: str | None = None
    actor: str | None = None
    client: str | None = None
    action: str | None = None
    type: str | None = None
    correlation: str | None = None
    purpose: str | None = None
    outcome: str | None = None
    from_time: datetime | None = None
    to_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose events may be seen: each part that is not None must match.

    Only an auditor who is bound to no provider has the empty scope, which sees the whole log.
    """

    ukprn: int | None = None
    actor: str | None = None
    client: str | None = None
    subject: str | None = None


def scope_of(
    roles: AbstractSet[str], *, subject: str, client: str, ukprn: int | None
) -> Scope | None:
    """Return what these roles may see (access matrix, event_log.query); None for nothing.

    Where a role sees its team, it sees its own actions until teams are known to the platform.
    """
    if "auditor" in roles and ukprn is None:
        return Scope()
    if ukprn is None:
        return None
    if roles & _WHOLE_PROVIDER:
        return Scope(ukprn)
    if "partner" in roles:
        return Scope(ukprn, client=client)
    if "learner" in roles:
        return Scope(ukprn, subject=subject)
    return Scope(ukprn, actor=subject)
