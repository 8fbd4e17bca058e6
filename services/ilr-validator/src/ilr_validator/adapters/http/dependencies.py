"""What the endpoints need: who is asking, the means of the use cases, what a reader may see."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends

from ilr_validator.adapters.storage.keys import ReferenceIndex
from ilr_validator.adapters.storage.vault import Vault
from ilr_validator.application.learner_ports import LearnerChecks, LearnerWork, LearnerWorkFactory
from ilr_validator.application.ports import Work, WorkFactory
from ilr_validator.application.receive_validation import ReceiveValidation
from ilr_validator.domain.validation import Validation
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Policy, Principal, provider_of
from matricula_chassis.clock import Clock
from matricula_chassis.http import means_of
from matricula_chassis.ids import IdSource
from matricula_contracts.events import DataRead

SEES_LEARNERS = "finding.learner:read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Everything that endpoints use; `app.state.means`."""

    work: WorkFactory
    learner_work: LearnerWorkFactory
    checks: LearnerChecks
    vault: Vault
    receive: ReceiveValidation
    index: ReferenceIndex
    policy: Policy
    clock: Clock
    ids: IdSource
    cursor_secret: bytes


MeansDep = Annotated[Means, Depends(means_of)]


def sees_learners(means: Means, principal: Principal) -> bool:
    """Say whether the caller may see which learner a finding is about, and the values in it."""
    return means.policy.grants(principal, SEES_LEARNERS)


async def validation_of(means: Means, principal: Principal, validation_id: UUID) -> Validation:
    """Return a validation of the caller's provider; raises NotFound."""
    async with means.work(ActionContext.from_principal(principal)) as work:
        return await work.validations.get(validation_id, ukprn=provider_of(principal))


def note_read(
    work: Work | LearnerWork,
    principal: Principal,
    means: Means,
    *,
    operation: str,
    resource_type: str,
    resource_id: UUID,
    rows: int,
) -> None:
    """Record that personal data was given out; commits with the transaction that read it."""
    work.publish(
        DataRead(
            read_id=means.ids.uuid7(),
            client_id=principal.client_id,
            operation=operation,
            resource_type=resource_type,
            resource_id=resource_id,
            rows=rows,
        ),
        subject=principal.client_id,
        sequence=0,
        action=f"{resource_type}:read",
        resource_type=resource_type,
        ukprn=principal.ukprn,
        purpose=principal.purpose,
    )
