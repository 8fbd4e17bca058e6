"""The tables of ilr-validator, declared once; migrations must lead to exactly these."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from matricula_chassis.db.tables import chassis_tables

metadata = sa.MetaData()

validation = sa.Table(
    "validation",
    metadata,
    sa.Column("validation_id", sa.Uuid, primary_key=True),
    sa.Column("ukprn", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("likeness", sa.LargeBinary, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sealed_file_name", sa.LargeBinary),
    sa.Column("wrapped_key", sa.LargeBinary),
    sa.Column("requested_by", sa.Text, nullable=False),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("return_asked", sa.Text),
    sa.Column("academic_year", sa.Text),
    sa.Column("return_name", sa.Text),
    sa.Column("pack_version", sa.Text),
    sa.Column("reference_digest", sa.Text),
    sa.Column("learners", sa.Integer),
    sa.Column("parts", sa.Integer),
    sa.Column("parts_left", sa.Integer),
    sa.Column("checked", sa.Integer, nullable=False),
    sa.Column("errors", sa.Integer, nullable=False),
    sa.Column("warnings", sa.Integer, nullable=False),
    sa.Column("not_run", pg.JSONB, nullable=False),
    sa.Column("problem", sa.Text),
    sa.Column("report_folder", sa.Uuid),
    sa.Column("report_kinds", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True)),
    sa.Column("ended_at", sa.DateTime(timezone=True)),
    sa.Column("erased_at", sa.DateTime(timezone=True)),
)
sa.Index(
    "validation_listed", validation.c.ukprn, validation.c.received_at, validation.c.validation_id
)
sa.Index(
    "validation_alike",
    validation.c.ukprn,
    validation.c.likeness,
    unique=True,
    postgresql_where=sa.text("state NOT IN ('cancelled', 'failed') AND wrapped_key IS NOT NULL"),
)
sa.Index(
    "validation_kept",
    validation.c.ended_at,
    postgresql_where=sa.text("wrapped_key IS NOT NULL AND ended_at IS NOT NULL"),
)

shard = sa.Table(
    "shard",
    metadata,
    sa.Column(
        "validation_id", sa.Uuid, sa.ForeignKey("validation.validation_id"), primary_key=True
    ),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("first", sa.Integer, nullable=False),
    sa.Column("behind", sa.Integer, nullable=False),
    sa.Column("result", sa.LargeBinary),
    sa.Column("checked_at", sa.DateTime(timezone=True)),
)

finding = sa.Table(
    "finding",
    metadata,
    sa.Column(
        "validation_id", sa.Uuid, sa.ForeignKey("validation.validation_id"), primary_key=True
    ),
    sa.Column("position", sa.BigInteger, primary_key=True),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("learner_position", sa.Integer),
    sa.Column("aim_seq_number", sa.Integer),
    sa.Column("reference_index", sa.BigInteger),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)
sa.Index("finding_rule", finding.c.validation_id, finding.c.rule, finding.c.position)
sa.Index(
    "finding_reference",
    finding.c.validation_id,
    finding.c.reference_index,
    finding.c.position,
    postgresql_where=finding.c.reference_index.is_not(None),
)

learner_check = sa.Table(
    "learner_check",
    metadata,
    sa.Column("learner_id", sa.Uuid, primary_key=True),
    sa.Column("academic_year", sa.Text, primary_key=True),
    sa.Column("ukprn", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("pack_version", sa.Text, nullable=False),
    sa.Column("reference_digest", sa.Text),
    sa.Column("return_name", sa.Text),
    sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("not_run", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
)

learner_finding = sa.Table(
    "learner_finding",
    metadata,
    sa.Column("finding_id", sa.Uuid, primary_key=True),
    sa.Column("learner_id", sa.Uuid, nullable=False),
    sa.Column("academic_year", sa.Text, nullable=False),
    sa.Column("ukprn", sa.Integer, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("aim_seq_number", sa.Integer),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("pointers", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("opened_version", sa.Integer, nullable=False),
    sa.Column("closed_at", sa.DateTime(timezone=True)),
    sa.Column("closed_version", sa.Integer),
    sa.ForeignKeyConstraint(
        ["learner_id", "academic_year"],
        ["learner_check.learner_id", "learner_check.academic_year"],
    ),
)
sa.Index("learner_check_summed", learner_check.c.ukprn, learner_check.c.academic_year)
sa.Index(
    "learner_finding_summed",
    learner_finding.c.ukprn,
    learner_finding.c.academic_year,
    learner_finding.c.rule,
    postgresql_where=learner_finding.c.closed_at.is_(None),
)
sa.Index("learner_finding_listed", learner_finding.c.learner_id, learner_finding.c.finding_id)
sa.Index(
    "learner_finding_open",
    learner_finding.c.learner_id,
    learner_finding.c.academic_year,
    learner_finding.c.rule,
    learner_finding.c.aim_seq_number,
    learner_finding.c.ordinal,
    unique=True,
    postgresql_nulls_not_distinct=True,
    postgresql_where=learner_finding.c.closed_at.is_(None),
)

chassis_tables(metadata)
