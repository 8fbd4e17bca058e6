"""Use cases: register, activate and terminate an agreement, and note its use."""

from dataclasses import replace
from uuid import UUID

from consent_registry.application.ports import Work
from consent_registry.domain.agreement import Agreement, AgreementUse
from matricula_chassis.errors import PreconditionFailed
from matricula_contracts.events import (
    AgreementActivated,
    AgreementRegistered,
    AgreementTerminated,
    AgreementUsed,
)


async def register_agreement(one: Agreement, *, work: Work) -> None:
    """Enter an agreement as a draft."""
    await work.agreements.add(one)
    event = AgreementRegistered.model_validate(
        {
            "agreement_id": one.agreement_id,
            "ukprn": one.ukprn,
            "partner_id": one.partner_id,
            "data_sets": one.data_sets,
            "purposes": one.purposes,
            "data_classes": one.data_classes,
            "starts_on": one.starts_on,
            "ends_on": one.ends_on,
            "review_on": one.review_on,
        }
    )
    _publish(work, one, event, "registered")


async def activate_agreement(
    agreement_id: UUID, *, ukprn: int, version: int | None, work: Work
) -> Agreement:
    """Bring a draft into force; raises NotFound, Conflict, PreconditionFailed."""
    one = (await _locked(agreement_id, ukprn, version, work)).activated()
    await work.agreements.change(one)
    event = AgreementActivated(
        agreement_id=one.agreement_id,
        ukprn=one.ukprn,
        partner_id=one.partner_id,
        version=one.version,
    )
    _publish(work, one, event, "activated")
    return one


async def terminate_agreement(
    agreement_id: UUID, *, ukprn: int, version: int | None, reason: str, work: Work
) -> Agreement:
    """End an agreement at once; raises NotFound, Conflict, PreconditionFailed."""
    one = (await _locked(agreement_id, ukprn, version, work)).terminated()
    await work.agreements.change(one)
    event = AgreementTerminated(
        agreement_id=one.agreement_id,
        ukprn=one.ukprn,
        partner_id=one.partner_id,
        version=one.version,
        reason=reason,
    )
    _publish(work, one, event, "terminated", reason=reason)
    return one


async def note_use(use: AgreementUse, *, ukprn: int, partner_id: str, work: Work) -> None:
    """Record that a submission was taken in under an agreement, once."""
    one = await work.agreements.get(use.agreement_id, ukprn=ukprn, lock=True)
    if not await work.agreements.note_use(use):
        return
    event = AgreementUsed(
        agreement_id=use.agreement_id,
        ukprn=ukprn,
        partner_id=partner_id,
        submission_id=use.submission_id,
        data_set=use.data_set,
        received_on=use.received_on,
        records=use.records,
        accepted=use.accepted,
    )
    # A use is a fact of the agreement's stream, so it counts the version up: no gap on the wire.
    noted = replace(one, version=one.version + 1)
    await work.agreements.change(noted)
    _publish(work, noted, event, "used")


async def _locked(agreement_id: UUID, ukprn: int, version: int | None, work: Work) -> Agreement:
    one = await work.agreements.get(agreement_id, ukprn=ukprn, lock=True)
    if version is not None and version != one.version:
        raise PreconditionFailed("precondition-failed", expected=version, actual=one.version)
    return one


def _publish(
    work: Work,
    one: Agreement,
    event: AgreementRegistered | AgreementActivated | AgreementTerminated | AgreementUsed,
    fact: str,
    *,
    reason: str | None = None,
) -> None:
    work.publish(
        event,
        subject=one.agreement_id,
        sequence=one.version,
        action=f"agreement:{fact}",
        resource_type="agreement",
        ukprn=one.ukprn,
        agreement_id=str(one.agreement_id),
        data_classes=one.data_classes,
        reason=reason,
    )
