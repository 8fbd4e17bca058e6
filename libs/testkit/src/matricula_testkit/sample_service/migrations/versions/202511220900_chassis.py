"""The chassis tables, an aggregate and its effects.

Tag: expand.
"""

import sqlalchemy as sa
from alembic import op

from matricula_chassis.db import ddl

revision = "202511220900_chassis"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    ddl.outbox_v1(op)
    ddl.inbox_v1(op)
    ddl.dead_letter_v1(op)
    ddl.idempotency_v1(op)
    op.create_table(
        "aggregate",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "effect",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("consumer", sa.Text, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    ddl.grant_service_roles(op, "sample_service")


def downgrade() -> None:
    """Undo."""
    for table in ("effect", "aggregate", "idempotency_key", "dead_letter", "inbox", "outbox"):
        op.drop_table(table)
