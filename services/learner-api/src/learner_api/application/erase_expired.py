"""Use case: erase raw uploads and staged records whose period is over.

Periods are settings (design decision: 7, 90 and 30 days). Each submission's erasure is one
transaction with its event; the bytes go first, so that an event never promises too much.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from learner_api.application.ports import Uploads, WorkFactory
from learner_api.domain.submission import SubmissionState
from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import Clock
from matricula_contracts.events import UploadsErased

BATCH: Final = 100
UNFINISHED_FOR: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseExpired:
    """The command and its means; periods in days."""

    work: WorkFactory
    uploads: Uploads
    clock: Clock
    raw_upload_days: int
    staged_record_days: int
    rejected_record_days: int

    async def __call__(self, context: ActionContext) -> dict[str, int]:
        """Erase what is due; return how much was erased, by kind."""
        return {
            "raw_uploads": await self._raw_uploads(context),
            "unfinished_uploads": await self._unfinished(context),
            "rejected_records": await self._records(
                context,
                states=("rejected",),
                days=self.rejected_record_days,
                kind="rejected_records",
            ),
            "staged_records": await self._records(
                context,
                states=("accepted", "quarantined", "unchanged", "live"),
                days=self.staged_record_days,
                kind="staged_records",
            ),
        }

    async def _raw_uploads(self, context: ActionContext) -> int:
        before = self.clock.now() - timedelta(days=self.raw_upload_days)
        erased = 0
        while True:
            async with self.work(context) as work:
                due = await work.submissions.expired_uploads(before=before, limit=BATCH)
            if not due:
                return erased
            for submission_id in due:
                await self.uploads.discard(submission_id)
                async with self.work(context) as work:
                    one = await work.submissions.claimed(submission_id, lock=True)
                    sequence = await work.submissions.change_and_tell(
                        one, upload_erased_at=self.clock.now()
                    )
                    work.publish(
                        UploadsErased(
                            submission_id=submission_id,
                            ukprn=one.ukprn,
                            erased="raw_upload",
                            records=0,
                            period_days=self.raw_upload_days,
                        ),
                        subject=submission_id,
                        sequence=sequence,
                        action="submission:upload:erased",
                        resource_type="submission",
                        ukprn=one.ukprn,
                    )
                erased += 1

    async def _unfinished(self, context: ActionContext) -> int:
        async with self.work(context) as work:
            due = await work.submissions.abandoned_uploads(
                before=self.clock.now() - UNFINISHED_FOR, limit=BATCH
            )
        for submission_id in due:
            await self.uploads.discard(submission_id)
            async with self.work(context) as work:
                one = await work.submissions.claimed(submission_id, lock=True)
                now = self.clock.now()
                await work.submissions.change(
                    one, state=SubmissionState.DISCARDED, ended_at=now, upload_erased_at=now
                )
        return len(due)

    async def _records(
        self, context: ActionContext, *, states: tuple[str, ...], days: int, kind: str
    ) -> int:
        before = self.clock.now() - timedelta(days=days)
        erased = 0
        while True:
            async with self.work(context) as work:
                found = await work.staging.erase_oldest(states=states, before=before)
                if found is None:
                    return erased
                submission_id, records = found
                one = await work.submissions.claimed(submission_id, lock=True)
                sequence = await work.submissions.change_and_tell(one)
                work.publish(
                    UploadsErased(
                        submission_id=submission_id,
                        ukprn=one.ukprn,
                        erased=kind,
                        records=records,
                        period_days=days,
                    ),
                    subject=submission_id,
                    sequence=sequence,
                    action="submission:records:erased",
                    resource_type="submission",
                    ukprn=one.ukprn,
                )
            erased += records
