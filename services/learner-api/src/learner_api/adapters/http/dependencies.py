"""What the endpoints need: who is asking, the means of the use cases, the fields they may see."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends

from learner_api.application.ports import Indexes, Uploads, Work, WorkFactory
from learner_api.application.receive_upload import ReceiveUpload, Sender
from learner_api.application.write_learners import LearnerWriter
from learner_api.domain.learner_version import Provenance
from learner_api.domain.submission import Submission
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Policy, Principal, provider_of
from matricula_chassis.clock import Clock
from matricula_chassis.http import means_of
from matricula_chassis.ids import IdSource
from matricula_contracts.events import DataRead
from matricula_contracts.fields import ENTITIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Everything that endpoints use; `app.state.means`."""

    work: WorkFactory
    uploads: Uploads
    receive: ReceiveUpload
    writer: LearnerWriter
    indexes: Indexes
    policy: Policy
    clock: Clock
    ids: IdSource
    cursor_secret: bytes


MeansDep = Annotated[Means, Depends(means_of)]

PARTNER: Final = "partner"


def partner_of(principal: Principal) -> str | None:
    """Return the partner whose submissions alone the caller may see; None for all of them."""
    return principal.client_id if principal.roles == {PARTNER} else None


def sender_of(principal: Principal) -> Sender:
    """Return the caller as the partner that sends a file."""
    return Sender(principal.client_id, provider_of(principal))


def keyed_in_by(principal: Principal) -> Provenance:
    """Return the provenance of a record that the caller keys in."""
    return Provenance(
        source="keyed_in",
        actor=principal.subject,
        client_id=principal.client_id,
        accountable_owner=principal.subject,
    )


def note_read(
    work: Work,
    principal: Principal,
    means: Means,
    *,
    operation: str,
    resource_type: str,
    rows: int,
    resource_id: Any = None,
    ukprn: int | None = None,
    purpose: str | None = None,
) -> None:
    """Record that personal data was given out; commits with the transaction that read it.

    A service has no provider and names no purpose of its own: its endpoints say both.
    """
    event = DataRead(
        read_id=means.ids.uuid7(),
        client_id=principal.client_id,
        operation=operation,
        resource_type=resource_type,
        resource_id=resource_id,
        rows=rows,
    )
    work.publish(
        event,
        subject=principal.client_id,
        sequence=0,
        action=f"{resource_type}:read",
        resource_type=resource_type,
        ukprn=ukprn or principal.ukprn,
        purpose=purpose or principal.purpose,
    )


async def submission_of(means: Means, principal: Principal, submission_id: UUID) -> Submission:
    """Return a submission of the caller's provider, and of the partner itself; raises NotFound."""
    async with means.work(ActionContext.from_principal(principal)) as work:
        return await work.submissions.get(
            submission_id, ukprn=provider_of(principal), partner=partner_of(principal)
        )


def visible_part(
    record: Mapping[str, Any], *, policy: Policy, principal: Principal
) -> tuple[dict[str, Any], list[str]]:
    """Return the fields that the caller may see, and the names of those withheld, sorted."""
    withheld: set[str] = set()

    def grants(permission: str) -> bool:
        return policy.grants(principal, permission)

    shown = _visible("Learner", record, grants, withheld)
    return shown, sorted(withheld)


def _visible(
    entity: str, row: Mapping[str, Any], grants: Any, withheld: set[str]
) -> dict[str, Any]:
    known = ENTITIES[entity]
    fields = {item.name: item for item in known.fields}
    row_class = known.class_of_row(row)
    if row_class != "ordinary" and not grants(_PERMISSION_OF_CLASS[row_class]):
        withheld.add(entity)
        return {}
    shown: dict[str, Any] = {}
    for name, value in row.items():
        if name in fields:
            if grants(fields[name].visible_to_for(value)):
                shown[name] = value
            else:
                withheld.add(name)
        elif isinstance(value, list):
            rows = [_visible(name, item, grants, withheld) for item in value]
            shown[name] = [item for item in rows if item]
        else:
            shown[name] = _visible(name, value, grants, withheld)
    return shown


_PERMISSION_OF_CLASS: Final = {
    "special_category": "learner.special:read",
    "criminal_offence": "learner.criminal:read",
}
