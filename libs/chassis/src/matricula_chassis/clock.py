"""The one source of the current time: an injected clock that answers in aware UTC.

Nothing else in the platform reads the system time. Deadlines are calendar dates in London.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC, to the microsecond."""
        return datetime.now(UTC)


class FixedClock:
    """A clock for tests that moves only when it is told to."""

    def __init__(self, instant: datetime) -> None:
        self._now = _in_utc(instant)

    def now(self) -> datetime:
        """Return the instant that was set last."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move the clock; a negative step moves it back."""
        self._now += by

    def set(self, instant: datetime) -> None:
        """Put the clock to an aware instant."""
        self._now = _in_utc(instant)


def london_date(instant: datetime) -> date:
    """Return the calendar date in London at an aware instant."""
    return _aware(instant).astimezone(LONDON).date()


def _in_utc(instant: datetime) -> datetime:
    return _aware(instant).astimezone(UTC)


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant
