"""The chassis tables as SQLAlchemy Core tables on a service's own metadata.

They declare what the frozen functions of `ddl` create; a test compares the two. Queries on the
hot path are raw SQL; these serve the unit of work, administration and schema comparison.
"""

from dataclasses import dataclass

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB


@dataclass(frozen=True, slots=True)
class ChassisTables:
    """The four tables, all on one MetaData."""

    outbox: Table
    inbox: Table
    dead_letter: Table
    idempotency_key: Table


def chassis_tables(metadata: MetaData) -> ChassisTables:
    """Declare the chassis tables on this metadata and return them."""
    return ChassisTables(
        outbox=_outbox(metadata),
        inbox=_inbox(metadata),
        dead_letter=_dead_letter(metadata),
        idempotency_key=_idempotency_key(metadata),
    )


def _outbox(metadata: MetaData) -> Table:
    table = Table(
        "outbox",
        metadata,
        Column("seq", BigInteger, Identity(always=True), primary_key=True),
        Column("event_id", Uuid, nullable=False),
        Column("topic", Text, nullable=False),
        Column("key", Text, nullable=False),
        Column("bucket", SmallInteger, nullable=False),
        Column("payload", LargeBinary, nullable=False),
        Column("headers", JSONB, nullable=False),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("attempts", Integer, nullable=False, server_default=text("0")),
        Column("next_attempt_at", DateTime(timezone=True)),
        Column("published_at", DateTime(timezone=True)),
    )
    Index(
        "outbox_unpublished",
        table.c.bucket,
        table.c.seq,
        postgresql_where=table.c.published_at.is_(None),
    )
    Index(
        "outbox_withheld",
        table.c.bucket,
        table.c.key,
        postgresql_where=text("published_at IS NULL AND next_attempt_at IS NOT NULL"),
    )
    return table


def _inbox(metadata: MetaData) -> Table:
    return Table(
        "inbox",
        metadata,
        Column("consumer", Text, primary_key=True),
        Column("event_id", Uuid, primary_key=True),
        Column("state", Text, nullable=False, server_default=text("'applied'")),
        Column("received_at", DateTime(timezone=True), nullable=False),
    )


def _dead_letter(metadata: MetaData) -> Table:
    table = Table(
        "dead_letter",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("consumer", Text, nullable=False),
        Column("event_id", Uuid, nullable=False),
        Column("topic", Text, nullable=False),
        Column("partition", Integer),
        Column("record_offset", BigInteger),
        Column("record_time", DateTime(timezone=True)),
        Column("key", LargeBinary),
        Column("type", Text),
        Column("payload", LargeBinary),
        Column("header_names", ARRAY(LargeBinary), nullable=False),
        Column("header_values", ARRAY(LargeBinary), nullable=False),
        Column("reason", Text, nullable=False),
        Column("error_class", Text),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("resolved_at", DateTime(timezone=True)),
        Column("resolved_by", Text),
        Column("resolution", Text),
        Column("resolution_reason", Text),
    )
    Index(
        "dead_letter_unresolved",
        table.c.consumer,
        table.c.topic,
        table.c.key,
        table.c.id,
        postgresql_where=table.c.resolved_at.is_(None),
    )
    return table


def _idempotency_key(metadata: MetaData) -> Table:
    table = Table(
        "idempotency_key",
        metadata,
        Column("client_id", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("request_hash", LargeBinary, nullable=False),
        Column("status", SmallInteger),
        Column("resource_id", Text),
        Column("etag", Text),
        Column("location", Text),
        Column("created_at", DateTime(timezone=True), nullable=False),
    )
    Index("idempotency_key_created_at", table.c.created_at)
    return table
