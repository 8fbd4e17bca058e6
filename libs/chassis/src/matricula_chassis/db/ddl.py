"""Frozen steps for migrations: the chassis tables and the rights of a service's roles.

A step is never edited once released, only followed by a `_v2`: it must do for a migration of
last year what it did then. Nothing but DDL.
"""

import re
from collections.abc import Sequence
from typing import Final, Protocol

from sqlalchemy import Connection, text


class Steps(Protocol):
    """What is used of Alembic's `op`, which is a module."""

    def execute(self, sqltext: str, /) -> None:
        """Run a statement."""
        ...

    def get_bind(self) -> Connection:
        """Return the connection of the migration."""
        ...


_OUTBOX_V1: Final = (
    """
    CREATE TABLE outbox (
      seq bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
      event_id uuid NOT NULL,
      topic text NOT NULL,
      key text NOT NULL,
      bucket smallint NOT NULL CONSTRAINT outbox_bucket CHECK (bucket BETWEEN 0 AND 15),
      payload bytea NOT NULL,
      headers jsonb NOT NULL,
      created_at timestamptz NOT NULL,
      attempts integer NOT NULL DEFAULT 0,
      next_attempt_at timestamptz,
      published_at timestamptz
    ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05,
            autovacuum_vacuum_cost_delay = 0)
    """,
    "CREATE INDEX outbox_unpublished ON outbox (bucket, seq) WHERE published_at IS NULL",
    """
    CREATE INDEX outbox_withheld ON outbox (bucket, key)
      WHERE published_at IS NULL AND next_attempt_at IS NOT NULL
    """,
)

# Not partitioned. Ids are UUIDv7, so the primary key grows at its right edge and the clean-up
# deletes a range at its left edge, which is what partitions would give; but no job has to make
# partitions in time, the service's role needs no DDL rights, and an id of any age stays insertable.
_INBOX_V1: Final = (
    """
    CREATE TABLE inbox (
      consumer text NOT NULL,
      event_id uuid NOT NULL,
      state text NOT NULL DEFAULT 'applied'
        CONSTRAINT inbox_state CHECK (state IN ('applied', 'dead-lettered')),
      received_at timestamptz NOT NULL,
      PRIMARY KEY (consumer, event_id)
    ) WITH (autovacuum_vacuum_scale_factor = 0.05)
    """,
)

_DEAD_LETTER_V1: Final = (
    """
    CREATE TABLE dead_letter (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      consumer text NOT NULL,
      event_id uuid NOT NULL,
      topic text NOT NULL,
      partition integer,
      record_offset bigint,
      record_time timestamptz,
      key bytea,
      type text,
      payload bytea,
      header_names bytea[] NOT NULL,
      header_values bytea[] NOT NULL,
      reason text NOT NULL,
      error_class text,
      created_at timestamptz NOT NULL,
      resolved_at timestamptz,
      resolved_by text,
      resolution text
        CONSTRAINT dead_letter_resolution CHECK (resolution IN ('replayed', 'discarded')),
      resolution_reason text,
      CONSTRAINT dead_letter_resolved CHECK ((resolved_at IS NULL) = (resolution IS NULL))
    )
    """,
    """
    CREATE INDEX dead_letter_unresolved ON dead_letter (consumer, topic, key, id)
      WHERE resolved_at IS NULL
    """,
)

_IDEMPOTENCY_V1: Final = (
    """
    CREATE TABLE idempotency_key (
      client_id text NOT NULL,
      key text NOT NULL,
      request_hash bytea NOT NULL,
      status smallint,
      resource_id text,
      etag text,
      location text,
      created_at timestamptz NOT NULL,
      PRIMARY KEY (client_id, key)
    )
    """,
    "CREATE INDEX idempotency_key_created_at ON idempotency_key (created_at)",
)

CHASSIS_RIGHTS: Final = {
    "outbox": "INSERT",
    "inbox": "SELECT, INSERT, UPDATE, DELETE",
    "dead_letter": "SELECT, INSERT, UPDATE, DELETE",
    "idempotency_key": "SELECT, INSERT, UPDATE, DELETE",
    "alembic_version": "SELECT",
}
"""What a service's application role may do on tables that are not its own."""

_RELAY_RIGHTS: Final = {
    "outbox": "SELECT, UPDATE, DELETE",
    "dead_letter": "SELECT, INSERT, UPDATE",
}
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,50}")


def outbox_v1(op: Steps) -> None:
    """Create the outbox."""
    _run(op, _OUTBOX_V1)


def inbox_v1(op: Steps) -> None:
    """Create the inbox."""
    _run(op, _INBOX_V1)


def dead_letter_v1(op: Steps) -> None:
    """Create the dead letters of consumers and relay."""
    _run(op, _DEAD_LETTER_V1)


def idempotency_v1(op: Steps) -> None:
    """Create the idempotency keys."""
    _run(op, _IDEMPOTENCY_V1)


def grant_service_roles(
    op: Steps,
    service: str,
    *,
    append_only: Sequence[str] = (),
    read_only: Sequence[str] = (),
    hidden: Sequence[str] = (),
) -> None:
    """Give `<service>_app` and `<service>_relay` exactly what they need; skip an absent role.

    The application reads and writes the service's own tables in schema public; on `append_only`
    ones it may SELECT and INSERT, on `read_only` ones SELECT, on `hidden` ones nothing. On the
    outbox it may INSERT and nothing else; marking and cleaning belong to the relay. Call it at
    the end of every migration that creates tables.
    """
    present = _tables(op)
    rights = dict.fromkeys(present, "SELECT, INSERT, UPDATE, DELETE")
    rights.update(CHASSIS_RIGHTS)
    rights.update(dict.fromkeys(append_only, "SELECT, INSERT"))
    rights.update(dict.fromkeys(read_only, "SELECT"))
    rights.update(dict.fromkeys(hidden, ""))
    unknown = set(rights) - present - set(CHASSIS_RIGHTS)
    if unknown:
        raise LookupError("no such table to grant rights on")
    _grant(op, f"{service}_app", {name: rights[name] for name in present})
    _grant(op, f"{service}_relay", {n: r for n, r in _RELAY_RIGHTS.items() if n in present})


def _grant(op: Steps, role: str, rights: dict[str, str]) -> None:
    if not _NAME.fullmatch(role):
        raise ValueError("not the name of a role")
    known = text("SELECT 1 FROM pg_roles WHERE rolname = :role")
    if op.get_bind().execute(known, {"role": role}).first() is None:
        return
    op.execute(f'GRANT USAGE ON SCHEMA public TO "{role}"')
    for table, right in sorted(rights.items()):
        op.execute(f'REVOKE ALL ON TABLE public."{table}" FROM "{role}"')
        if right:
            op.execute(f'GRANT {right} ON TABLE public."{table}" TO "{role}"')


def _tables(op: Steps) -> set[str]:
    listed = op.get_bind().execute(
        text(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        )
    )
    return {str(name) for (name,) in listed}


def _run(op: Steps, statements: Sequence[str]) -> None:
    for statement in statements:
        op.execute(statement)
