"""Use case: a coordinator keys in one learner."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from learner_api.application.ports import Indexes, Work
from learner_api.application.write_learners import LearnerWriter
from learner_api.domain.learner_version import Provenance
from learner_api.domain.record import canonical, data_classes_of
from learner_api.domain.record_checks import read_record
from matricula_chassis.clock import Clock
from matricula_chassis.errors import Conflict, FieldFault, Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateLearner:
    """The record as keyed in (ILR names), for a provider, by somebody."""

    ukprn: int
    record: Mapping[str, Any]
    provenance: Provenance


async def create_learner(
    command: CreateLearner, *, work: Work, writer: LearnerWriter, indexes: Indexes, clock: Clock
) -> UUID:
    """Store the learner as version 1; return the learner id.

    Raises Invalid with a fault for each faulty field, and Conflict when the provider has the
    LearnRefNumber already.
    """
    record = valid_record(command.record)
    name = str(record["LearnRefNumber"])
    if await work.learners.references(command.ukprn, [name]):
        raise Conflict("learner-exists")
    version = writer.first_version(
        record,
        ukprn=command.ukprn,
        person_id=None,
        digest=indexes.digest(canonical(record)),
        data_classes=tuple(sorted(data_classes_of(record))),
        entered_at=clock.now(),
        provenance=command.provenance,
    )
    await writer.add(work, [version])
    return version.learner_id


def valid_record(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record in its stored form; raises Invalid naming every faulty field."""
    record, faults = read_record(values)
    if faults:
        raise Invalid(
            "validation-failed",
            faults=[FieldFault(fault.pointer, fault.code, fault.message) for fault in faults],
        )
    return record
