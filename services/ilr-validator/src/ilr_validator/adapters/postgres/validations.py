"""Validations, their parts and findings in PostgreSQL, within the unit of work that is open."""

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from ilr_validator.adapters.postgres.tables import finding, shard, validation
from ilr_validator.domain.findings import FindingFilter, FindingRow
from ilr_validator.domain.validation import Shard, Validation, ValidationState
from matricula_chassis.db.uow import UnitOfWork
from matricula_chassis.errors import NotFound

_COLUMNS: Final = tuple(validation.c[member.name] for member in fields(Validation))
_FINDING: Final = tuple(member.name for member in fields(FindingRow))


class ValidationStore:
    """The repository of validations."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def add(self, one: Validation) -> None:
        """Add a validation."""
        await self._work.session.execute(sa.insert(validation).values(**_values(asdict(one))))

    async def alike(self, *, ukprn: int, likeness: bytes) -> Validation | None:
        """Return the validation of the same file; whoever asks waits for who asked before.

        A file is sent by two requests at once more often than not, when it is sent twice.
        """
        lock = sa.func.hashtextextended(likeness.hex(), 2)
        await self._work.session.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
        query = sa.select(*_COLUMNS).where(
            validation.c.ukprn == ukprn,
            validation.c.likeness == likeness,
            validation.c.state.not_in([ValidationState.CANCELLED, ValidationState.FAILED]),
            validation.c.wrapped_key.is_not(None),
        )
        row = (await self._work.session.execute(query)).mappings().first()
        return None if row is None else _validation(row)

    async def get(self, validation_id: UUID, *, ukprn: int) -> Validation:
        """Return a validation of this provider; raises NotFound("validation-not-found")."""
        query = sa.select(*_COLUMNS).where(
            validation.c.validation_id == validation_id, validation.c.ukprn == ukprn
        )
        row = (await self._work.session.execute(query)).mappings().first()
        if row is None:
            raise NotFound("validation-not-found", validation_id=str(validation_id))
        return _validation(row)

    async def find(self, validation_id: UUID, *, lock: bool = False) -> Validation | None:
        """Return a validation of any provider, if there is one; `lock` holds it to the commit."""
        query = sa.select(*_COLUMNS).where(validation.c.validation_id == validation_id)
        found = await self._work.session.execute(query.with_for_update() if lock else query)
        row = found.mappings().first()
        return None if row is None else _validation(row)

    # lint-skip: tenant-scope-required its own transaction has read it and holds it
    async def change(self, one: Validation, **values: Any) -> Validation:
        """Change a validation that this transaction holds, and return it as it then is."""
        await self._work.session.execute(
            sa.update(validation)
            .where(validation.c.validation_id == one.validation_id)
            .values(**_values(values))
        )
        return replace(one, **values)

    async def page(
        self, *, ukprn: int, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[Validation]:
        """Return validations of a provider, the newest first, behind a position."""
        query = sa.select(*_COLUMNS).where(validation.c.ukprn == ukprn)
        place = sa.tuple_(validation.c.received_at, validation.c.validation_id)
        if after is not None:
            query = query.where(place < sa.tuple_(*map(sa.literal, after)))
        query = query.order_by(
            validation.c.received_at.desc(), validation.c.validation_id.desc()
        ).limit(limit)
        return [_validation(row) for row in (await self._work.session.execute(query)).mappings()]

    # lint-skip: tenant-scope-required the clean-up looks at everybody's
    async def expired(self, *, before: datetime, limit: int) -> Sequence[UUID]:
        """Return those that ended, or came and never ended, before, with data still there."""
        since = sa.func.coalesce(validation.c.ended_at, validation.c.received_at)
        query = (
            sa.select(validation.c.validation_id)
            .where(validation.c.wrapped_key.is_not(None), since <= before)
            .order_by(since)
            .limit(limit)
        )
        return list((await self._work.session.execute(query)).scalars())

    # lint-skip: tenant-scope-required the clean-up looks at everybody's
    async def known(self, ids: Sequence[UUID]) -> set[UUID]:
        """Return which of these are validations whose data is kept."""
        query = sa.select(validation.c.validation_id).where(
            validation.c.validation_id == sa.any_(sa.cast(list(ids), sa.ARRAY(sa.Uuid))),
            validation.c.wrapped_key.is_not(None),
        )
        return set((await self._work.session.execute(query)).scalars())

    async def add_shards(self, shards: Sequence[Shard]) -> None:
        """Add the parts of a file."""
        if shards:
            await self._work.session.execute(sa.insert(shard), [asdict(one) for one in shards])

    async def shard(self, validation_id: UUID, number: int) -> tuple[Shard, bool] | None:
        """Return a part and whether it was checked."""
        query = sa.select(shard.c.first, shard.c.behind, shard.c.checked_at).where(
            shard.c.validation_id == validation_id, shard.c.number == number
        )
        row = (await self._work.session.execute(query)).first()
        if row is None:
            return None
        return Shard(validation_id, number, row.first, row.behind), row.checked_at is not None

    async def store_result(self, one: Shard, result: bytes, *, now: datetime) -> bool:
        """Keep what was found in a part; says whether it was not kept before."""
        stored = await self._work.session.execute(
            sa.update(shard)
            .where(
                shard.c.validation_id == one.validation_id,
                shard.c.number == one.number,
                shard.c.checked_at.is_(None),
            )
            .values(result=result, checked_at=now)
            .returning(shard.c.number)
        )
        return stored.first() is not None

    async def results(self, validation_id: UUID) -> Sequence[bytes]:
        """Return what was found in the parts, in their order."""
        query = (
            sa.select(shard.c.result)
            .where(shard.c.validation_id == validation_id)
            .order_by(shard.c.number)
        )
        return list((await self._work.session.execute(query)).scalars())

    async def drop_shards(self, validation_id: UUID) -> None:
        """Delete the parts with what was found in them."""
        await self._work.session.execute(
            sa.delete(shard).where(shard.c.validation_id == validation_id)
        )

    async def add_findings(self, validation_id: UUID, rows: Sequence[FindingRow]) -> None:
        """Add findings."""
        if not rows:
            return
        connection = await self._work.raw()
        await connection.copy_records_to_table(
            "finding",
            records=((validation_id, *(getattr(row, name) for name in _FINDING)) for row in rows),
            columns=("validation_id", *_FINDING),
        )

    async def drop_findings(self, validation_id: UUID, *, behind: int = 0) -> int:
        """Delete the findings behind a position; return how many there were."""
        done = await self._work.session.execute(
            sa.delete(finding).where(
                finding.c.validation_id == validation_id, finding.c.position > behind
            )
        )
        return int(getattr(done, "rowcount", 0))

    async def findings(
        self, validation_id: UUID, *, wanted: FindingFilter, after: int, limit: int
    ) -> Sequence[FindingRow]:
        """Return findings in their order, behind a position."""
        query = sa.select(*(finding.c[name] for name in _FINDING)).where(
            finding.c.validation_id == validation_id, finding.c.position > after
        )
        for name in ("rule", "severity", "reference_index"):
            value = getattr(wanted, name)
            if value is not None:
                query = query.where(finding.c[name] == value)
        query = query.order_by(finding.c.position).limit(limit)
        return [FindingRow(**row) for row in (await self._work.session.execute(query)).mappings()]


def _values(values: dict[str, Any]) -> dict[str, Any]:
    kinds = values.get("report_kinds")
    return values if kinds is None else {**values, "report_kinds": list(kinds)}


def _validation(row: Any) -> Validation:
    values = dict(row)
    values["state"] = ValidationState(values["state"])
    values["report_kinds"] = tuple(values["report_kinds"])
    return Validation(**values)
