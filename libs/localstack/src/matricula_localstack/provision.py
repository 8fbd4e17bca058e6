"""Databases and roles of the services, made from an administrator's URL; safe to repeat.

Per service: `<service>_owner` migrates and owns, `<service>_app` works, `<service>_relay` publishes
the outbox. Rights on tables are given by the services' own migrations.
"""

import asyncio
import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import asyncpg
import typer

from matricula_localstack.paths import Home
from matricula_localstack.secret_files import SecretFiles

SERVICES: Final = (
    "learner_api",
    "learner_api_keys",
    "consent_registry",
    "event_log",
    "ilr_validator",
)
_LOCK: Final = 0x6D617470  # "matp": one provisioning of a server at a time
_CONNECT_SECONDS: Final = 10
_COMMAND_SECONDS: Final = 60
_ROUNDS: Final = 4096
_LONGEST_NAME: Final = 63

Passwords = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """How to reach one database: `admin` for asyncpg, the others as `postgresql+asyncpg://`."""

    name: str
    admin: str
    owner: str
    app: str
    relay: str


def plain(url: str) -> str:
    """Return a `postgresql+asyncpg://` URL as asyncpg itself takes it."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


def urls_for(admin_url: str, database: str, *, service: str, passwords: Passwords) -> DatabaseUrls:
    """Derive a service's URLs from the administrator's: same server, own role and database."""

    def as_role(kind: str) -> str:
        role = f"{service}_{kind}"
        login = f"{role}:{quote(passwords(role), safe='')}"
        return _rewritten(admin_url, login=login, database=database, is_sqlalchemy=True)

    return DatabaseUrls(
        name=database,
        admin=_rewritten(admin_url, login=None, database=database, is_sqlalchemy=False),
        owner=as_role("owner"),
        app=as_role("app"),
        relay=as_role("relay"),
    )


def database_name(service: str) -> str:
    """Return the name of a service's database."""
    return f"matricula_{service}"


@asynccontextmanager
async def administrator(admin_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect as the administrator and hold the lock that keeps others from provisioning."""
    connection = await asyncpg.connect(
        admin_url, timeout=_CONNECT_SECONDS, command_timeout=_COMMAND_SECONDS
    )
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        yield connection
    finally:
        await connection.close(timeout=_CONNECT_SECONDS)


async def ensure_roles(
    connection: asyncpg.Connection, service: str, *, passwords: Passwords
) -> None:
    """Create the three roles of a service, or set the passwords of existing ones."""
    for role in (f"{service}_{kind}" for kind in ("owner", "app", "relay")):
        name = _identifier(role)
        verifier = scram_verifier(passwords(role))
        exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
        verb = "ALTER" if exists else "CREATE"
        await connection.execute(f"{verb} ROLE {name} LOGIN PASSWORD '{verifier}'")
        is_superuser = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        if not await connection.fetchval(is_superuser):
            await connection.execute(f"GRANT {name} TO CURRENT_USER")


async def ensure_database(
    connection: asyncpg.Connection, database: str, *, service: str, template: str = "template0"
) -> bool:
    """Create a service's database, owned by its owner role; False when it exists already."""
    if await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
        return False
    name, owner = _identifier(database), _identifier(f"{service}_owner")
    await connection.execute(
        f"CREATE DATABASE {name} OWNER {owner} TEMPLATE {_identifier(template)}"
    )
    await connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
    for kind in ("app", "relay"):
        await connection.execute(
            f"GRANT CONNECT ON DATABASE {name} TO {_identifier(f'{service}_{kind}')}"
        )
    return True


async def drop_database(connection: asyncpg.Connection, database: str) -> None:
    """Drop a database together with its connections."""
    await connection.execute(f"DROP DATABASE IF EXISTS {_identifier(database)} WITH (FORCE)")


async def provision(
    admin_url: str, *, passwords: Passwords, services: Sequence[str] = SERVICES
) -> dict[str, DatabaseUrls]:
    """Make roles and databases of the services; return their URLs by service."""
    made = {}
    async with administrator(admin_url) as connection:
        for service in services:
            await ensure_roles(connection, service, passwords=passwords)
            await ensure_database(connection, database_name(service), service=service)
            made[service] = urls_for(
                admin_url, database_name(service), service=service, passwords=passwords
            )
    return made


def scram_verifier(password: str, *, salt: bytes | None = None) -> str:
    """Return what PostgreSQL stores for a password (RFC 5803): the password itself never travels.

    A server that logs its statements would otherwise keep the password in its log.
    """
    salt = salt or secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ROUNDS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored, server = (
        hashlib.sha256(client_key).digest(),
        hmac.digest(salted, b"Server Key", "sha256"),
    )
    parts = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${_ROUNDS}:{parts[0]}${parts[1]}:{parts[2]}"


def _identifier(name: str) -> str:
    if len(name) > _LONGEST_NAME or not name.replace("_", "a").isalnum() or not name.isascii():
        raise ValueError("a database or role name may hold letters, digits and underscores only")
    return f'"{name}"'


def _rewritten(url: str, *, login: str | None, database: str, is_sqlalchemy: bool) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    query = parse_qsl(parts.query, keep_blank_values=True)
    scheme = "postgresql"
    if is_sqlalchemy:  # its asyncpg dialect hands the query to asyncpg.connect, which says `ssl`
        scheme = "postgresql+asyncpg"
        query = [("ssl" if key == "sslmode" else key, value) for key, value in query]
    netloc = parts.netloc if login is None else f"{login}@{host}"
    return urlunsplit((scheme, netloc, f"/{database}", urlencode(query), ""))


def main(
    home: Annotated[Path, typer.Option(help="The stack's folder, which keeps the passwords.")],
) -> None:
    """Make databases and roles on the server that DATABASE_URL_FILE names."""
    admin_url = Path(os.environ["DATABASE_URL_FILE"]).read_text(encoding="utf-8").strip()
    asyncio.run(provision(admin_url, passwords=SecretFiles(Home(home).secrets).password))


if __name__ == "__main__":
    typer.run(main)
