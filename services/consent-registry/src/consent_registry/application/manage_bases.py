"""Use cases: register a lawful basis, and end one."""

from datetime import date
from uuid import UUID

from consent_registry.application.ports import Work
from consent_registry.domain.lawful_basis import LawfulBasis
from matricula_chassis.errors import PreconditionFailed
from matricula_contracts.events import BasisEnded, BasisRegistered


async def register_lawful_basis(one: LawfulBasis, *, work: Work) -> None:
    """Enter a lawful basis."""
    await work.bases.add(one)
    event = BasisRegistered.model_validate(
        {
            "basis_id": one.basis_id,
            "ukprn": one.ukprn,
            "purpose": one.purpose,
            "data_class": one.data_class,
            "conditions": one.conditions,
            "starts_on": one.starts_on,
            "ends_on": one.ends_on,
        }
    )
    _publish(work, one, event, "registered")


async def end_lawful_basis(
    basis_id: UUID, *, ukprn: int, version: int | None, on: date, reason: str, work: Work
) -> LawfulBasis:
    """Give a basis its last day; raises NotFound, Conflict, PreconditionFailed."""
    found = await work.bases.get(basis_id, ukprn=ukprn, lock=True)
    if version is not None and version != found.version:
        raise PreconditionFailed("precondition-failed", expected=version, actual=found.version)
    one = found.ended(on)
    await work.bases.change(one)
    event = BasisEnded(
        basis_id=one.basis_id,
        ukprn=one.ukprn,
        version=one.version,
        ended_on=one.ends_on or on,
        reason=reason,
    )
    _publish(work, one, event, "ended", reason=reason)
    return one


def _publish(
    work: Work,
    one: LawfulBasis,
    event: BasisRegistered | BasisEnded,
    fact: str,
    *,
    reason: str | None = None,
) -> None:
    work.publish(
        event,
        subject=one.basis_id,
        sequence=one.version,
        action=f"lawful_basis:{fact}",
        resource_type="lawful_basis",
        ukprn=one.ukprn,
        purpose=one.purpose,
        lawful_basis=str(one.basis_id),
        data_classes=(one.data_class,),
        reason=reason,
    )
