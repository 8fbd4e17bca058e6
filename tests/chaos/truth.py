"""What is durably true after a job, read from the databases as their administrator.

Never from logs of processes: those may lie after kill -9. Changes nothing.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
from tests.chaos import validator_truth

from matricula_localstack.surroundings import Platform

DRAIN_SECONDS: Final = 180.0
_SECONDS: Final = 60
_PAUSE_SECONDS: Final = 0.1
_PUBLISHERS: Final = ("learner_api", "consent_registry", "event_log", "ilr_validator")
_OUTAGES: Final = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
_CHECKPOINTS: Final = "audit.checkpoint"  # the log does not hold what it says about itself

_STAGED: Final = """
SELECT position, learn_ref_number, state, array_to_string(reasons, ',')
  FROM staged_record WHERE submission_id = $1
"""
_LEARNERS: Final = "SELECT learner_id, learn_ref_number, version FROM learner WHERE ukprn = $1"
_HISTORY: Final = """
SELECT l.learn_ref_number, h.version, array_to_string(h.changed_fields, ',')
  FROM learner_history h JOIN learner l USING (learner_id) WHERE l.ukprn = $1
"""
_USES: Final = """
SELECT u.records, u.accepted FROM agreement_use u JOIN agreement a USING (agreement_id)
 WHERE a.ukprn = $1
"""
_EVENTS: Final = """
SELECT type, subject, sequence FROM event WHERE ukprn = $1 AND topic NOT LIKE 'audit.%'
"""
_EVENTS_OF_VALIDATION: Final = """
SELECT type, split_part(subject, ':', 2), sequence FROM event
 WHERE split_part(subject, ':', 1) = $1 AND topic NOT LIKE 'audit.%'
"""
_BROKEN_STREAMS: Final = """
SELECT count(*) FROM (
  SELECT 1 FROM event WHERE topic NOT LIKE 'audit.%' GROUP BY topic, subject
  HAVING count(*) <> count(DISTINCT sequence)) doubled
"""


@dataclass(frozen=True, slots=True)
class Result:
    """What a job left behind, in terms that do not depend on the identifiers of the run."""

    facts: Counter[Hashable]

    def lost_against(self, undisturbed: "Result") -> int:
        """Return how many facts of the undisturbed result are missing."""
        return (undisturbed.facts - self.facts).total()

    def doubled_against(self, undisturbed: "Result") -> int:
        """Return how many facts are there that the undisturbed result does not have."""
        return (self.facts - undisturbed.facts).total()


@dataclass(frozen=True, slots=True)
class Truth:
    """The databases of one platform."""

    platform: Platform

    async def result(self, *, ukprn: int, submission_id: UUID, validation_id: UUID) -> Result:
        """Return what the one job of a provider led to, in every database."""
        facts: Counter[Hashable] = Counter()
        async with self._open("learner_api") as database:
            facts.update(("staged", *row) for row in await database.fetch(_STAGED, submission_id))
            learners = await database.fetch(_LEARNERS, ukprn)
            facts.update(("learner", row[1], row[2]) for row in learners)
            facts.update(("history", *row) for row in await database.fetch(_HISTORY, ukprn))
        async with self._open("consent_registry") as database:
            facts.update(("use", *row) for row in await database.fetch(_USES, ukprn))
        names = {str(row[0]): str(row[1]) for row in learners}
        async with self._open("ilr_validator") as database:
            facts += await validator_truth.of_learners(database, ukprn, names)
            facts += await validator_truth.of_validation(database, validation_id)
        async with self._open("event_log") as database:
            for kind, subject, sequence in await database.fetch(_EVENTS, ukprn):
                # A submission that had to wait has passed through more versions: not compared.
                what = (names[subject], sequence) if subject in names else ("-", 0)
                facts["event", kind, *what] += 1
            events = await database.fetch(_EVENTS_OF_VALIDATION, str(validation_id))
            facts.update(("event", *row) for row in events)
        return Result(facts)

    async def drained(self, *, since: datetime, ukprn: int) -> int:
        """Wait until every event since a time is published and sealed; return how many are not.

        Before that the live learners of the provider must have been checked: that makes events.
        """
        deadline = time.monotonic() + DRAIN_SECONDS
        while True:
            missing = await self._unchecked(ukprn) + await self._unsealed(since)
            if not missing or time.monotonic() > deadline:
                return missing
            await asyncio.sleep(_PAUSE_SECONDS)

    async def doubled_in_log(self) -> int:
        """Return how many streams hold one sequence number twice."""
        async with self._open("event_log") as database:
            return int(await database.fetchval(_BROKEN_STREAMS))

    async def dead_letters(self) -> int:
        """Return how many events no consumer could apply."""
        found = 0
        for owner in _PUBLISHERS:
            async with self._open(owner) as database:
                found += await database.fetchval("SELECT count(*) FROM dead_letter")
        return found

    async def state_of(self, submission_id: UUID) -> str:
        """Return the state of a submission."""
        async with self._open("learner_api") as database:
            query = "SELECT state FROM submission WHERE submission_id = $1"
            return str(await database.fetchval(query, submission_id))

    async def is_checked_in_part(self, validation_id: UUID) -> bool:
        """Say whether a part of a file was checked and another was not; no while nobody answers."""
        return await self._says(validator_truth.IS_CHECKED_IN_PART, validation_id)

    async def has_checked_learners(self, ukprn: int) -> bool:
        """Say whether live learners of a provider were checked; no while nobody answers."""
        return await self._says(validator_truth.HAS_CHECKED, ukprn)

    async def _says(self, query: str, about: UUID | int) -> bool:
        try:
            async with self._open("ilr_validator") as database:
                return bool(await database.fetchval(query, about))
        except _OUTAGES:
            return False

    async def _unchecked(self, ukprn: int) -> int:
        async with self._open("learner_api") as database:
            live = {row[0]: row[2] for row in await database.fetch(_LEARNERS, ukprn)}
        async with self._open("ilr_validator") as database:
            return await validator_truth.unchecked(database, live)

    async def _unsealed(self, since: datetime) -> int:
        wanted: set[UUID] = set()
        unpublished = 0
        for owner in _PUBLISHERS:
            async with self._open(owner) as database:
                rows = await database.fetch(
                    "SELECT event_id, published_at FROM outbox"
                    " WHERE created_at >= $1 AND topic <> $2",
                    since,
                    _CHECKPOINTS,
                )
            wanted.update(row[0] for row in rows)
            unpublished += sum(row[1] is None for row in rows)
        async with self._open("event_log") as database:
            sealed = await database.fetch(
                "SELECT event_id FROM event WHERE event_id = ANY($1) AND position <"
                " (SELECT coalesce(max(size), 0) FROM checkpoint WHERE note IS NOT NULL)",
                list(wanted),
            )
        return max(unpublished, len(wanted) - len({row[0] for row in sealed}))

    @asynccontextmanager
    async def _open(self, owner: str) -> AsyncIterator[Any]:
        connection = await asyncpg.connect(
            self.platform.database(owner).admin, timeout=_SECONDS, command_timeout=60
        )
        try:
            yield connection
        finally:
            await connection.close(timeout=_SECONDS)
