"""The data keys of persons and submissions, wrapped.

Tag: expand.
"""

from alembic import op

from matricula_chassis.db import ddl

revision = "202611222300"
down_revision = None
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE person_key (
      person_id UUID NOT NULL,
      wrapped_key BYTEA NOT NULL,
      kek_id TEXT NOT NULL,
      created_at TIMESTAMP WITH TIME ZONE NOT NULL,
      PRIMARY KEY (person_id)
    )
    """,
    """
    CREATE TABLE submission_key (
      submission_id UUID NOT NULL,
      wrapped_key BYTEA NOT NULL,
      kek_id TEXT NOT NULL,
      created_at TIMESTAMP WITH TIME ZONE NOT NULL,
      PRIMARY KEY (submission_id)
    )
    """,
)

_TABLES = (
    "submission_key",
    "person_key",
)


def upgrade() -> None:
    """Apply."""
    for statement in _STATEMENTS:
        op.execute(statement)
    ddl.grant_service_roles(op, "learner_api_keys")


def downgrade() -> None:
    """Undo."""
    for table in _TABLES:
        op.execute(f"DROP TABLE {table}")
