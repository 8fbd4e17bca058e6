"""Events of learner-api that this service acts on: a live learner was recorded or amended."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, cast
from uuid import UUID

from ilr_validator.application.learner_ports import LearnerWork
from ilr_validator.application.track_findings import LearnerChange, Outcome, TrackFindings
from matricula_chassis.audit import ActionContext
from matricula_chassis.db.uow import UnitOfWork
from matricula_chassis.messaging.envelope import Envelope
from matricula_contracts.events import LearnerAmended, LearnerRecorded

TOPICS: Final = (LearnerRecorded.TOPIC,)
GROUP: Final = "ilr-validator-learners"
"""A consumer group, and a place in the inbox, apart from those that work on files."""


class LearnerHandlers:
    """Checks ahead of transactions and keeps findings in them. One consumer, one object."""

    def __init__(self, track: TrackFindings) -> None:
        self._track = track
        self._outcomes: dict[UUID, Outcome] = {}

    @property
    def by_type(self) -> dict[str, Callable[[Any, Envelope], Awaitable[None]]]:
        """Return the handler of each type."""
        return dict.fromkeys(_READ, self.handle)

    async def work_ahead(self, envelopes: Sequence[Envelope]) -> None:
        """Work out what the handlers of these events will keep."""
        self._outcomes.clear()
        changes: dict[UUID, LearnerChange] = {}
        for envelope in envelopes:
            if envelope.type in _READ:
                try:
                    changes[envelope.id] = _change(envelope)
                except ValueError as error:
                    self._outcomes[envelope.id] = error
        if not changes:
            return
        context = ActionContext.system(GROUP, envelopes[0].correlation_id)
        try:
            found = await self._track.ahead(list(changes.values()), context)
        except Exception as error:  # noqa: BLE001 - each event meets it in its own turn
            self._outcomes |= dict.fromkeys(changes, error)
        else:
            self._outcomes |= {key: found[one.learner_id] for key, one in changes.items()}

    async def handle(self, work: UnitOfWork, envelope: Envelope) -> None:
        """Keep what was found; a fault is raised, for the consumer to judge."""
        if envelope.id not in self._outcomes:  # a replay hands over one event by itself
            await self.work_ahead([envelope])
        outcome = self._outcomes[envelope.id]
        if isinstance(outcome, Exception):
            raise outcome
        if outcome is not None:
            await self._track.store(cast("LearnerWork", work), outcome)


_READ: Final[Mapping[str, type[LearnerRecorded | LearnerAmended]]] = {
    one.TYPE: one for one in (LearnerRecorded, LearnerAmended)
}


def _change(envelope: Envelope) -> LearnerChange:
    event = _READ[envelope.type].read(envelope.data)
    return LearnerChange(
        UUID(envelope.subject), event.ukprn, event.version, envelope.correlation_id
    )
