"""Validations, their parts and their findings.

Tag: expand.
"""

from alembic import op

from matricula_chassis.db import ddl

revision = "202611250900"
down_revision = None
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE validation (
      validation_id UUID NOT NULL,
      ukprn INTEGER NOT NULL,
      state TEXT NOT NULL,
      version INTEGER NOT NULL,
      likeness BYTEA NOT NULL,
      size BIGINT NOT NULL,
      sealed_file_name BYTEA,
      wrapped_key BYTEA,
      requested_by TEXT NOT NULL,
      received_at TIMESTAMPTZ NOT NULL,
      return_asked TEXT,
      academic_year TEXT,
      return_name TEXT,
      pack_version TEXT,
      reference_digest TEXT,
      learners INTEGER,
      parts INTEGER,
      parts_left INTEGER,
      checked INTEGER NOT NULL,
      errors INTEGER NOT NULL,
      warnings INTEGER NOT NULL,
      not_run JSONB NOT NULL,
      problem TEXT,
      report_folder UUID,
      report_kinds TEXT[] NOT NULL,
      started_at TIMESTAMPTZ,
      ended_at TIMESTAMPTZ,
      erased_at TIMESTAMPTZ,
      PRIMARY KEY (validation_id)
    )
    """,
    "CREATE INDEX validation_listed ON validation (ukprn, received_at, validation_id)",
    """
    CREATE UNIQUE INDEX validation_alike ON validation (ukprn, likeness)
      WHERE state NOT IN ('cancelled', 'failed') AND wrapped_key IS NOT NULL
    """,
    """
    CREATE INDEX validation_kept ON validation (ended_at)
      WHERE wrapped_key IS NOT NULL AND ended_at IS NOT NULL
    """,
    """
    CREATE TABLE shard (
      validation_id UUID NOT NULL,
      number INTEGER NOT NULL,
      first INTEGER NOT NULL,
      behind INTEGER NOT NULL,
      result BYTEA,
      checked_at TIMESTAMPTZ,
      PRIMARY KEY (validation_id, number),
      FOREIGN KEY(validation_id) REFERENCES validation (validation_id)
    )
    """,
    """
    CREATE TABLE finding (
      validation_id UUID NOT NULL,
      position BIGINT NOT NULL,
      rule TEXT NOT NULL,
      severity TEXT NOT NULL,
      learner_position INTEGER,
      aim_seq_number INTEGER,
      reference_index BIGINT,
      sealed BYTEA NOT NULL,
      PRIMARY KEY (validation_id, position),
      FOREIGN KEY(validation_id) REFERENCES validation (validation_id)
    )
    """,
    "CREATE INDEX finding_rule ON finding (validation_id, rule, position)",
    """
    CREATE INDEX finding_reference ON finding (validation_id, reference_index, position)
      WHERE reference_index IS NOT NULL
    """,
)
_TABLES = (
    "idempotency_key",
    "dead_letter",
    "inbox",
    "outbox",
    "finding",
    "shard",
    "validation",
)


def upgrade() -> None:
    """Apply."""
    for statement in _STATEMENTS:
        op.execute(statement)
    ddl.outbox_v1(op)
    ddl.inbox_v1(op)
    ddl.dead_letter_v1(op)
    ddl.idempotency_v1(op)
    ddl.grant_service_roles(op, "ilr_validator")


def downgrade() -> None:
    """Undo."""
    for table in _TABLES:
        op.execute(f"DROP TABLE {table}")
