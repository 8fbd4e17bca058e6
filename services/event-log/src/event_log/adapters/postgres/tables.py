"""The tables of the log as SQLAlchemy knows them; a test compares them with the migrations."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
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

from matricula_chassis.db.tables import chassis_tables

metadata = MetaData()
chassis_tables(metadata)

EVENT_COLUMNS = (
    "event_id", "type", "topic", "source", "subject", "sequence", "time", "correlation", "actor",
    "client", "action", "outcome", "purpose", "person", "ukprn", "canonical",
)  # fmt: skip


# Identifiers and codes are compared byte by byte: several times cheaper than by language rules.
_CODE = Text(collation="C")


def _event_columns() -> list[Column[object]]:
    return [
        Column("event_id", Uuid, nullable=False),
        *(Column(name, _CODE, nullable=False) for name in ("type", "topic", "source", "subject")),
        Column("sequence", BigInteger, nullable=False),
        Column("time", DateTime(timezone=True), nullable=False),
        Column("correlation", _CODE, nullable=False),
        *(Column(name, _CODE) for name in ("actor", "client", "action", "outcome", "purpose")),
        Column("person", _CODE),
        Column("ukprn", Integer),
        Column("canonical", LargeBinary, nullable=False),
    ]


arrival = Table(
    "arrival",
    metadata,
    Column("arrival", BigInteger, Identity(always=True), primary_key=True),
    Column("received_at", DateTime(timezone=True), nullable=False),
    *_event_columns(),
)
event = Table(
    "event",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    *_event_columns(),
)
Index("event_event_id", event.c.event_id, unique=True)
for _name in ("subject", "correlation"):
    Index(f"event_{_name}", event.c[_name], event.c.position)
Index(
    "event_person",
    event.c.person,
    event.c.position,
    postgresql_where=event.c.person.is_not(None),
)
tile = Table(
    "tile",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)
checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text),
    Column("signed_at", DateTime(timezone=True)),
)
Index("checkpoint_unsigned", checkpoint.c.size, postgresql_where=checkpoint.c.note.is_(None))
block = Table(
    "block",
    metadata,
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("earliest", DateTime(timezone=True), nullable=False),
    Column("latest", DateTime(timezone=True), nullable=False),
    *(
        Column(name, ARRAY(_CODE), nullable=False)
        for name in ("types", "actions", "actors", "clients", "purposes", "outcomes")
    ),
    Column("ukprns", ARRAY(Integer), nullable=False),
)
stream = Table(
    "stream",
    metadata,
    Column("topic", _CODE, primary_key=True),
    Column("subject", _CODE, primary_key=True),
    Column("head", BigInteger, nullable=False),
)
sequence_gap = Table(
    "sequence_gap",
    metadata,
    Column("topic", _CODE, primary_key=True),
    Column("subject", _CODE, primary_key=True),
    Column("first_missing", BigInteger, primary_key=True, autoincrement=False),
    Column("last_missing", BigInteger, nullable=False),
    Column("found_at", DateTime(timezone=True), nullable=False),
)
completeness = Table(
    "completeness",
    metadata,
    Column("only_row", Boolean, primary_key=True, server_default=text("true")),
    Column("examined", BigInteger, nullable=False),
)
export = Table(
    "export",
    metadata,
    Column("export_id", Uuid, primary_key=True),
    Column("requested_by", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("ukprn", Integer),
    Column("size", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("events_written", BigInteger, nullable=False, server_default=text("0")),
    Column("bytes", BigInteger),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("alive_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True)),
)
Index(
    "export_open",
    export.c.created_at,
    postgresql_where=text("state IN ('queued', 'running', 'ready')"),
)
