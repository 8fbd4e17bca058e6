"""Agreements, their uses, lawful bases.

Tag: expand.
"""

from alembic import op

from matricula_chassis.db import ddl

revision = "202611222305"
down_revision = None
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE agreement (
      agreement_id UUID NOT NULL,
      ukprn INTEGER NOT NULL,
      partner_id TEXT NOT NULL,
      partner_role TEXT NOT NULL,
      data_sets TEXT[] NOT NULL,
      purposes TEXT[] NOT NULL,
      data_classes TEXT[] NOT NULL,
      measures TEXT[] NOT NULL,
      starts_on DATE NOT NULL,
      ends_on DATE,
      review_on DATE,
      state TEXT NOT NULL,
      version INTEGER NOT NULL,
      registered_by TEXT NOT NULL,
      PRIMARY KEY (agreement_id)
    )
    """,
    "CREATE INDEX agreement_partner ON agreement (ukprn, partner_id)",
    """
    CREATE TABLE lawful_basis (
      basis_id UUID NOT NULL,
      ukprn INTEGER NOT NULL,
      purpose TEXT NOT NULL,
      data_class TEXT NOT NULL,
      conditions TEXT[] NOT NULL,
      starts_on DATE NOT NULL,
      ends_on DATE,
      version INTEGER NOT NULL,
      registered_by TEXT NOT NULL,
      PRIMARY KEY (basis_id)
    )
    """,
    "CREATE INDEX lawful_basis_purpose ON lawful_basis (ukprn, purpose)",
    """
    CREATE TABLE agreement_use (
      agreement_id UUID NOT NULL,
      submission_id UUID NOT NULL,
      data_set TEXT NOT NULL,
      received_on DATE NOT NULL,
      records INTEGER NOT NULL,
      accepted INTEGER NOT NULL,
      PRIMARY KEY (agreement_id, submission_id),
      FOREIGN KEY(agreement_id) REFERENCES agreement (agreement_id)
    )
    """,
)
_TABLES = (
    "idempotency_key",
    "dead_letter",
    "inbox",
    "outbox",
    "agreement_use",
    "lawful_basis",
    "agreement",
)


def upgrade() -> None:
    """Apply."""
    for statement in _STATEMENTS:
        op.execute(statement)
    ddl.outbox_v1(op)
    ddl.inbox_v1(op)
    ddl.dead_letter_v1(op)
    ddl.idempotency_v1(op)
    ddl.grant_service_roles(op, "consent_registry")


def downgrade() -> None:
    """Undo."""
    for table in _TABLES:
        op.execute(f"DROP TABLE {table}")
