"""Stores the staged records of submissions, encrypted under the submission's key.

Works inside the caller's transaction and never commits. A chunk is one COPY; what is staged is also
the ledger of how far a file has been read.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any, Final
from uuid import UUID

import orjson
import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from learner_api.adapters.postgres.key_store import SUBMISSION, KeyStore
from learner_api.adapters.postgres.tables import staged_record
from learner_api.domain.record import person_key
from learner_api.domain.staged import PendingPerson, StagedRecord
from learner_api.domain.submission import RecordState
from matricula_chassis.crypto import open_sealed, seal
from matricula_chassis.db.uow import UnitOfWork
from matricula_chassis.errors import NotFound

_DUPLICATES: Final = files("learner_api.adapters.postgres") / "queries" / "refresh_duplicates.sql"

COLUMNS: Final = (
    "record_id",
    "submission_id",
    "position",
    "ukprn",
    "state",
    "version",
    "learn_ref_number",
    "uln_index",
    "classes",
    "reasons",
    "faults",
    "digest",
    "payload",
    "received_at",
)


def _row(record: StagedRecord, key: AESGCM) -> tuple[Any, ...]:
    return (
        record.record_id,
        record.submission_id,
        record.position,
        record.ukprn,
        str(record.state),
        record.version,
        record.learn_ref_number,
        record.uln_index,
        list(record.classes),
        list(record.reasons),
        orjson.dumps(record.faults).decode() if record.faults else None,
        record.digest,
        _sealed(record.data, key=key, record_id=record.record_id),
        record.received_at,
    )


def _sealed(data: Mapping[str, Any], *, key: AESGCM, record_id: UUID) -> bytes:
    return seal(orjson.dumps(data), key=key, context=b"staged|" + record_id.bytes)


def _opened(payload: bytes, *, key: AESGCM, record_id: UUID) -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(
        open_sealed(payload, key=key, context=b"staged|" + record_id.bytes)
    )
    return content


def _record(row: sa.RowMapping, key: AESGCM) -> StagedRecord:
    data = _opened(row["payload"], key=key, record_id=row["record_id"])
    return StagedRecord(**_fields(row), data=data)


def _fields(row: sa.RowMapping) -> dict[str, Any]:
    values = {name: row[name] for name in _PLAIN}
    return values | {
        "state": RecordState(row["state"]),
        "classes": tuple(row["classes"]),
        "reasons": tuple(row["reasons"]),
        "faults": tuple(row["faults"] or ()),
    }


# lint-skip: tenant-scope-required its rows are found by submission, which the caller has got with
# the UKPRN; the worker, who serves all providers, has claimed it
class Staging:
    """The staged records of one transaction."""

    def __init__(self, uow: UnitOfWork, *, keys: KeyStore) -> None:
        self._uow = uow
        self._keys = keys

    async def _key(self, submission_id: UUID) -> AESGCM:
        found = await self._keys.fetch([submission_id], SUBMISSION)
        if submission_id not in found:
            raise NotFound("record-not-found", submission_id=str(submission_id))
        return found[submission_id]

    async def last_position(self, submission_id: UUID) -> int | None:
        """Return the position of the last staged record of a file, None before the first."""
        query = sa.select(sa.func.max(staged_record.c.position)).where(
            staged_record.c.submission_id == submission_id
        )
        position: int | None = (await self._uow.session.execute(query)).scalar_one()
        return position

    async def add(self, records: Sequence[StagedRecord]) -> None:
        """Add one chunk of one submission's records, by COPY."""
        key = await self._key(records[0].submission_id)
        connection = await self._uow.raw()
        await connection.copy_records_to_table(
            "staged_record", records=[_row(record, key) for record in records], columns=COLUMNS
        )

    async def drop(self, submission_id: UUID) -> None:
        """Remove everything staged of a file that turned out to be refused."""
        await self._uow.session.execute(
            sa.delete(staged_record).where(staged_record.c.submission_id == submission_id)
        )

    async def refresh_duplicates(self, submission_id: UUID) -> None:
        """Set or clear duplicate_learner and duplicate_uln on every open record of a file."""
        await self._uow.session.execute(
            sa.text(_DUPLICATES.read_text("utf-8")), {"submission_id": submission_id}
        )

    async def counts(self, submission_id: UUID) -> dict[str, int]:
        """Count a file's records by state."""
        query = (
            sa.select(staged_record.c.state, sa.func.count())
            .where(staged_record.c.submission_id == submission_id)
            .group_by(staged_record.c.state)
        )
        return {row[0]: row[1] for row in await self._uow.session.execute(query)}

    async def counts_by_reason(self, submission_id: UUID) -> dict[str, int]:
        """Count a file's quarantined records by reason; a record counts under each of its own."""
        reason = sa.func.unnest(staged_record.c.reasons).label("reason")
        inner = (
            sa.select(reason)
            .where(
                staged_record.c.submission_id == submission_id,
                staged_record.c.state == RecordState.QUARANTINED,
            )
            .subquery()
        )
        query = sa.select(inner.c.reason, sa.func.count()).group_by(inner.c.reason)
        return {row[0]: row[1] for row in await self._uow.session.execute(query)}

    async def pending(
        self,
        *,
        ukprn: int,
        uln_indexes: Sequence[int],
        references: Sequence[str],
        before: datetime,
        but: UUID,
    ) -> list[PendingPerson]:
        """Return who the accepted records of earlier files are that share a ULN or a reference."""
        query = sa.select(
            staged_record.c.record_id,
            staged_record.c.submission_id,
            staged_record.c.ukprn,
            staged_record.c.learn_ref_number,
            staged_record.c.uln_index,
            staged_record.c.payload,
        ).where(
            staged_record.c.state == sa.literal_column("'accepted'"),
            staged_record.c.received_at < before,
            staged_record.c.submission_id != but,
            sa.or_(
                _is_any(staged_record.c.uln_index, uln_indexes),
                sa.and_(
                    staged_record.c.ukprn == ukprn,
                    _is_any(staged_record.c.learn_ref_number, references),
                ),
            ),
        )
        found = (await self._uow.session.execute(query)).all()
        keys = await self._keys.fetch(list({row.submission_id for row in found}), SUBMISSION)
        return [
            PendingPerson(
                ukprn=row.ukprn,
                learn_ref_number=row.learn_ref_number,
                uln_index=row.uln_index,
                person=person_key(
                    _opened(row.payload, key=keys[row.submission_id], record_id=row.record_id)
                ),
            )
            for row in found
            if row.submission_id in keys
        ]

    async def page(
        self,
        submission_id: UUID,
        *,
        after: int | None,
        limit: int,
        state: str | None = None,
        reason: str | None = None,
    ) -> list[StagedRecord]:
        """Return records in file order, after a position; without their data (`data` is empty)."""
        query = sa.select(
            *(column for column in staged_record.c if column.name != "payload")
        ).where(staged_record.c.submission_id == submission_id)
        if after is not None:
            query = query.where(staged_record.c.position > after)
        if state is not None:
            query = query.where(staged_record.c.state == state)
        if reason is not None:
            query = query.where(sa.literal(reason, sa.Text) == sa.any_(staged_record.c.reasons))
        query = query.order_by(staged_record.c.position).limit(limit)
        found = (await self._uow.session.execute(query)).mappings()
        return [StagedRecord(**_fields(row), data={}) for row in found]

    async def one(
        self, submission_id: UUID, record_id: UUID, *, lock: bool = False
    ) -> StagedRecord:
        """Return one record of a submission; raises NotFound."""
        query = sa.select(staged_record).where(
            staged_record.c.submission_id == submission_id,
            staged_record.c.record_id == record_id,
        )
        if lock:
            query = query.with_for_update()
        row = (await self._uow.session.execute(query)).mappings().one_or_none()
        if row is None:
            raise NotFound("record-not-found", record_id=str(record_id))
        return _record(row, await self._key(submission_id))

    async def accepted(
        self, submission_id: UUID, *, only: Sequence[UUID] | None, limit: int
    ) -> list[StagedRecord]:
        """Lock the next accepted records that are to go live and that nobody else has locked."""
        query = (
            sa.select(staged_record)
            .where(
                staged_record.c.submission_id == submission_id,
                staged_record.c.state == RecordState.ACCEPTED,
            )
            .order_by(staged_record.c.position)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        if only is not None:
            query = query.where(_is_any(staged_record.c.record_id, only))
        found = (await self._uow.session.execute(query)).mappings().all()
        if not found:
            return []
        key = await self._key(submission_id)
        return [_record(row, key) for row in found]

    async def correct(self, record: StagedRecord) -> None:
        """Store a corrected record: new data, new findings, next version."""
        key = await self._key(record.submission_id)
        row = dict(zip(COLUMNS, _row(record, key), strict=True))
        changed = {name: row[name] for name in _CORRECTABLE}
        changed["faults"] = list(record.faults) or None
        await self.change(record.record_id, **changed)

    async def change(self, record_id: UUID, **values: Any) -> None:
        """Change one record and count its version up."""
        await self._uow.session.execute(
            sa.update(staged_record)
            .where(staged_record.c.record_id == record_id)
            .values(version=staged_record.c.version + 1, **values)
        )

    async def mark_live(
        self,
        learners: Mapping[UUID, UUID],
        *,
        at: datetime,
        by: str,
        method: str,
        sample: int | None,
    ) -> None:
        """Settle records as live: record id -> learner id."""
        await self._uow.session.execute(
            _MARK_LIVE,
            {
                "records": list(learners),
                "learners": list(learners.values()),
                "at": at,
                "by": by,
                "method": method,
                "sample": sample,
            },
        )

    async def erase_oldest(
        self, *, states: Sequence[str], before: datetime
    ) -> tuple[UUID, int] | None:
        """Delete the due records of one submission; return which and how many, None when done.

        The period counts from the last act on a record, or from its arrival.
        """
        last_act = sa.func.coalesce(staged_record.c.settled_at, staged_record.c.received_at)
        due = sa.and_(staged_record.c.state.in_(states), last_act < before)
        found = await self._uow.session.execute(
            sa.select(staged_record.c.submission_id).where(due).limit(1)
        )
        submission_id: UUID | None = found.scalar_one_or_none()
        if submission_id is None:
            return None
        erased = await self._uow.session.execute(
            sa.delete(staged_record).where(staged_record.c.submission_id == submission_id, due)
        )
        return submission_id, erased.rowcount  # type: ignore[attr-defined]

    async def absent_learners(
        self, submission_id: UUID, *, ukprn: int, after: str | None, limit: int
    ) -> list[tuple[str, UUID]]:
        """Return (LearnRefNumber, learner id) of live learners whom the file does not name."""
        found = await self._uow.session.execute(
            _ABSENT,
            {"submission_id": submission_id, "ukprn": ukprn, "after": after, "limit": limit},
        )
        return [(row[0], row[1]) for row in found]


_MARK_LIVE: Final = sa.text(
    "UPDATE staged_record s SET state = 'live', learner_id = v.learner_id, settled_at = :at, "
    "settled_by = :by, verification_method = :method, verification_sample = :sample, "
    "version = s.version + 1 "
    "FROM unnest(:records, :learners) AS v (record_id, learner_id) "
    "WHERE s.record_id = v.record_id"
).bindparams(
    sa.bindparam("records", type_=sa.ARRAY(sa.Uuid)),
    sa.bindparam("learners", type_=sa.ARRAY(sa.Uuid)),
    sa.bindparam("at", type_=sa.DateTime(timezone=True)),
    sa.bindparam("sample", type_=sa.Integer),
)
_ABSENT: Final = sa.text(
    "SELECT l.learn_ref_number, l.learner_id FROM learner l "
    "WHERE l.ukprn = :ukprn AND (CAST(:after AS text) IS NULL OR l.learn_ref_number > :after) "
    "AND NOT EXISTS (SELECT 1 FROM staged_record s WHERE s.submission_id = :submission_id "
    "AND s.learn_ref_number = l.learn_ref_number) "
    "ORDER BY l.learn_ref_number LIMIT :limit"
).bindparams(sa.bindparam("submission_id", type_=sa.Uuid), sa.bindparam("after", type_=sa.Text))


_PLAIN: Final = (
    "record_id",
    "submission_id",
    "position",
    "ukprn",
    "version",
    "learn_ref_number",
    "uln_index",
    "digest",
    "received_at",
    "settled_at",
    "settled_by",
    "verification_method",
    "rejection_reason",
    "learner_id",
)
_CORRECTABLE: Final = (
    "state",
    "learn_ref_number",
    "uln_index",
    "classes",
    "reasons",
    "digest",
    "payload",
)


def _is_any(column: sa.Column[Any], values: Sequence[Any]) -> sa.ColumnElement[bool]:
    return column == sa.any_(sa.cast(list(values), sa.ARRAY(column.type)))
