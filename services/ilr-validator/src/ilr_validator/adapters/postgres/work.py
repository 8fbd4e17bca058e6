"""The unit of work of ilr-validator: the chassis's, with this service's repositories."""

from typing import Final, Self

from ilr_validator.adapters.postgres.learner_findings import LearnerFindingStore
from ilr_validator.adapters.postgres.validations import ValidationStore
from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import Clock
from matricula_chassis.db.engine import Database
from matricula_chassis.db.uow import UnitOfWork
from matricula_chassis.ids import IdSource

SOURCE: Final = "/services/ilr-validator"


class ValidatorWork(UnitOfWork):
    """One transaction over validations with their findings, and the findings of live learners."""

    validations: ValidationStore
    learner_findings: LearnerFindingStore

    def __init__(
        self, database: Database, *, clock: Clock, ids: IdSource, context: ActionContext
    ) -> None:
        super().__init__(database, clock=clock, ids=ids, source=SOURCE, context=context)
        self._ids = ids

    async def __aenter__(self) -> Self:
        """Open the transaction and give it its repositories."""
        await super().__aenter__()
        self.validations = ValidationStore(self)
        self.learner_findings = LearnerFindingStore(self, ids=self._ids)
        return self
