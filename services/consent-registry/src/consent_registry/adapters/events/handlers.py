"""Inbound events: a checked submission is a use of its agreement."""

from typing import cast

from consent_registry.application.manage_agreements import note_use
from consent_registry.application.ports import Work
from consent_registry.domain.agreement import AgreementUse
from matricula_chassis.db.uow import UnitOfWork
from matricula_chassis.messaging.envelope import Envelope
from matricula_contracts.events import SubmissionChecked


async def on_submission_checked(uow: UnitOfWork, envelope: Envelope) -> None:
    """Record the use of the agreement that a submission was taken in under."""
    event = SubmissionChecked.read(envelope.data)
    use = AgreementUse(
        agreement_id=event.agreement_id,
        submission_id=event.submission_id,
        data_set=event.data_set,
        received_on=event.received_on,
        records=event.records,
        accepted=event.accepted,
    )
    await note_use(use, ukprn=event.ukprn, partner_id=event.partner_id, work=cast("Work", uow))


HANDLERS = {SubmissionChecked.TYPE: on_submission_checked}
