"""The unit of work of consent-registry: the chassis's, with this service's repositories."""

from typing import Self

from consent_registry.adapters.postgres.repositories import (
    AgreementRepository,
    LawfulBasisRepository,
)
from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import Clock
from matricula_chassis.db.engine import Database
from matricula_chassis.db.uow import UnitOfWork
from matricula_chassis.ids import IdSource

SOURCE = "/services/consent-registry"


class RegistryWork(UnitOfWork):
    """One transaction over agreements and lawful bases."""

    agreements: AgreementRepository
    bases: LawfulBasisRepository

    def __init__(
        self, database: Database, *, clock: Clock, ids: IdSource, context: ActionContext
    ) -> None:
        super().__init__(database, clock=clock, ids=ids, source=SOURCE, context=context)

    async def __aenter__(self) -> Self:
        """Open the transaction and give it its repositories."""
        await super().__aenter__()
        self.agreements = AgreementRepository(self.session)
        self.bases = LawfulBasisRepository(self.session)
        return self
