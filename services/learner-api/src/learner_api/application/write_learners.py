"""Makes versions of learners and stores them with their events. One path for every source.

Does not decide whether a record may be stored; its callers have checked it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from learner_api.application.ports import Work
from learner_api.domain.learner import changes, entry_lag_days, field_names, is_entered_late
from learner_api.domain.learner_version import LearnerVersion, Provenance, StoredLearner
from learner_api.domain.submission import PURPOSE
from matricula_chassis.clock import Clock, london_date
from matricula_chassis.ids import IdSource
from matricula_contracts.events import LearnerAmended, LearnerRecorded


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerWriter:
    """Builds and stores versions. `target_working_days` is the target of P-015."""

    clock: Clock
    ids: IdSource
    target_working_days: int

    def first_version(
        self,
        record: Mapping[str, Any],
        *,
        ukprn: int,
        person_id: UUID | None,
        digest: bytes,
        data_classes: tuple[str, ...],
        entered_at: datetime,
        provenance: Provenance,
    ) -> LearnerVersion:
        """Return the first version of a learner; a new person unless one is named."""
        entered = london_date(entered_at)
        now = self.clock.now()
        return LearnerVersion(
            learner_id=self.ids.uuid7(),
            person_id=person_id or self.ids.uuid7(),
            ukprn=ukprn,
            version=1,
            record=record,
            digest=digest,
            data_classes=data_classes,
            provenance=provenance,
            entry_lag_days=entry_lag_days(record, entered=entered),
            is_entered_late=is_entered_late(
                record, entered=entered, target_working_days=self.target_working_days
            ),
            created_at=now,
            recorded_at=now,
        )

    def next_version(
        self,
        stored: StoredLearner,
        record: Mapping[str, Any],
        *,
        digest: bytes,
        data_classes: tuple[str, ...],
        provenance: Provenance,
    ) -> LearnerVersion | None:
        """Return the version after the stored one; None when nothing differs."""
        changed = changes(stored.record, record)
        if not changed:
            return None
        return LearnerVersion(
            learner_id=stored.learner_id,
            person_id=stored.person_id,
            ukprn=stored.ukprn,
            version=stored.version + 1,
            record=record,
            digest=digest,
            data_classes=data_classes,
            provenance=provenance,
            entry_lag_days=stored.entry_lag_days,
            is_entered_late=stored.is_entered_late,
            created_at=stored.created_at,
            recorded_at=self.clock.now(),
            changed=changed,
        )

    async def add(
        self,
        work: Work,
        versions: Sequence[LearnerVersion],
        *,
        record_ids: Sequence[UUID] | None = None,
    ) -> None:
        """Store first versions and record their events."""
        await work.learners.add(versions)
        for number, version in enumerate(versions):
            origin = version.provenance
            event = LearnerRecorded.model_construct(
                person_id=version.person_id,
                ukprn=version.ukprn,
                version=1,
                origin=cast("Any", origin.source),
                aims=len(version.record.get("LearningDelivery", ())),
                lag_days=version.entry_lag_days,
                submission_id=origin.submission_id,
                record_id=None if record_ids is None else record_ids[number],
                agreement_id=_uuid(origin.agreement_id),
                verification_method=cast("Any", origin.verification_method),
            )
            self._publish(work, version, event, "learner:recorded")

    async def replace(
        self,
        work: Work,
        versions: Sequence[LearnerVersion],
        *,
        record_ids: Sequence[UUID] | None = None,
    ) -> None:
        """Store next versions of locked learners and record their events."""
        if not versions:
            return
        await work.learners.replace(versions)
        for number, version in enumerate(versions):
            origin = version.provenance
            event = LearnerAmended(
                person_id=version.person_id,
                ukprn=version.ukprn,
                version=version.version,
                origin=cast("Any", origin.source),
                aims=len(version.record.get("LearningDelivery", ())),
                changed_fields=field_names(version.changed),
                submission_id=origin.submission_id,
                record_id=None if record_ids is None else record_ids[number],
                agreement_id=_uuid(origin.agreement_id),
                verification_method=cast("Any", origin.verification_method),
            )
            self._publish(work, version, event, "learner:amended")

    @staticmethod
    def _publish(
        work: Work, version: LearnerVersion, event: LearnerRecorded | LearnerAmended, action: str
    ) -> None:
        origin = version.provenance
        work.publish(
            event,
            subject=version.learner_id,
            sequence=version.version,
            action=action,
            resource_type="learner",
            ukprn=version.ukprn,
            subject_id=str(version.person_id),
            data_classes=version.data_classes,
            changed_fields=field_names(version.changed),
            purpose=PURPOSE,
            agreement_id=origin.agreement_id,
        )


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
