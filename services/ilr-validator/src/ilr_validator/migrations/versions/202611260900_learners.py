"""What live learners break: when each was checked, by year, and its findings.

Tag: expand.
"""

from alembic import op

from matricula_chassis.db import ddl

revision = "202611260900"
down_revision = "202611250900"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE learner_check (
      learner_id UUID NOT NULL,
      academic_year TEXT NOT NULL,
      ukprn INTEGER NOT NULL,
      version INTEGER NOT NULL,
      pack_version TEXT NOT NULL,
      reference_digest TEXT,
      return_name TEXT,
      checked_at TIMESTAMPTZ NOT NULL,
      not_run TEXT[] NOT NULL,
      sequence INTEGER NOT NULL,
      PRIMARY KEY (learner_id, academic_year)
    )
    """,
    """
    CREATE TABLE learner_finding (
      finding_id UUID NOT NULL,
      learner_id UUID NOT NULL,
      academic_year TEXT NOT NULL,
      ukprn INTEGER NOT NULL,
      rule TEXT NOT NULL,
      aim_seq_number INTEGER,
      ordinal INTEGER NOT NULL,
      severity TEXT NOT NULL,
      pointers TEXT[] NOT NULL,
      opened_at TIMESTAMPTZ NOT NULL,
      opened_version INTEGER NOT NULL,
      closed_at TIMESTAMPTZ,
      closed_version INTEGER,
      PRIMARY KEY (finding_id),
      FOREIGN KEY(learner_id, academic_year)
        REFERENCES learner_check (learner_id, academic_year)
    )
    """,
    "CREATE INDEX learner_check_summed ON learner_check (ukprn, academic_year)",
    """
    CREATE INDEX learner_finding_summed ON learner_finding (ukprn, academic_year, rule)
      WHERE closed_at IS NULL
    """,
    "CREATE INDEX learner_finding_listed ON learner_finding (learner_id, finding_id)",
    """
    CREATE UNIQUE INDEX learner_finding_open
      ON learner_finding (learner_id, academic_year, rule, aim_seq_number, ordinal)
      NULLS NOT DISTINCT WHERE closed_at IS NULL
    """,
)


def upgrade() -> None:
    """Apply."""
    for statement in _STATEMENTS:
        op.execute(statement)
    ddl.grant_service_roles(op, "ilr_validator")


def downgrade() -> None:
    """Undo."""
    for table in ("learner_finding", "learner_check"):
        op.execute(f"DROP TABLE {table}")
