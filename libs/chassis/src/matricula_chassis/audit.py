"""Who did what, to whom and why: the facts that every event carries beside its data.

Writing only: plain values without I/O. Sealing, queries and proofs belong to event-log. Nothing
here may hold personal data: subjects are pseudonyms, changed fields are names without values.
"""

import re
from dataclasses import KW_ONLY, dataclass, fields
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, Protocol, Self

_ACTION: Final = re.compile(r"[a-z][a-z0-9_]{0,39}(?::[a-z][a-z0-9_]{0,39}){1,3}")


@dataclass(frozen=True, slots=True)
class Action:
    """A parsed action: the path of the resource and the fact, as in `learner:amended`."""

    resource: tuple[str, ...]
    fact: str

    def __str__(self) -> str:
        return ":".join((*self.resource, self.fact))


@lru_cache(maxsize=1024)
def parse_action(text: str) -> Action:
    """Return the action that a tag names: two to four lower-case segments between colons.

    Raises ValueError for anything else, so that a report can group by segment without guessing.
    """
    if _ACTION.fullmatch(text) is None:
        raise ValueError("an action is two to four lower-case segments between colons")
    *resource, fact = text.split(":")
    return Action(tuple(resource), fact)


@dataclass(frozen=True, slots=True)
class Actor:
    """The pseudonym of who acts, and in which capacity. `ukprn` is the provider scope."""

    subject: str
    client_id: str
    _: KW_ONLY
    roles: tuple[str, ...] = ()
    acr: str | None = None
    acting_for: str | None = None
    ukprn: int | None = None


@dataclass(frozen=True, slots=True)
class AuditFacts:
    """What was done, about what and why: the audit block of one event.

    `subject_id` is the pseudonym of the person concerned, where there is one; `changed_fields`
    are names only; `rule` and `policy_version` say what decided. Empty members do not travel.
    """

    action: str
    resource_type: str
    resource_id: str
    _: KW_ONLY
    outcome: str = "done"
    ukprn: int | None = None
    subject_id: str | None = None
    data_classes: tuple[str, ...] = ()
    changed_fields: tuple[str, ...] = ()
    purpose: str | None = None
    lawful_basis: str | None = None
    reason: str | None = None
    # lint-skip: no-domain-words-in-chassis by what right it was done
    agreement_id: str | None = None
    rule: str | None = None
    policy_version: str | None = None
    approval: str | None = None
    break_glass: bool = False

    def __post_init__(self) -> None:
        parse_action(self.action)


class _Principal(Protocol):
    # The members of auth.Principal that are read here; auth stands beside this module, not below.
    @property
    def subject(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def ukprn(self) -> int | None: ...
    @property
    def roles(self) -> frozenset[str]: ...
    @property
    def acr(self) -> str | None: ...
    @property
    def acting_for(self) -> str | None: ...
    @property
    def correlation_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class ActionContext:
    """In whose name and on what occasion a unit of work acts.

    `causation_id` is the id of the event that led to it; `traceparent` is W3C trace context, taken
    from the present work where it is None.
    """

    actor: Actor
    correlation_id: str
    _: KW_ONLY
    causation_id: str | None = None
    traceparent: str | None = None

    @classmethod
    def from_principal(cls, principal: _Principal) -> Self:
        """Return the context of a request: its principal and correlation id."""
        actor = Actor(
            principal.subject,
            principal.client_id,
            roles=tuple(sorted(principal.roles)),
            acr=principal.acr,
            acting_for=principal.acting_for,
            ukprn=principal.ukprn,
        )
        return cls(actor, principal.correlation_id)

    @classmethod
    def system(cls, service: str, correlation_id: str, *, causation_id: str | None = None) -> Self:
        """Return the context of a service that acts by itself, for example in a consumer."""
        actor = Actor(service, service, roles=("service",))
        return cls(actor, correlation_id, causation_id=causation_id)


def audit_block(facts: AuditFacts, actor: Actor) -> dict[str, Any]:
    """Return the JSON object `audit` of an event; members without a value are left out."""
    block: dict[str, Any] = {"actor": _present(actor)}
    block.update(_present(facts))
    return block


def _present(value: Actor | AuditFacts) -> dict[str, Any]:
    names, read = _ACTOR_MEMBERS if isinstance(value, Actor) else _FACT_MEMBERS
    found = zip(names, read(value), strict=True)
    return {name: member for name, member in found if member not in _ABSENT}


def _members(kind: type[Actor | AuditFacts]) -> tuple[tuple[str, ...], "attrgetter[Any]"]:
    names = tuple(member.name for member in fields(kind))
    return names, attrgetter(*names)


_ABSENT: Final = (None, (), False)
_ACTOR_MEMBERS: Final = _members(Actor)
_FACT_MEMBERS: Final = _members(AuditFacts)
