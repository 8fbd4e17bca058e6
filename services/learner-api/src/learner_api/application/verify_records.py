"""Use case: a person says that accepted records are right; the worker then takes them live.

Checks what can be checked at once and stores the request; carries nothing out itself.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from learner_api.application.ports import Work
from learner_api.domain.submission import (
    RecordState,
    SubmissionState,
    Verification,
    VerificationMethod,
)
from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import Clock
from matricula_chassis.errors import Conflict, FieldFault, Invalid
from matricula_chassis.ids import IdSource


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRecords:
    """What was said: which records (None: all accepted ones), how, and the size of a sample."""

    submission_id: UUID
    ukprn: int
    record_ids: Sequence[UUID] | None
    method: VerificationMethod
    sample_size: int | None


async def verify_records(
    command: VerifyRecords, *, work: Work, context: ActionContext, clock: Clock, ids: IdSource
) -> UUID:
    """Ask for the records to go live; return the id of the verification.

    Raises NotFound, Conflict when the file is not checked yet or a record is not accepted, and
    Invalid when a sample has no size.
    """
    _require_sample_size(command)
    one = await work.submissions.get(command.submission_id, ukprn=command.ukprn, lock=True)
    if one.state is not SubmissionState.CHECKED:
        raise Conflict("submission-state-conflict", state=one.state)
    for record_id in command.record_ids or ():
        record = await work.staging.one(command.submission_id, record_id)
        if record.state is not RecordState.ACCEPTED:
            raise Conflict("record-state-conflict", state=record.state)
    asked = Verification(
        verification_id=ids.uuid7(),
        submission_id=command.submission_id,
        ukprn=command.ukprn,
        method=command.method,
        sample_size=command.sample_size,
        record_ids=None if command.record_ids is None else tuple(command.record_ids),
        actor=asdict(context.actor),
        correlation_id=context.correlation_id,
        requested_at=clock.now(),
    )
    await work.submissions.ask_verification(asked)
    return asked.verification_id


def _require_sample_size(command: VerifyRecords) -> None:
    is_sample = command.method is VerificationMethod.SAMPLE
    if is_sample == (command.sample_size is not None):
        return
    message = (
        "A sample needs its size: how many records were looked at."
        if is_sample
        else "Only the method `sample` has a size."
    )
    raise Invalid("validation-failed", faults=[FieldFault("/sample_size", "sample_size", message)])
