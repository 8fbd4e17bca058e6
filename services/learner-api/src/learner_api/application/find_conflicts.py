"""Compares new records with whom is already on record: live, or accepted from an earlier file.

Reads only. Finds numbers that would join two different people, and records that say nothing new.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from learner_api.application.ports import Work
from learner_api.domain.learner_version import Identity
from learner_api.domain.record import PersonKey, person_key
from learner_api.domain.staged import StagedRecord, is_conflict
from learner_api.domain.submission import Reason, Submission

Conflicts = dict[UUID, set[str]]


async def find_conflicts(
    work: Work, submission: Submission, records: Sequence[StagedRecord]
) -> tuple[Conflicts, set[UUID]]:
    """Return the records that conflict with a person on record, and those that are unchanged."""
    ulns = [record.uln_index for record in records if record.uln_index is not None]
    names = [record.learn_ref_number for record in records if record.learn_ref_number]
    live = await work.learners.references(submission.ukprn, names)
    unchanged = {
        record.record_id
        for record in records
        if record.learn_ref_number in live and live[record.learn_ref_number][1] == record.digest
    }
    by_uln = await work.learners.with_uln(ulns)
    open_records = [record for record in records if record.record_id not in unchanged]
    identities = await work.learners.identities(
        list(
            {
                *(live[name][0] for name in _names(open_records) if name in live),
                *(
                    one
                    for record in open_records
                    if record.uln_index is not None
                    for one in by_uln.get(record.uln_index, ())
                ),
            }
        )
    )
    pending = await work.staging.pending(
        ukprn=submission.ukprn,
        uln_indexes=ulns,
        references=names,
        before=submission.received_at,
        but=submission.submission_id,
    )
    pending_by: dict[object, list[PersonKey]] = {}
    for waiting in pending:
        pending_by.setdefault(waiting.uln_index, []).append(waiting.person)
        if waiting.ukprn == submission.ukprn:
            pending_by.setdefault(waiting.learn_ref_number, []).append(waiting.person)
    conflicts: Conflicts = {}
    for record in open_records:
        known: list[PersonKey] = []
        if record.uln_index is not None:
            known += pending_by.get(record.uln_index, [])
        if record.learn_ref_number is not None:
            known += pending_by.get(record.learn_ref_number, [])
        if record.learn_ref_number in live:
            known += _persons(identities, [live[record.learn_ref_number][0]])
        if record.uln_index is not None:
            uln = record.data.get("ULN")
            same = [
                one
                for one in by_uln.get(record.uln_index, ())
                if one in identities and identities[one].uln == uln
            ]
            known += _persons(identities, same)
        person = person_key(record.data)
        if any(is_conflict(person, other) for other in known):
            conflicts[record.record_id] = {Reason.CONFLICTS_WITH_PERSON}
    return conflicts, unchanged


def _names(records: Iterable[StagedRecord]) -> Iterable[str]:
    return (record.learn_ref_number for record in records if record.learn_ref_number)


def _persons(identities: dict[UUID, Identity], ids: Iterable[UUID]) -> list[PersonKey]:
    return [identities[one].person for one in ids if one in identities]
