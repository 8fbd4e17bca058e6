"""Arrivals, sealed events, tiles, checkpoints, completeness, exports.

Tag: expand.
"""

from alembic import op

from matricula_chassis.db import ddl

revision = "202611222200"
down_revision = None
branch_labels = None
depends_on = None

# Identifiers and codes are compared byte by byte: several times cheaper than by language rules.
_COLUMNS = """
  event_id uuid NOT NULL,
  type text COLLATE "C" NOT NULL,
  topic text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL,
  time timestamptz NOT NULL,
  correlation text COLLATE "C" NOT NULL,
  actor text COLLATE "C",
  client text COLLATE "C",
  action text COLLATE "C",
  outcome text COLLATE "C",
  purpose text COLLATE "C",
  person text COLLATE "C",
  ukprn integer,
  canonical bytea NOT NULL
"""

_TABLES = (
    f"""
    CREATE TABLE arrival (
      arrival bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
      received_at timestamptz NOT NULL,
      {_COLUMNS}
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
            autovacuum_vacuum_cost_delay = 0)
    """,
    f"CREATE TABLE event (position bigint PRIMARY KEY, {_COLUMNS})",
    "CREATE UNIQUE INDEX event_event_id ON event (event_id)",
    "CREATE INDEX event_subject ON event (subject, position)",
    "CREATE INDEX event_person ON event (person, position) WHERE person IS NOT NULL",
    "CREATE INDEX event_correlation ON event (correlation, position)",
    """
    CREATE TABLE tile (
      level smallint NOT NULL,
      index bigint NOT NULL,
      hashes bytea NOT NULL
        CONSTRAINT tile_width
        CHECK (length(hashes) % 32 = 0 AND length(hashes) BETWEEN 32 AND 8192),
      PRIMARY KEY (level, index)
    )
    """,
    "ALTER TABLE tile ALTER COLUMN hashes SET STORAGE EXTERNAL",
    """
    CREATE TABLE checkpoint (
      size bigint PRIMARY KEY,
      root bytea NOT NULL CONSTRAINT checkpoint_root CHECK (length(root) = 32),
      note text,
      signed_at timestamptz,
      CONSTRAINT checkpoint_signed CHECK ((note IS NULL) = (signed_at IS NULL))
    )
    """,
    "CREATE INDEX checkpoint_unsigned ON checkpoint (size) WHERE note IS NULL",
    # What occurs in each run of 1,024 positions. Searches by these few-valued attributes and by
    # time read only the blocks that can hold a hit; an index for each would halve the rate of
    # sealing.
    """
    CREATE TABLE block (
      block bigint PRIMARY KEY,
      earliest timestamptz NOT NULL,
      latest timestamptz NOT NULL,
      types text[] COLLATE "C" NOT NULL,
      actions text[] COLLATE "C" NOT NULL,
      actors text[] COLLATE "C" NOT NULL,
      clients text[] COLLATE "C" NOT NULL,
      purposes text[] COLLATE "C" NOT NULL,
      outcomes text[] COLLATE "C" NOT NULL,
      ukprns integer[] NOT NULL
    )
    """,
    """
    CREATE TABLE stream (
      topic text COLLATE "C" NOT NULL,
      subject text COLLATE "C" NOT NULL,
      head bigint NOT NULL,
      PRIMARY KEY (topic, subject)
    )
    """,
    """
    CREATE TABLE sequence_gap (
      topic text COLLATE "C" NOT NULL,
      subject text COLLATE "C" NOT NULL,
      first_missing bigint NOT NULL,
      last_missing bigint NOT NULL,
      found_at timestamptz NOT NULL,
      PRIMARY KEY (topic, subject, first_missing),
      CONSTRAINT sequence_gap_order CHECK (first_missing <= last_missing)
    )
    """,
    """
    CREATE TABLE completeness (
      only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT completeness_one CHECK (only_row),
      examined bigint NOT NULL
    )
    """,
    "INSERT INTO completeness (examined) VALUES (0)",
    """
    CREATE TABLE export (
      export_id uuid PRIMARY KEY,
      requested_by text NOT NULL,
      client text NOT NULL,
      ukprn integer,
      size bigint NOT NULL,
      state text NOT NULL
        CONSTRAINT export_state
        CHECK (state IN ('queued', 'running', 'ready', 'failed', 'expired')),
      events_written bigint NOT NULL DEFAULT 0,
      bytes bigint,
      created_at timestamptz NOT NULL,
      alive_at timestamptz,
      finished_at timestamptz,
      expires_at timestamptz
    )
    """,
    "CREATE INDEX export_open ON export (created_at) WHERE state IN ('queued', 'running', 'ready')",
)

# The rights of the service's role already forbid this; the triggers also stop an owner's mistake.
# Against a superuser nothing in a database helps: that is what signed checkpoints are for.
_GUARDS = (
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'the log is append-only' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE FUNCTION refuse_tile_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.level <> OLD.level OR NEW.index <> OLD.index
         OR substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes THEN
        RAISE EXCEPTION 'a tile only grows' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION refuse_checkpoint_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.size <> OLD.size OR NEW.root <> OLD.root OR OLD.note IS NOT NULL THEN
        RAISE EXCEPTION 'a checkpoint is signed once' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TRIGGER arrival_unchanged BEFORE UPDATE OR TRUNCATE ON arrival
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TRIGGER tile_kept BEFORE DELETE OR TRUNCATE ON tile
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TRIGGER tile_grows BEFORE UPDATE ON tile
      FOR EACH ROW EXECUTE FUNCTION refuse_tile_change()
    """,
    """
    CREATE TRIGGER checkpoint_kept BEFORE DELETE OR TRUNCATE ON checkpoint
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TRIGGER checkpoint_signed_once BEFORE UPDATE ON checkpoint
      FOR EACH ROW EXECUTE FUNCTION refuse_checkpoint_change()
    """,
)


def upgrade() -> None:
    """Apply."""
    for statement in (*_TABLES, *_GUARDS):
        op.execute(statement)
    ddl.outbox_v1(op)
    ddl.inbox_v1(op)
    ddl.dead_letter_v1(op)
    ddl.idempotency_v1(op)
    ddl.grant_service_roles(op, "event_log", append_only=["event"])


def downgrade() -> None:
    """Undo."""
    tables = "arrival, event, tile, checkpoint, block, stream, sequence_gap, completeness"
    op.execute(f"DROP TABLE {tables}, export, outbox, inbox, dead_letter, idempotency_key")
    for function in ("refuse_change", "refuse_tile_change", "refuse_checkpoint_change"):
        op.execute(f"DROP FUNCTION {function}()")
