"""The unit of work of learner-api: the chassis's, with this service's repositories."""

from typing import Self

from learner_api.adapters.postgres.key_store import KeyStore
from learner_api.adapters.postgres.learner_store import LearnerStore
from learner_api.adapters.postgres.person_blocks import SearchIndexes
from learner_api.adapters.postgres.staging import Staging
from learner_api.adapters.postgres.submissions import Submissions
from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import Clock
from matricula_chassis.db.engine import Database
from matricula_chassis.db.uow import UnitOfWork
from matricula_chassis.ids import IdSource

SOURCE = "/services/learner-api"


class LearnerWork(UnitOfWork):
    """One transaction over learners, staged records and submissions."""

    learners: LearnerStore
    staging: Staging
    submissions: Submissions

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        ids: IdSource,
        context: ActionContext,
        keys: KeyStore,
        indexes: SearchIndexes,
    ) -> None:
        super().__init__(database, clock=clock, ids=ids, source=SOURCE, context=context)
        self._keys = keys
        self._indexes = indexes

    async def __aenter__(self) -> Self:
        """Open the transaction and give it its repositories."""
        await super().__aenter__()
        self.learners = LearnerStore(self, indexes=self._indexes, keys=self._keys)
        self.staging = Staging(self, keys=self._keys)
        self.submissions = Submissions(self)
        return self
