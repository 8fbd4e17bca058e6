"""Use case: erase files, findings and reports whose period is over.

The key goes in the transaction that says so; the bytes go before it, so that an event never
promises too much. Bytes of which no validation knows, left by a crash, go as well.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from ilr_validator.application.ports import Files, WorkFactory
from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import Clock
from matricula_contracts.events import ValidationErased

BATCH: Final = 100
ORPHANED_FOR: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseExpired:
    """The command and its means; the period in days."""

    work: WorkFactory
    files: Files
    clock: Clock
    keep_days: int

    async def __call__(self, context: ActionContext) -> int:
        """Erase what is due; return the number of validations."""
        now = self.clock.now()
        erased = 0
        while True:
            async with self.work(context) as work:
                due = await work.validations.expired(
                    before=now - timedelta(days=self.keep_days), limit=BATCH
                )
            if not due:
                break
            for validation_id in due:
                await self._erase(validation_id, context)
            erased += len(due)

        async with self.work(context) as work:
            await self.files.erase_orphans(work.validations.known, now - ORPHANED_FOR)
        return erased

    async def _erase(self, validation_id: UUID, context: ActionContext) -> None:
        await self.files.erase(validation_id)
        async with self.work(context) as work:
            one = await work.validations.find(validation_id, lock=True)
            if one is None or one.wrapped_key is None:
                return
            await work.validations.drop_shards(validation_id)
            findings = await work.validations.drop_findings(validation_id)
            one = await work.validations.change(
                one,
                version=one.version + 1,
                wrapped_key=None,
                sealed_file_name=None,
                report_folder=None,
                report_kinds=(),
                erased_at=self.clock.now(),
            )
            work.publish(
                ValidationErased(
                    validation_id=validation_id,
                    ukprn=one.ukprn,
                    findings=findings,
                    period_days=self.keep_days,
                ),
                subject=validation_id,
                sequence=one.version,
                action="validation:erased",
                resource_type="validation",
                ukprn=one.ukprn,
            )
