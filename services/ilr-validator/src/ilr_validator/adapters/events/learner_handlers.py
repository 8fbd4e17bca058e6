"""Events of learner-api that this service acts on: a live learner was recorded or amended."""

from collections.abc import Mapping, Sequence
from typing import Final, cast
from uuid import UUID

from ilr_validator.application.learner_ports import LearnerWork
from ilr_validator.application.track_findings import (
    JudgedLearner,
    LearnerChange,
    Outcome,
    TrackFindings,
)
from matricula_chassis.audit import ActionContext
from matricula_chassis.clock import Clock
from matricula_chassis.db.uow import UnitOfWork
from matricula_chassis.messaging import Consumer, ConsumerSettings, UowFactory
from matricula_chassis.messaging.envelope import Envelope
from matricula_contracts.events import LearnerAmended, LearnerRecorded

TOPICS: Final = (LearnerRecorded.TOPIC,)
GROUP: Final = "ilr-validator-learners"
"""A consumer group, and a place in the inbox, apart from those that work on files."""
LEARNER_SETTINGS: Final = ConsumerSettings(max_batch=200, stall_limit=300.0)
"""So many learners are read and checked, then kept together."""


class LearnerHandlers:
    """Checks ahead of transactions and keeps findings in them. One consumer, one object."""

    def __init__(self, track: TrackFindings) -> None:
        self._track = track
        self._outcomes: dict[UUID, Outcome] = {}

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

    async def handle(self, work: UnitOfWork, envelopes: Sequence[Envelope]) -> None:
        """Keep what was found; a fault is raised, for the consumer to judge."""
        wanted = [one for one in envelopes if one.type in _READ]
        if any(one.id not in self._outcomes for one in wanted):  # a replay hands over one event
            await self.work_ahead(wanted)
        outcomes = [self._outcomes[one.id] for one in wanted]
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
        judged = [one for one in outcomes if isinstance(one, JudgedLearner)]
        await self._track.store(cast("LearnerWork", work), judged)


def consumer_of_learners(
    track: TrackFindings, *, work: UowFactory, kafka: str, clock: Clock
) -> Consumer:
    """Return the consumer of learners' events; `kafka` is the address to begin with."""
    handlers = LearnerHandlers(track)
    return Consumer(
        name=GROUP,
        topics=TOPICS,
        uow_factory=work,
        kafka_bootstrap=kafka,
        clock=clock,
        batch_handler=handlers.handle,
        work_ahead=handlers.work_ahead,
        settings=LEARNER_SETTINGS,
    )


_READ: Final[Mapping[str, type[LearnerRecorded | LearnerAmended]]] = {
    one.TYPE: one for one in (LearnerRecorded, LearnerAmended)
}


def _change(envelope: Envelope) -> LearnerChange:
    event = _READ[envelope.type].read(envelope.data)
    return LearnerChange(
        UUID(envelope.subject), event.ukprn, event.version, envelope.correlation_id
    )
