"""What the endpoints need: who is asking, the means of the use cases, what a reader may see."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from ilr_validator.adapters.storage.keys import ReferenceIndex
from ilr_validator.adapters.storage.vault import Vault
from ilr_validator.application.learner_ports import LearnerChecks, LearnerWorkFactory
from ilr_validator.application.ports import Work, WorkFactory
from ilr_validator.application.receive_validation import ReceiveValidation
from ilr_validator.domain.validation import Validation
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Policy, Principal
from matricula_chassis.clock import Clock
from matricula_chassis.errors import Forbidden
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


def _means(request: Request) -> Means:
    means: Means = request.app.state.means
    return means


MeansDep = Annotated[Means, Depends(_means)]


def provider_of(principal: Principal) -> int:
    """Return the provider whose validations the caller may see; raises Forbidden without one."""
    if principal.ukprn is None:
        raise Forbidden("forbidden", reason="no_provider_scope")
    return principal.ukprn


def context_of(principal: Principal) -> ActionContext:
    """Return in whose name the unit of work acts."""
    return ActionContext.from_principal(principal)


def sees_learners(means: Means, principal: Principal) -> bool:
    """Say whether the caller may see which learner a finding is about, and the values in it."""
    return means.policy.grants(principal, SEES_LEARNERS)


async def validation_of(means: Means, principal: Principal, validation_id: UUID) -> Validation:
    """Return a validation of the caller's provider; raises NotFound."""
    async with means.work(context_of(principal)) as work:
        return await work.validations.get(validation_id, ukprn=provider_of(principal))


def note_read(
    work: Work,
    principal: Principal,
    means: Means,
    *,
    operation: str,
    validation_id: UUID,
    rows: int,
) -> None:
    """Record that personal data was given out; commits with the transaction that read it."""
    work.publish(
        DataRead(
            read_id=means.ids.uuid7(),
            client_id=principal.client_id,
            operation=operation,
            resource_type="validation",
            resource_id=validation_id,
            rows=rows,
        ),
        subject=principal.client_id,
        sequence=0,
        action="validation:read",
        resource_type="validation",
        ukprn=principal.ukprn,
        purpose=principal.purpose,
    )
