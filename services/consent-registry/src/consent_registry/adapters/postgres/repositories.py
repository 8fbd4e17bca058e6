"""Stores agreements, their uses and lawful bases, inside the caller's transaction.

Every finding names the provider (UKPRN) whose rows it may see.
"""

from dataclasses import fields
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from consent_registry.adapters.postgres.tables import agreement, agreement_use, lawful_basis
from consent_registry.domain.agreement import (
    Agreement,
    AgreementState,
    AgreementUse,
    PartnerRole,
)
from consent_registry.domain.lawful_basis import LawfulBasis
from matricula_chassis.errors import NotFound


class AgreementRepository:
    """The agreements of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, one: Agreement) -> None:
        """Insert a new agreement."""
        await self._session.execute(sa.insert(agreement).values(**_values(one)))

    async def change(self, one: Agreement) -> None:
        """Store the next version of a locked agreement."""
        await self._session.execute(
            sa.update(agreement)
            .where(agreement.c.agreement_id == one.agreement_id, agreement.c.ukprn == one.ukprn)
            .values(state=one.state, version=one.version)
        )

    async def get(self, agreement_id: UUID, *, ukprn: int, lock: bool = False) -> Agreement:
        """Return a provider's agreement; raises NotFound."""
        query = sa.select(agreement).where(
            agreement.c.agreement_id == agreement_id, agreement.c.ukprn == ukprn
        )
        if lock:
            query = query.with_for_update()
        row = (await self._session.execute(query)).mappings().one_or_none()
        if row is None:
            raise NotFound("agreement-not-found", agreement_id=str(agreement_id))
        return _agreement(row)

    async def page(self, *, ukprn: int, after: UUID | None, limit: int) -> list[Agreement]:
        """Return agreements, the newest first (ids are UUIDv7)."""
        query = sa.select(agreement).where(agreement.c.ukprn == ukprn)
        if after is not None:
            query = query.where(agreement.c.agreement_id < after)
        query = query.order_by(agreement.c.agreement_id.desc()).limit(limit)
        return [_agreement(row) for row in (await self._session.execute(query)).mappings()]

    async def with_partner(self, partner_id: str, *, ukprn: int) -> list[Agreement]:
        """Return every agreement of a provider with a partner."""
        query = sa.select(agreement).where(
            agreement.c.ukprn == ukprn, agreement.c.partner_id == partner_id
        )
        return [_agreement(row) for row in (await self._session.execute(query)).mappings()]

    async def note_use(self, use: AgreementUse) -> bool:
        """Insert a use; say whether it is new."""
        statement = insert(agreement_use).values(**_values(use)).on_conflict_do_nothing()
        found = await self._session.execute(statement.returning(agreement_use.c.submission_id))
        return found.first() is not None

    async def uses(
        self, agreement_id: UUID, *, after: UUID | None, limit: int
    ) -> list[AgreementUse]:
        """Return the uses of an agreement, the newest first."""
        query = sa.select(agreement_use).where(agreement_use.c.agreement_id == agreement_id)
        if after is not None:
            query = query.where(agreement_use.c.submission_id < after)
        query = query.order_by(agreement_use.c.submission_id.desc()).limit(limit)
        return [AgreementUse(**row) for row in (await self._session.execute(query)).mappings()]


class LawfulBasisRepository:
    """The lawful bases of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, one: LawfulBasis) -> None:
        """Insert a new basis."""
        await self._session.execute(sa.insert(lawful_basis).values(**_values(one)))

    async def change(self, one: LawfulBasis) -> None:
        """Store the next version of a locked basis."""
        await self._session.execute(
            sa.update(lawful_basis)
            .where(lawful_basis.c.basis_id == one.basis_id, lawful_basis.c.ukprn == one.ukprn)
            .values(ends_on=one.ends_on, version=one.version)
        )

    async def get(self, basis_id: UUID, *, ukprn: int, lock: bool = False) -> LawfulBasis:
        """Return a provider's basis; raises NotFound."""
        query = sa.select(lawful_basis).where(
            lawful_basis.c.basis_id == basis_id, lawful_basis.c.ukprn == ukprn
        )
        if lock:
            query = query.with_for_update()
        row = (await self._session.execute(query)).mappings().one_or_none()
        if row is None:
            raise NotFound("basis-not-found", basis_id=str(basis_id))
        return _basis(row)

    async def page(self, *, ukprn: int, after: UUID | None, limit: int) -> list[LawfulBasis]:
        """Return bases, the newest first (ids are UUIDv7)."""
        query = sa.select(lawful_basis).where(lawful_basis.c.ukprn == ukprn)
        if after is not None:
            query = query.where(lawful_basis.c.basis_id < after)
        query = query.order_by(lawful_basis.c.basis_id.desc()).limit(limit)
        return [_basis(row) for row in (await self._session.execute(query)).mappings()]

    async def for_purpose(self, purpose: str, *, ukprn: int) -> list[LawfulBasis]:
        """Return every basis of a provider for a purpose."""
        query = sa.select(lawful_basis).where(
            lawful_basis.c.ukprn == ukprn, lawful_basis.c.purpose == purpose
        )
        return [_basis(row) for row in (await self._session.execute(query)).mappings()]


def _values(one: Agreement | AgreementUse | LawfulBasis) -> dict[str, Any]:
    values = {item.name: getattr(one, item.name) for item in fields(one)}
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in values.items()
    }


def _agreement(row: sa.RowMapping) -> Agreement:
    lists = ("data_sets", "purposes", "data_classes", "measures")
    values = dict(row) | {name: tuple(row[name]) for name in lists}
    return Agreement(
        **values
        | {
            "partner_role": PartnerRole(row["partner_role"]),
            "state": AgreementState(row["state"]),
        }
    )


def _basis(row: sa.RowMapping) -> LawfulBasis:
    return LawfulBasis(**dict(row) | {"conditions": tuple(row["conditions"])})
