"""The tables of learner-api, declared once; migrations must lead to exactly these.

`person_key` and `submission_key` live in a database of their own (see `key_tables`), so that their
backups can expire earlier than those of the data.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from learner_api.adapters.postgres.record_tables import learner_columns, record_tables
from matricula_chassis.db.tables import chassis_tables

metadata = sa.MetaData()
key_metadata = sa.MetaData()

_NOW = sa.DateTime(timezone=True)

submission = sa.Table(
    "submission",
    metadata,
    sa.Column("submission_id", sa.Uuid, primary_key=True),
    sa.Column("ukprn", sa.Integer, nullable=False),
    sa.Column("partner", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("received_at", _NOW, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.LargeBinary),
    sa.Column("file_format", sa.Text),
    sa.Column("agreement_id", sa.Text),
    sa.Column("agreement_version", sa.Integer),
    sa.Column("decision", pg.JSONB),
    sa.Column("problem", pg.JSONB),
    sa.Column("read_bytes", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("records_read", sa.Integer, nullable=False, server_default="0"),
    sa.Column("accepted", sa.Integer, nullable=False, server_default="0"),
    sa.Column("quarantined", sa.Integer, nullable=False, server_default="0"),
    sa.Column("unchanged", sa.Integer, nullable=False, server_default="0"),
    sa.Column("rejected", sa.Integer, nullable=False, server_default="0"),
    sa.Column("live", sa.Integer, nullable=False, server_default="0"),
    sa.Column("checking_started_at", _NOW),
    sa.Column("ended_at", _NOW),
    sa.Column("next_attempt_at", _NOW),
    sa.Column("upload_erased_at", _NOW),
)
sa.Index(
    "submission_newest", submission.c.ukprn, submission.c.received_at, submission.c.submission_id
)
sa.Index(
    "submission_same_file",
    submission.c.partner,
    submission.c.ukprn,
    submission.c.sha256,
    unique=True,
    postgresql_where=sa.text("sha256 IS NOT NULL AND state NOT IN ('refused', 'discarded')"),
)
sa.Index(
    "submission_workable",
    submission.c.received_at,
    postgresql_where=sa.text("state IN ('received', 'waiting_for_decision', 'checking')"),
)

staged_record = sa.Table(
    "staged_record",
    metadata,
    sa.Column("record_id", sa.Uuid, primary_key=True),
    sa.Column("submission_id", sa.Uuid, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("ukprn", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("learn_ref_number", sa.Text),
    sa.Column("uln_index", sa.BigInteger),
    sa.Column("classes", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("reasons", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("faults", pg.JSONB),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("received_at", _NOW, nullable=False),
    sa.Column("settled_at", _NOW),
    sa.Column("settled_by", sa.Text),
    sa.Column("verification_method", sa.Text),
    sa.Column("verification_sample", sa.Integer),
    sa.Column("rejection_reason", sa.Text),
    sa.Column("learner_id", sa.Uuid),
)
sa.Index(
    "staged_record_in_file",
    staged_record.c.submission_id,
    staged_record.c.position,
    unique=True,
)
sa.Index(
    "staged_record_pending_uln",
    staged_record.c.uln_index,
    postgresql_where=sa.text("state = 'accepted' AND uln_index IS NOT NULL"),
)
sa.Index(
    "staged_record_pending_reference",
    staged_record.c.ukprn,
    staged_record.c.learn_ref_number,
    postgresql_where=sa.text("state = 'accepted'"),
)
sa.Index("staged_record_settled", staged_record.c.state, staged_record.c.received_at)

verification = sa.Table(
    "verification",
    metadata,
    sa.Column("verification_id", sa.Uuid, primary_key=True),
    sa.Column("submission_id", sa.Uuid, nullable=False),
    sa.Column("ukprn", sa.Integer, nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("sample_size", sa.Integer),
    sa.Column("record_ids", pg.ARRAY(sa.Uuid)),
    sa.Column("actor", pg.JSONB, nullable=False),
    sa.Column("correlation_id", sa.Text, nullable=False),
    sa.Column("requested_at", _NOW, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("done", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created", sa.Integer, nullable=False, server_default="0"),
    sa.Column("amended", sa.Integer, nullable=False, server_default="0"),
    sa.Column("problem", pg.JSONB),
    sa.Column("next_attempt_at", _NOW),
    sa.Column("ended_at", _NOW),
)
sa.Index(
    "verification_open",
    verification.c.requested_at,
    postgresql_where=sa.text("state = 'open'"),
)

learner = sa.Table(
    "learner",
    metadata,
    sa.Column("learner_id", sa.Uuid, primary_key=True),
    sa.Column("person_id", sa.Uuid, nullable=False),
    sa.Column("ukprn", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("submission_id", sa.Uuid),
    sa.Column("agreement_id", sa.Text),
    sa.Column("accountable_owner", sa.Text, nullable=False),
    sa.Column("entry_lag_days", sa.Integer),
    sa.Column("is_entered_late", sa.Boolean, nullable=False),
    sa.Column("created_at", _NOW, nullable=False),
    sa.Column("updated_at", _NOW, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    *learner_columns(),
    sa.UniqueConstraint("ukprn", "learn_ref_number", name="learner_reference"),
)
sa.Index("learner_person", learner.c.person_id)
sa.Index("learner_updated", learner.c.ukprn, learner.c.updated_at, learner.c.learner_id)

RECORD_TABLES = record_tables(metadata)

learner_block = sa.Table(
    "learner_block",
    metadata,
    sa.Column("learner_id", sa.Uuid, sa.ForeignKey("learner.learner_id"), primary_key=True),
    sa.Column("kind", sa.SmallInteger, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("block", sa.LargeBinary, nullable=False),
)

SEARCH_KEYS = (
    "uln",
    "ni_number",
    "email",
    "postcode",
    "family_name",
    "family_prefix",
    "family_birth",
)
learner_search = sa.Table(
    "learner_search",
    metadata,
    sa.Column("learner_id", sa.Uuid, sa.ForeignKey("learner.learner_id"), primary_key=True),
    *(sa.Column(name, sa.BigInteger) for name in SEARCH_KEYS),
)
for _name in SEARCH_KEYS:
    sa.Index(
        f"learner_search_{_name}",
        learner_search.c[_name],
        postgresql_where=learner_search.c[_name].isnot(None),
    )

learner_history = sa.Table(
    "learner_history",
    metadata,
    sa.Column("learner_id", sa.Uuid, sa.ForeignKey("learner.learner_id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("recorded_at", _NOW, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("submission_id", sa.Uuid),
    sa.Column("agreement_id", sa.Text),
    sa.Column("verification_method", sa.Text),
    sa.Column("changed_fields", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("block", sa.LargeBinary),
)

chassis_tables(metadata)


def _key_table(name: str, owner: str) -> sa.Table:
    return sa.Table(
        name,
        key_metadata,
        sa.Column(owner, sa.Uuid, primary_key=True),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("kek_id", sa.Text, nullable=False),
        sa.Column("created_at", _NOW, nullable=False),
    )


person_key = _key_table("person_key", "person_id")
submission_key = _key_table("submission_key", "submission_id")
