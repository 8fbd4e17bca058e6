"""What the failure of a handler means: wait and try again, or set the event aside.

A refusal of the domain is permanent, a fault of a database or of a called service passes, and
what nobody foresaw is tried a few times before it counts as permanent.
"""

from collections import Counter
from uuid import UUID

from pydantic import ValidationError

from matricula_chassis.db.faults import is_passing
from matricula_chassis.errors import DomainError, Unavailable


class FailureJudge:
    """Judges failures and remembers how often an event failed for no known reason."""

    def __init__(self, *, max_attempts: int) -> None:
        self._max_attempts = max_attempts
        self._attempts: Counter[UUID] = Counter()

    def reason_to_bury(self, error: Exception, event_id: UUID) -> str | None:
        """Return why the event must be set aside, or None when it should be tried again."""
        if isinstance(error, Unavailable):
            return None
        if isinstance(error, DomainError):
            return self._final(event_id, f"refused:{error.problem}")
        if isinstance(error, ValidationError):
            return self._final(event_id, "schema")
        if is_passing(error):
            return None
        self._attempts[event_id] += 1
        if self._attempts[event_id] < self._max_attempts:
            return None
        return self._final(event_id, "handler-failed")

    def _final(self, event_id: UUID, reason: str) -> str:
        self._attempts.pop(event_id, None)
        return reason

    def succeeded(self, event_id: UUID) -> None:
        """Forget the failures of an event that was applied."""
        self._attempts.pop(event_id, None)
