"""Use case: stop a validation. What was found is dropped; the file goes with its period."""

from uuid import UUID

from ilr_validator.application.ports import Work
from ilr_validator.domain.validation import Validation, ValidationState
from matricula_chassis.clock import Clock
from matricula_chassis.errors import Conflict
from matricula_contracts.events import ValidationCancelled


async def cancel_validation(
    validation_id: UUID, *, ukprn: int, work: Work, clock: Clock
) -> Validation:
    """Stop a validation and return it; stopping twice is stopping once.

    Raises NotFound, Conflict("validation-state-conflict") where it has ended otherwise.
    """
    await work.validations.get(validation_id, ukprn=ukprn)
    one = await work.validations.find(validation_id, lock=True)
    if one is None or one.state is ValidationState.CANCELLED:
        return await work.validations.get(validation_id, ukprn=ukprn)
    if one.is_ended:
        raise Conflict("validation-state-conflict", state=one.state.value)
    await work.validations.drop_shards(validation_id)
    await work.validations.drop_findings(validation_id)
    one = await work.validations.change(
        one, state=ValidationState.CANCELLED, version=one.version + 1, ended_at=clock.now()
    )
    work.publish(
        ValidationCancelled(validation_id=validation_id, ukprn=one.ukprn, checked=one.checked),
        subject=validation_id,
        sequence=one.version,
        action="validation:cancelled",
        resource_type="validation",
        ukprn=one.ukprn,
    )
    return one
