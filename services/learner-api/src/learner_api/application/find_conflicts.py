"""Compares new records with whom is already on record: live, or accepted from an earlier file.

Reads only. Finds numbers that would join two different people, and records that say nothing new.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    names = [record.learn_ref_number for record in records if record.learn_ref_number]
    live = await work.learners.references(submission.ukprn, names)
    unchanged = {
        record.record_id
        for record in records
        if record.learn_ref_number in live and live[record.learn_ref_number][1] == record.digest
    }
    known = await _known(work, submission, records, live=live, unchanged=unchanged)
    conflicts: Conflicts = {}
    for record in records:
        if record.record_id in unchanged:
            continue
        if others := known.sharing_a_number_with(record):
            person = person_key(record.data)
            if any(is_conflict(person, other) for other in others):
                conflicts[record.record_id] = {Reason.CONFLICTS_WITH_PERSON}
    return conflicts, unchanged


@dataclass(frozen=True, slots=True)
class _Known:
    """The people on record that may share a ULN or a reference with one of the new records."""

    live: Mapping[str, tuple[UUID, bytes]]
    by_uln: Mapping[int, Sequence[UUID]]
    identities: Mapping[UUID, Identity]
    pending: Mapping[object, Sequence[PersonKey]]

    def sharing_a_number_with(self, record: StagedRecord) -> list[PersonKey]:
        """Return the people of whom the record names the ULN or the reference."""
        found: list[PersonKey] = []
        reference = record.learn_ref_number
        if reference is not None:
            found += self.pending.get(reference, ())
            if reference in self.live:
                found += self._persons([self.live[reference][0]])
        if record.uln_index is not None:
            found += self.pending.get(record.uln_index, ())
            # The index is cut short: the whole ULN is compared.
            uln = record.data.get("ULN")
            candidates = self.by_uln.get(record.uln_index, ())
            found += self._persons(
                [
                    one
                    for one in candidates
                    if one in self.identities and self.identities[one].uln == uln
                ]
            )
        return found

    def _persons(self, ids: Iterable[UUID]) -> list[PersonKey]:
        return [self.identities[one].person for one in ids if one in self.identities]


async def _known(
    work: Work,
    submission: Submission,
    records: Sequence[StagedRecord],
    *,
    live: Mapping[str, tuple[UUID, bytes]],
    unchanged: Collection[UUID],
) -> _Known:
    ulns = [record.uln_index for record in records if record.uln_index is not None]
    by_uln = await work.learners.with_uln(ulns)
    wanted: set[UUID] = set()
    for record in records:
        if record.record_id not in unchanged:
            if record.learn_ref_number is not None and record.learn_ref_number in live:
                wanted.add(live[record.learn_ref_number][0])
            if record.uln_index is not None:
                wanted.update(by_uln.get(record.uln_index, ()))
    identities = await work.learners.identities(list(wanted))
    pending: dict[object, list[PersonKey]] = {}
    for waiting in await work.staging.pending(
        ukprn=submission.ukprn,
        uln_indexes=ulns,
        references=[one.learn_ref_number for one in records if one.learn_ref_number],
        before=submission.received_at,
        but=submission.submission_id,
    ):
        pending.setdefault(waiting.uln_index, []).append(waiting.person)
        if waiting.ukprn == submission.ukprn:
            pending.setdefault(waiting.learn_ref_number, []).append(waiting.person)
    return _Known(live, by_uln, identities, pending)
