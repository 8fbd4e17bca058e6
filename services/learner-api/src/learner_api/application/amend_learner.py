"""Use case: a coordinator amends a live learner, against the version they saw."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from learner_api.application.create_learner import valid_record
from learner_api.application.ports import Indexes, Work
from learner_api.application.write_learners import LearnerWriter
from learner_api.domain.learner_version import Provenance
from learner_api.domain.merge_patch import merged
from learner_api.domain.record import canonical, data_classes_of
from matricula_chassis.errors import Conflict, NotFound, PreconditionFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendLearner:
    """A JSON merge patch (RFC 7396) on a learner's record, against a known version."""

    learner_id: UUID
    ukprn: int
    version: int
    patch: Mapping[str, Any]
    provenance: Provenance


async def amend_learner(
    command: AmendLearner, *, work: Work, writer: LearnerWriter, indexes: Indexes
) -> int:
    """Store the next version and return its number; the same number when nothing differs.

    Raises NotFound, PreconditionFailed when the version is another one, Invalid with a fault for
    each faulty field, and Conflict when a new LearnRefNumber belongs to somebody else.
    """
    locked = await work.learners.lock([command.learner_id])
    found = await work.learners.load([command.learner_id], ukprn=command.ukprn)
    if not locked or not found or not found[0].is_readable:
        raise NotFound("learner-not-found", learner_id=str(command.learner_id))
    stored = found[0]
    if stored.version != command.version:
        raise PreconditionFailed("precondition-failed")
    record = valid_record(merged(stored.record, command.patch))
    name = str(record["LearnRefNumber"])
    if name != stored.record["LearnRefNumber"] and await work.learners.references(
        command.ukprn, [name]
    ):
        raise Conflict("learner-exists")
    version = writer.next_version(
        stored,
        record,
        digest=indexes.digest(canonical(record)),
        data_classes=tuple(sorted(data_classes_of(record))),
        provenance=command.provenance,
    )
    if version is None:
        return stored.version
    await writer.replace(work, [version])
    return version.version
