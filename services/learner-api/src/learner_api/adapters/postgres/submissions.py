"""Stores submissions and the verifications asked for them.

Works inside the caller's transaction and never commits. Whoever finds a submission names the
provider (UKPRN) it belongs to; the rest is for the worker, which serves all providers.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from learner_api.adapters.postgres.tables import submission, verification
from learner_api.domain.submission import (
    WORKABLE,
    Counts,
    Submission,
    SubmissionState,
    Verification,
    VerificationMethod,
)
from matricula_chassis.db.uow import UnitOfWork
from matricula_chassis.errors import NotFound

_COUNTS: Final = {
    "read": "records_read",
    "accepted": "accepted",
    "quarantined": "quarantined",
    "unchanged": "unchanged",
    "rejected": "rejected",
    "live": "live",
}
_PLAIN: Final = (
    "submission_id",
    "ukprn",
    "partner",
    "version",
    "sequence",
    "received_at",
    "size_bytes",
    "media_type",
    "sha256",
    "file_format",
    "agreement_id",
    "agreement_version",
    "decision",
    "problem",
    "read_bytes",
    "checking_started_at",
    "ended_at",
    "upload_erased_at",
)


class Submissions:
    """The submissions of one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def add(self, one: Submission) -> None:
        """Insert a new submission."""
        values = {name: getattr(one, name) for name in _PLAIN}
        await self._uow.session.execute(sa.insert(submission).values(state=one.state, **values))

    async def get(
        self, submission_id: UUID, *, ukprn: int, partner: str | None = None, lock: bool = False
    ) -> Submission:
        """Return a provider's submission (of this partner, when named); raises NotFound."""
        query = sa.select(submission).where(
            submission.c.submission_id == submission_id, submission.c.ukprn == ukprn
        )
        if partner is not None:
            query = query.where(submission.c.partner == partner)
        return await self._one(query, submission_id, lock=lock)

    # lint-skip: tenant-scope-required the worker serves all providers; endpoints use `get`
    async def claimed(self, submission_id: UUID, *, lock: bool = False) -> Submission:
        """Return a submission that the worker holds, whoever's it is; raises NotFound."""
        query = sa.select(submission).where(submission.c.submission_id == submission_id)
        return await self._one(query, submission_id, lock=lock)

    async def same_file(self, *, ukprn: int, partner: str, sha256: bytes) -> Submission | None:
        """Return the partner's earlier submission of these bytes that was not refused.

        Of two requests with the same bytes the second waits here until the first has committed.
        """
        name = f"{ukprn}|{partner}|{sha256.hex()}"
        await self._uow.session.execute(
            sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0)))
        )
        query = sa.select(submission).where(
            submission.c.ukprn == ukprn,
            submission.c.partner == partner,
            submission.c.sha256 == sha256,
            submission.c.state.not_in([SubmissionState.REFUSED, SubmissionState.DISCARDED]),
        )
        row = (await self._uow.session.execute(query)).mappings().one_or_none()
        return None if row is None else _submission(row)

    async def page(
        self,
        *,
        ukprn: int,
        partner: str | None,
        after: tuple[datetime, UUID] | None,
        limit: int,
    ) -> list[Submission]:
        """Return submissions, the newest first, after a keyset cursor."""
        query = sa.select(submission).where(
            submission.c.ukprn == ukprn, submission.c.state != SubmissionState.DISCARDED
        )
        if partner is not None:
            query = query.where(submission.c.partner == partner)
        if after is not None:
            query = query.where(
                sa.tuple_(submission.c.received_at, submission.c.submission_id) < sa.tuple_(*after)
            )
        query = query.order_by(
            submission.c.received_at.desc(), submission.c.submission_id.desc()
        ).limit(limit)
        return [_submission(row) for row in (await self._uow.session.execute(query)).mappings()]

    async def change_and_tell(self, one: Submission, **values: Any) -> int:
        """Change a locked submission and return the sequence of the event that tells of it.

        Events count on their own: a change that nobody is told of leaves no gap in their stream.
        """
        await self.change(one, sequence=one.sequence + 1, **values)
        return one.sequence + 1

    async def change(self, one: Submission, **values: Any) -> None:
        """Change a locked submission without an event."""
        counts = values.pop("counts", None)
        if counts is not None:
            values |= {column: getattr(counts, name) for name, column in _COUNTS.items()}
        await self._uow.session.execute(
            sa.update(submission)
            .where(submission.c.submission_id == one.submission_id, submission.c.ukprn == one.ukprn)
            .values(version=submission.c.version + 1, **values)
        )

    # lint-skip: tenant-scope-required the worker counts on in a submission that it holds
    async def progress(self, submission_id: UUID, *, counts: Counts, read_bytes: int) -> None:
        """Show how far the checking has come; not a change of the submission's state."""
        columns = {column: getattr(counts, name) for name, column in _COUNTS.items()}
        await self._uow.session.execute(
            sa.update(submission)
            .where(submission.c.submission_id == submission_id)
            .values(read_bytes=read_bytes, **columns)
        )

    # lint-skip: tenant-scope-required the worker serves all providers
    async def workable(self, *, now: datetime, limit: int) -> list[UUID]:
        """Return submissions that wait for the worker, one for each partner first, oldest first."""
        turn = sa.func.row_number().over(
            partition_by=submission.c.partner, order_by=submission.c.received_at
        )
        waiting = (
            sa.select(submission.c.submission_id, submission.c.received_at, turn.label("turn"))
            .where(
                submission.c.state.in_(WORKABLE),
                sa.or_(submission.c.next_attempt_at.is_(None), submission.c.next_attempt_at <= now),
            )
            .subquery()
        )
        query = (
            sa.select(waiting.c.submission_id)
            .order_by(waiting.c.turn, waiting.c.received_at)
            .limit(limit)
        )
        return list((await self._uow.session.execute(query)).scalars())

    # lint-skip: tenant-scope-required the clean-up serves all providers
    async def expired_uploads(self, *, before: datetime, limit: int) -> Sequence[UUID]:
        """Return ended submissions whose raw upload has outlived its period."""
        query = (
            sa.select(submission.c.submission_id)
            .where(
                submission.c.upload_erased_at.is_(None),
                submission.c.ended_at < before,
            )
            .order_by(submission.c.ended_at)
            .limit(limit)
        )
        return list((await self._uow.session.execute(query)).scalars())

    # lint-skip: tenant-scope-required the clean-up serves all providers
    async def abandoned_uploads(self, *, before: datetime, limit: int) -> Sequence[UUID]:
        """Return uploads that were begun before then and never became whole."""
        query = (
            sa.select(submission.c.submission_id)
            .where(
                submission.c.state == SubmissionState.RECEIVING,
                submission.c.received_at < before,
            )
            .order_by(submission.c.received_at)
            .limit(limit)
        )
        return list((await self._uow.session.execute(query)).scalars())

    async def ask_verification(self, one: Verification) -> None:
        """Insert a verification for the worker to carry out."""
        await self._uow.session.execute(
            sa.insert(verification).values(
                verification_id=one.verification_id,
                submission_id=one.submission_id,
                ukprn=one.ukprn,
                method=one.method,
                sample_size=one.sample_size,
                record_ids=None if one.record_ids is None else list(one.record_ids),
                actor=dict(one.actor),
                correlation_id=one.correlation_id,
                requested_at=one.requested_at,
                state="open",
            )
        )

    # lint-skip: tenant-scope-required the worker carries out what a coordinator asked for
    async def verification(self, verification_id: UUID, *, lock: bool = False) -> Verification:
        """Return a verification; raises NotFound."""
        query = sa.select(verification).where(verification.c.verification_id == verification_id)
        if lock:
            query = query.with_for_update()
        row = (await self._uow.session.execute(query)).mappings().one_or_none()
        if row is None:
            raise NotFound("not-found", verification_id=str(verification_id))
        return _verification(row)

    # lint-skip: tenant-scope-required of a submission that the caller has got with its UKPRN
    async def verifications(self, submission_id: UUID) -> list[Verification]:
        """Return the verifications of a submission, the oldest first."""
        query = (
            sa.select(verification)
            .where(verification.c.submission_id == submission_id)
            .order_by(verification.c.requested_at, verification.c.verification_id)
        )
        return [_verification(row) for row in (await self._uow.session.execute(query)).mappings()]

    # lint-skip: tenant-scope-required the worker settles what it carries out
    async def change_verification(self, verification_id: UUID, **values: Any) -> None:
        """Change a verification."""
        await self._uow.session.execute(
            sa.update(verification)
            .where(verification.c.verification_id == verification_id)
            .values(**values)
        )

    # lint-skip: tenant-scope-required the worker serves all providers
    async def open_verifications(self, *, now: datetime, limit: int) -> list[UUID]:
        """Return verifications that wait for the worker, oldest first."""
        query = (
            sa.select(verification.c.verification_id)
            .where(
                verification.c.state == "open",
                sa.or_(
                    verification.c.next_attempt_at.is_(None),
                    verification.c.next_attempt_at <= now,
                ),
            )
            .order_by(verification.c.requested_at)
            .limit(limit)
        )
        return list((await self._uow.session.execute(query)).scalars())

    async def _one(self, query: sa.Select[Any], submission_id: UUID, *, lock: bool) -> Submission:
        if lock:
            query = query.with_for_update()
        row = (await self._uow.session.execute(query)).mappings().one_or_none()
        if row is None:
            raise NotFound("submission-not-found", submission_id=str(submission_id))
        return _submission(row)


def _submission(row: sa.RowMapping) -> Submission:
    return Submission(
        state=SubmissionState(row["state"]),
        counts=Counts(**{name: row[column] for name, column in _COUNTS.items()}),
        **{name: row[name] for name in _PLAIN},
    )


def _verification(row: sa.RowMapping) -> Verification:
    return Verification(
        verification_id=row["verification_id"],
        submission_id=row["submission_id"],
        ukprn=row["ukprn"],
        method=VerificationMethod(row["method"]),
        sample_size=row["sample_size"],
        record_ids=None if row["record_ids"] is None else tuple(row["record_ids"]),
        actor=row["actor"],
        correlation_id=row["correlation_id"],
        requested_at=row["requested_at"],
        state=row["state"],
        done=row["done"],
        created=row["created"],
        amended=row["amended"],
        problem=row["problem"],
        ended_at=row["ended_at"],
    )
