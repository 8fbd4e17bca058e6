"""The connection pool of one database: its limits, its real readiness check, its eviction.

A pool must never go on serving a server that has been demoted: the first write that is refused
as read-only (SQLSTATE 25006) makes every pooled connection stale. No queries of services here.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, Self

import asyncpg
from pydantic import SecretStr
from sqlalchemy import event, exc, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from matricula_chassis.db.faults import READ_ONLY, is_passing, sqlstate_of
from matricula_chassis.errors import DomainError, Unavailable

_GENERATION: Final = "matricula.generation"
_MILLISECONDS: Final = 1000


class Database:
    """An engine over asyncpg whose pool can be evicted. Time-outs are in seconds."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._generation = 0
        event.listen(engine.sync_engine, "connect", self._on_connect)
        event.listen(engine.sync_engine, "checkout", self._on_checkout)
        event.listen(engine.sync_engine, "handle_error", self._on_error)

    @classmethod
    def from_url(
        cls,
        url: str,
        *,
        application_name: str,
        pool_size: int = 5,
        command_timeout: float = 30.0,
        lock_timeout: float = 5.0,
        idle_in_transaction_timeout: float = 15.0,
    ) -> Self:
        """Return a database on a `postgresql+asyncpg://` URL; nothing is connected yet."""
        settings = {
            "application_name": application_name,
            "statement_timeout": _milliseconds(command_timeout),
            "lock_timeout": _milliseconds(lock_timeout),
            "idle_in_transaction_session_timeout": _milliseconds(idle_in_transaction_timeout),
        }
        engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_recycle=1800,  # plans go stale after migrations
            connect_args={
                "async_creator_fn": _connect,
                "timeout": 10,
                "command_timeout": command_timeout + 5,  # the server's own limit speaks first
                "server_settings": settings,
            },
        )
        return cls(engine)

    def evict(self) -> None:
        """Make every connection of the pool stale: each is replaced before its next use."""
        self._generation += 1

    async def check(self) -> None:
        """Do real work: commit a record to the server's write-ahead log.

        Raises Unavailable when the server does not answer, has a full disk or is read-only. A
        `SELECT 1` would succeed on a demoted primary for days.
        """
        try:
            async with self.engine.begin() as connection:
                mode = await connection.execute(
                    text("SELECT current_setting('transaction_read_only')")
                )
                if mode.scalar_one() == "on":
                    self.evict()
                    raise Unavailable("database-unavailable", cause="read-only")
                await connection.execute(
                    text("SELECT pg_logical_emit_message(true, 'matricula.readiness', '')")
                )
        except (exc.SQLAlchemyError, asyncpg.PostgresError, OSError) as error:
            raise Unavailable("database-unavailable", cause=type(error).__name__) from error

    def explain(self, error: BaseException) -> Unavailable | None:
        """Return the error to raise when a fault of the database will pass, else None.

        Sees errors of raw asyncpg too, and evicts the pool where they say "read-only".
        """
        state = sqlstate_of(error)
        if state == READ_ONLY:
            self.evict()
        if isinstance(error, DomainError) or not is_passing(error):
            return None
        return Unavailable("database-unavailable", cause=type(error).__name__, sqlstate=state)

    async def dispose(self) -> None:
        """Close every connection of the pool."""
        await self.engine.dispose()

    def _on_connect(self, _connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info[_GENERATION] = self._generation

    def _on_checkout(self, _connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
        if entry.info.get(_GENERATION) != self._generation:
            raise exc.DisconnectionError("the connection was made before an eviction")

    def _on_error(self, context: ExceptionContext) -> None:
        if sqlstate_of(context.original_exception) == READ_ONLY:
            self.evict()


@asynccontextmanager
async def open_database(url: SecretStr, *, name: str) -> AsyncIterator[Database]:
    """Open a database for as long as the block lasts; `name` is what its server calls us."""
    database = Database.from_url(url.get_secret_value(), application_name=name)
    try:
        yield database
    finally:
        await database.dispose()


async def _connect(*args: Any, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        # lint-skip: timeout-required `options` hold the engine's connect_args
        return await asyncpg.connect(*args, **options)
    except OSError as error:
        # Not every OSError in a unit of work is the database's; here it is, and says so.
        raise asyncpg.CannotConnectNowError("no connection to the server") from error


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * _MILLISECONDS))
