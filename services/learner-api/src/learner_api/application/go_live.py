"""Use case: carry out a verification, chunk by chunk: staged records become live learners.

Run by the intake worker for a verification that it alone holds. Each chunk is one transaction:
learners, history, events and the records' new state commit together or not at all.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from learner_api.application.ports import ConsentRegistry, Refusal, Work, WorkFactory
from learner_api.application.write_learners import LearnerWriter
from learner_api.domain.learner_version import Provenance
from learner_api.domain.record import person_key
from learner_api.domain.staged import StagedRecord, is_conflict
from learner_api.domain.submission import Submission, Verification
from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import Clock
from matricula_chassis.errors import Unavailable
from matricula_chassis.ids import IdSource
from matricula_contracts.events import RecordsVerified

CHUNK_RECORDS: Final = 500
LANES: Final = 2
RETRY_AFTER: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoLive:
    """The command and its means."""

    work: WorkFactory
    consent: ConsentRegistry
    writer: LearnerWriter
    clock: Clock
    ids: IdSource

    async def __call__(self, verification_id: UUID, context: ActionContext) -> None:
        """Bring one verification to `done` or `stopped`, or leave it for another attempt."""
        async with self.work(context) as work:
            asked = await work.submissions.verification(verification_id)
            submission = await work.submissions.claimed(asked.submission_id)
        try:
            answer = await self.consent.coverage(
                partner=submission.partner,
                ukprn=submission.ukprn,
                at=self.clock.now(),
                correlation_id=context.correlation_id,
            )
        except Unavailable:
            await self._later(verification_id, context)
            return
        if isinstance(answer, Refusal):
            await self._end(asked, context, problem=answer.problem)
            return
        # While the database stores one chunk, the next one is made ready.
        try:
            async with asyncio.TaskGroup() as lanes:
                for _ in range(LANES):
                    lanes.create_task(self._lane(asked, submission, context))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        await self._end(asked, context, problem=None)

    async def _lane(
        self, asked: Verification, submission: Submission, context: ActionContext
    ) -> None:
        is_more = True
        while is_more:
            async with self.work(context) as work:
                is_more = await self._chunk(work, asked, submission)

    async def give_up(self, verification_id: UUID, context: ActionContext) -> None:
        """Stop a verification that fails time and again for a reason of our own."""
        async with self.work(context) as work:
            asked = await work.submissions.verification(verification_id)
        await self._end(asked, context, problem="internal-error")

    async def _chunk(self, work: Work, asked: Verification, submission: Submission) -> bool:
        records = await work.staging.accepted(
            asked.submission_id, only=asked.record_ids, limit=CHUNK_RECORDS
        )
        if not records:
            return False
        provenance = Provenance(
            source="submission",
            actor=str(asked.actor["subject"]),
            client_id=str(asked.actor["client_id"]),
            accountable_owner=str(asked.actor["subject"]),
            submission_id=asked.submission_id,
            agreement_id=submission.agreement_id,
            verification_method=asked.method,
        )
        live = await work.learners.references(
            submission.ukprn, [str(record.learn_ref_number) for record in records]
        )
        fresh = [record for record in records if record.learn_ref_number not in live]
        known = [record for record in records if record.learn_ref_number in live]
        learners = await self._add(work, submission, fresh, provenance)
        amended = await self._replace(work, submission, known, provenance, live)
        learners |= {record.record_id: live[str(record.learn_ref_number)][0] for record in known}
        await work.staging.mark_live(
            learners,
            at=self.clock.now(),
            by=str(asked.actor["subject"]),
            method=asked.method,
            sample=asked.sample_size,
        )
        await self._count(work, asked, done=len(records), created=len(fresh), amended=amended)
        return True

    async def _add(
        self,
        work: Work,
        submission: Submission,
        records: Sequence[StagedRecord],
        provenance: Provenance,
    ) -> dict[UUID, UUID]:
        if not records:
            return {}
        persons = await self._persons(work, submission.ukprn, records)
        versions = [
            self.writer.first_version(
                record.data,
                ukprn=submission.ukprn,
                person_id=persons.get(record.record_id),
                digest=record.digest,
                data_classes=record.classes,
                entered_at=submission.received_at,
                provenance=provenance,
            )
            for record in records
        ]
        await self.writer.add(work, versions, record_ids=[record.record_id for record in records])
        return {
            record.record_id: version.learner_id
            for record, version in zip(records, versions, strict=True)
        }

    async def _persons(
        self, work: Work, ukprn: int, records: Sequence[StagedRecord]
    ) -> dict[UUID, UUID]:
        """Return record id -> person on record, where the provider knows the ULN already."""
        ulns = {record.uln_index for record in records if record.uln_index is not None}
        candidates = await work.learners.with_uln(list(ulns))
        identities = await work.learners.identities(
            [one for found in candidates.values() for one in found]
        )
        persons: dict[UUID, UUID] = {}
        for record in records:
            for one in candidates.get(record.uln_index or 0, ()):
                identity = identities.get(one)
                if (
                    identity is not None
                    and identity.ukprn == ukprn
                    and identity.uln == record.data.get("ULN")
                    and not is_conflict(person_key(record.data), identity.person)
                ):
                    persons[record.record_id] = identity.person_id
        return persons

    async def _replace(
        self,
        work: Work,
        submission: Submission,
        records: Sequence[StagedRecord],
        provenance: Provenance,
        live: dict[str, tuple[UUID, bytes]],
    ) -> int:
        if not records:
            return 0
        ids = [live[str(record.learn_ref_number)][0] for record in records]
        await work.learners.lock(ids)
        stored = await work.learners.load(ids, ukprn=submission.ukprn)
        changed = [
            (
                record,
                self.writer.next_version(
                    one,
                    record.data,
                    digest=record.digest,
                    data_classes=record.classes,
                    provenance=provenance,
                ),
            )
            for record, one in zip(records, stored, strict=True)
        ]
        versions = [(record, version) for record, version in changed if version is not None]
        await self.writer.replace(
            work,
            [version for _, version in versions],
            record_ids=[record.record_id for record, _ in versions],
        )
        return len(versions)

    async def _count(
        self, work: Work, asked: Verification, *, done: int, created: int, amended: int
    ) -> None:
        one = await work.submissions.claimed(asked.submission_id, lock=True)
        counts = replace(
            one.counts, accepted=one.counts.accepted - done, live=one.counts.live + done
        )
        await work.submissions.progress(
            asked.submission_id, counts=counts, read_bytes=one.read_bytes
        )
        current = await work.submissions.verification(asked.verification_id, lock=True)
        await work.submissions.change_verification(
            asked.verification_id,
            done=current.done + done,
            created=current.created + created,
            amended=current.amended + amended,
        )

    async def _later(self, verification_id: UUID, context: ActionContext) -> None:
        async with self.work(context) as work:
            await work.submissions.change_verification(
                verification_id, next_attempt_at=self.clock.now() + RETRY_AFTER
            )

    async def _end(
        self, asked: Verification, context: ActionContext, *, problem: str | None
    ) -> None:
        async with self.work(context) as work:
            one = await work.submissions.claimed(asked.submission_id, lock=True)
            current = await work.submissions.verification(asked.verification_id, lock=True)
            await work.submissions.change_verification(
                asked.verification_id,
                state="done" if problem is None else "stopped",
                problem=None if problem is None else {"problem": problem},
                ended_at=self.clock.now(),
            )
            if problem is None and one.agreement_id is not None:
                sequence = await work.submissions.change_and_tell(one)
                work.publish(
                    RecordsVerified(
                        submission_id=one.submission_id,
                        ukprn=one.ukprn,
                        agreement_id=UUID(one.agreement_id),
                        method=asked.method.value,
                        sample_size=asked.sample_size,
                        scope=_scope(asked),
                        verified=current.done,
                        created=current.created,
                        amended=current.amended,
                    ),
                    subject=one.submission_id,
                    sequence=sequence,
                    action="submission:records:verified",
                    resource_type="submission",
                    ukprn=one.ukprn,
                    agreement_id=one.agreement_id,
                )


def _scope(asked: Verification) -> Literal["record", "selection", "whole"]:
    if asked.record_ids is None:
        return "whole"
    return "record" if len(asked.record_ids) == 1 else "selection"
