"""Tells database faults that pass by themselves from those that are somebody's mistake.

Used by the unit of work (503 instead of 500) and by the consumer (wait instead of dead letter).
"""

from collections.abc import Iterator
from typing import Final

import asyncpg
from sqlalchemy import exc

READ_ONLY: Final = "25006"
"""SQLSTATE of a write on a server that has been demoted."""

_PASSING_CLASSES: Final = frozenset({"08", "53", "57"})  # connection, resources, intervention
_PASSING_STATES: Final = frozenset(
    {
        READ_ONLY,
        "25P03",  # idle-in-transaction time-out
        "40001",  # serialisation failure
        "40P01",  # deadlock
        "55P03",  # lock not available
        "58030",  # input or output error on the server
    }
)
_PASSING_TYPES: Final = (
    TimeoutError,
    ConnectionError,
    exc.TimeoutError,
    asyncpg.InternalClientError,
)


def sqlstate_of(error: BaseException) -> str | None:
    """Return the SQLSTATE of an error of asyncpg or SQLAlchemy, or None."""
    for link in _chain(error):
        state = getattr(link, "sqlstate", None)
        if isinstance(state, str):
            return state
    return None


def is_passing(error: BaseException) -> bool:
    """Return whether the same work may succeed later without anybody changing anything."""
    state = sqlstate_of(error)
    if state is not None:
        return state[:2] in _PASSING_CLASSES or state in _PASSING_STATES
    return any(_is_lost_connection(link) for link in _chain(error))


def _is_lost_connection(error: BaseException) -> bool:
    if isinstance(error, asyncpg.InterfaceError):
        # The same class reports arguments of a wrong type, which no waiting mends.
        return "closed" in str(error)
    if isinstance(error, exc.DBAPIError):
        return error.connection_invalidated
    return isinstance(error, _PASSING_TYPES)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        original = getattr(link, "orig", None)
        link = original if isinstance(original, BaseException) else link.__cause__
