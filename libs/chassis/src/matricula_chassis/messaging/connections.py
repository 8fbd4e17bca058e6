"""Opens the direct connections that relay and clean-up work on, never through a pooler.

The server ends a session of theirs that has been silent for too long: a process that was frozen
must not hold its locks for ever.
"""

from typing import Final

import asyncpg

_IDLE_SESSION_MS: Final = "30000"
_STATEMENT_MS: Final = "30000"
_COMMAND_SECONDS: Final = 35.0
_CONNECT_SECONDS: Final = 10.0


async def connect_directly(
    url: str, *, application_name: str
) -> "asyncpg.Connection[asyncpg.Record]":
    """Return a connection to the server of a `postgresql+asyncpg://` URL."""
    return await asyncpg.connect(
        url.replace("postgresql+asyncpg://", "postgresql://", 1),
        timeout=_CONNECT_SECONDS,
        command_timeout=_COMMAND_SECONDS,
        server_settings={
            "application_name": application_name,
            "statement_timeout": _STATEMENT_MS,
            "idle_session_timeout": _IDLE_SESSION_MS,
            "idle_in_transaction_session_timeout": _IDLE_SESSION_MS,
        },
    )
