"""Migrations of one service: its package holds `versions/`, everything else is configured here.

Runs under the owner's role. A service process never migrates by itself; it only asks `check`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeVar

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

_LOCK: Final = 0x6D617472  # "matr": one migration of a database at a time
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MigrationState:
    """Where a database stands. `pending` are revisions known here and not applied there.

    A database that is ahead of this package has revisions we do not know and nothing pending.
    """

    applied: tuple[str, ...]
    head: str | None
    pending: tuple[str, ...]


async def upgrade(owner_url: str, package: str, *, revision: str = "head") -> None:
    """Bring the database to a revision of `<package>` such as `learner_api.migrations`."""
    await _run(owner_url, package, lambda config: command.upgrade(config, revision))


async def downgrade(owner_url: str, package: str, *, revision: str) -> None:
    """Take the database back to a revision; `base` undoes everything."""
    await _run(owner_url, package, lambda config: command.downgrade(config, revision))


async def current(url: str) -> tuple[str, ...]:
    """Return the revisions that the database is at; empty when it was never migrated."""
    return await _on(url, lambda connection: tuple(_heads(connection)))


async def check(url: str, package: str) -> MigrationState:
    """Compare the database with the migrations of the package. Any role that may read does."""
    script = ScriptDirectory.from_config(_config(package))
    applied = await current(url)
    known = [step.revision for step in script.walk_revisions()]
    if applied and not set(applied) <= set(known):
        return MigrationState(applied, script.get_current_head(), ())
    done: set[str] = set()
    for revision in applied:
        done.update(step.revision for step in script.iterate_revisions(revision, "base"))
    pending = tuple(step for step in reversed(known) if step not in done)
    return MigrationState(applied, script.get_current_head(), pending)


async def require_applied(url: SecretStr, package: str) -> None:
    """Raise RuntimeError while migrations of the package are pending: a check of readiness."""
    state = await check(url.get_secret_value(), package)
    if state.pending:
        raise RuntimeError("the database schema is older than this release needs")


async def schema_differences(url: str, metadata: MetaData) -> list[Any]:
    """Return how the database's tables, columns and indexes differ from the declared ones.

    CHECK constraints, partitions and rights are not compared; tests of their own cover them.
    """

    def compare(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "include_object": _is_ours}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))

    return await _on(url, compare)


def new_revision(package: str, message: str) -> Path:
    """Write an empty migration into the package's `versions/` and return its path."""
    made = command.revision(_config(package), message)
    if made is None or isinstance(made, list):
        raise RuntimeError("Alembic made no single revision")
    return Path(made.path)


def _config(package: str) -> Config:
    config = Config()
    here = Path(str(files("matricula_chassis.db") / "migration_environment"))
    versions = Path(str(files(package) / "versions"))
    config.set_main_option("script_location", _literal(here))
    config.set_main_option("version_locations", _literal(versions))
    config.set_main_option("path_separator", "newline")
    config.set_main_option(
        "file_template", "%%(year)d%%(month).2d%%(day).2d%%(hour).2d%%(minute).2d_%%(slug)s"
    )
    return config


def _literal(path: Path) -> str:
    return str(path).replace("%", "%%")


async def _run(owner_url: str, package: str, step: Callable[[Config], None]) -> None:
    def work(connection: Connection) -> None:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.commit()
        config = _config(package)
        config.attributes["connection"] = connection
        step(config)
        connection.commit()

    await _on(owner_url, work)


async def _on(url: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(url, poolclass=NullPool, connect_args={"timeout": 10})
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _heads(connection: Connection) -> tuple[str, ...]:
    return MigrationContext.configure(connection).get_current_heads()


def _is_ours(_item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:  # noqa: FBT001 - Alembic's signature
    return not (kind == "table" and name == "alembic_version")
