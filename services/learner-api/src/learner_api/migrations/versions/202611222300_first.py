"""Learners and their records, submissions, staged records, verifications.

Tag: expand.
"""
# lint-skip: file-size one step makes the whole record model, a column for each of its fields

from alembic import op

from matricula_chassis.db import ddl

revision = "202611222300"
down_revision = None
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE learner (
      learner_id UUID NOT NULL,
      person_id UUID NOT NULL,
      ukprn INTEGER NOT NULL,
      version INTEGER NOT NULL,
      source TEXT NOT NULL,
      submission_id UUID,
      agreement_id TEXT,
      accountable_owner TEXT NOT NULL,
      entry_lag_days INTEGER,
      is_entered_late BOOLEAN NOT NULL,
      created_at TIMESTAMP WITH TIME ZONE NOT NULL,
      updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
      digest BYTEA NOT NULL,
      learn_ref_number TEXT NOT NULL,
      prev_learn_ref_number TEXT,
      prev_ukprn INTEGER,
      pmukprn INTEGER,
      camp_id TEXT,
      accom INTEGER,
      als_cost INTEGER,
      plan_learn_hours INTEGER,
      plan_eep_hours INTEGER,
      math_grade TEXT,
      eng_grade TEXT,
      PRIMARY KEY (learner_id),
      CONSTRAINT learner_reference UNIQUE (ukprn, learn_ref_number)
    )
    """,
    "CREATE INDEX learner_person ON learner (person_id)",
    "CREATE INDEX learner_updated ON learner (ukprn, updated_at, learner_id)",
    """
    CREATE TABLE staged_record (
      record_id UUID NOT NULL,
      submission_id UUID NOT NULL,
      position INTEGER NOT NULL,
      ukprn INTEGER NOT NULL,
      state TEXT NOT NULL,
      version INTEGER NOT NULL,
      learn_ref_number TEXT,
      uln_index BIGINT,
      classes TEXT[] NOT NULL,
      reasons TEXT[] NOT NULL,
      faults JSONB,
      digest BYTEA NOT NULL,
      payload BYTEA NOT NULL,
      received_at TIMESTAMP WITH TIME ZONE NOT NULL,
      settled_at TIMESTAMP WITH TIME ZONE,
      settled_by TEXT,
      verification_method TEXT,
      verification_sample INTEGER,
      rejection_reason TEXT,
      learner_id UUID,
      PRIMARY KEY (record_id)
    )
    """,
    "CREATE UNIQUE INDEX staged_record_in_file ON staged_record (submission_id, position)",
    """
    CREATE INDEX staged_record_pending_reference
    ON staged_record (ukprn, learn_ref_number) WHERE state = 'accepted'
    """,
    """
    CREATE INDEX staged_record_pending_uln
    ON staged_record (uln_index) WHERE state = 'accepted' AND uln_index IS NOT NULL
    """,
    "CREATE INDEX staged_record_settled ON staged_record (state, received_at)",
    """
    CREATE TABLE submission (
      submission_id UUID NOT NULL,
      ukprn INTEGER NOT NULL,
      partner TEXT NOT NULL,
      state TEXT NOT NULL,
      version INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      received_at TIMESTAMP WITH TIME ZONE NOT NULL,
      media_type TEXT NOT NULL,
      size_bytes BIGINT NOT NULL,
      sha256 BYTEA,
      file_format TEXT,
      agreement_id TEXT,
      agreement_version INTEGER,
      decision JSONB,
      problem JSONB,
      read_bytes BIGINT DEFAULT '0' NOT NULL,
      records_read INTEGER DEFAULT '0' NOT NULL,
      accepted INTEGER DEFAULT '0' NOT NULL,
      quarantined INTEGER DEFAULT '0' NOT NULL,
      unchanged INTEGER DEFAULT '0' NOT NULL,
      rejected INTEGER DEFAULT '0' NOT NULL,
      live INTEGER DEFAULT '0' NOT NULL,
      checking_started_at TIMESTAMP WITH TIME ZONE,
      ended_at TIMESTAMP WITH TIME ZONE,
      next_attempt_at TIMESTAMP WITH TIME ZONE,
      upload_erased_at TIMESTAMP WITH TIME ZONE,
      PRIMARY KEY (submission_id)
    )
    """,
    "CREATE INDEX submission_newest ON submission (ukprn, received_at, submission_id)",
    """
    CREATE UNIQUE INDEX submission_same_file
    ON submission (partner, ukprn, sha256)
    WHERE sha256 IS NOT NULL AND state NOT IN ('refused', 'discarded')
    """,
    """
    CREATE INDEX submission_workable
    ON submission (received_at) WHERE state IN ('received', 'waiting_for_decision', 'checking')
    """,
    """
    CREATE TABLE verification (
      verification_id UUID NOT NULL,
      submission_id UUID NOT NULL,
      ukprn INTEGER NOT NULL,
      method TEXT NOT NULL,
      sample_size INTEGER,
      record_ids UUID[],
      actor JSONB NOT NULL,
      correlation_id TEXT NOT NULL,
      requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
      state TEXT NOT NULL,
      done INTEGER DEFAULT '0' NOT NULL,
      created INTEGER DEFAULT '0' NOT NULL,
      amended INTEGER DEFAULT '0' NOT NULL,
      problem JSONB,
      next_attempt_at TIMESTAMP WITH TIME ZONE,
      ended_at TIMESTAMP WITH TIME ZONE,
      PRIMARY KEY (verification_id)
    )
    """,
    "CREATE INDEX verification_open ON verification (requested_at) WHERE state = 'open'",
    """
    CREATE TABLE app_fin_record (
      learner_id UUID NOT NULL,
      delivery_no SMALLINT NOT NULL,
      item_no SMALLINT NOT NULL,
      a_fin_type TEXT NOT NULL,
      a_fin_code INTEGER NOT NULL,
      a_fin_date DATE NOT NULL,
      a_fin_amount INTEGER NOT NULL,
      PRIMARY KEY (learner_id, delivery_no, item_no),
      FOREIGN KEY(learner_id) REFERENCES learner (learner_id)
    )
    """,
    """
    CREATE TABLE employment_status_monitoring (
      learner_id UUID NOT NULL,
      employment_no SMALLINT NOT NULL,
      item_no SMALLINT NOT NULL,
      esm_type TEXT NOT NULL,
      esm_code INTEGER NOT NULL,
      PRIMARY KEY (learner_id, employment_no, item_no),
      FOREIGN KEY(learner_id) REFERENCES learner (learner_id)
    )
    """,
    """
    CREATE TABLE learner_block (
      learner_id UUID NOT NULL,
      kind SMALLINT NOT NULL,
      version INTEGER NOT NULL,
      block BYTEA NOT NULL,
      PRIMARY KEY (learner_id, kind, version),
      FOREIGN KEY(learner_id) REFERENCES learner (learner_id)
    )
    """,
    """
    CREATE TABLE learner_employment_status (
      learner_id UUID NOT NULL,
      employment_no SMALLINT NOT NULL,
      emp_stat INTEGER NOT NULL,
      date_emp_stat_app DATE NOT NULL,
      emp_id INTEGER,
      PRIMARY KEY (learner_id, employment_no),
      FOREIGN KEY(learner_id) REFERENCES learner (learner_id)
    )
    """,
    """
    CREATE TABLE learner_fam (
      learner_id UUID NOT NULL,
      item_no SMALLINT NOT NULL,
      learn_fam_type TEXT NOT NULL,
      learn_fam_code INTEGER NOT NULL,
      PRIMARY KEY (learner_id, item_no),
      FOREIGN KEY(learner_id) REFERENCES learner (learner_id)
    )
    """,
    """
    CREATE TABLE learner_he (
      learner_id UUID NOT NULL,
      ttaccom INTEGER,
      PRIMARY KEY (learner_id),
      FOREIGN KEY(learner_id) REFERENCES learner (learner_id)
    )
    """,
    """
    CREATE TABLE learner_he_financial_support (
      learner_id UUID NOT NULL,
      item_no SMALLINT NOT NULL,
      fintype INTEGER NOT NULL,
      finamount INTEGER NOT NULL,
      PRIMARY KEY (learner_id, item_no),
      FOREIGN KEY(learner_id) REFERENCES learner (learner_id)
    )
    """,
    """
    CREATE TABLE learner_history (
      learner_id UUID NOT NULL,
      version INTEGER NOT NULL,
      recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
      actor TEXT NOT NULL,
      client_id TEXT NOT NULL,
      source TEXT NOT NULL,
      submission_id UUID,
      agreement_id TEXT,
      verification_method TEXT,
      changed_fields TEXT[] NOT NULL,
      block BYTEA,
      PRIMARY KEY (learner_id, version),
      FOREIGN KEY(learner_id) REFERENCES learner (learner_id)
    )
    """,
    """
    CREATE TABLE learner_search (
      learner_id UUID NOT NULL,
      uln BIGINT,
      ni_number BIGINT,
      email BIGINT,
      postcode BIGINT,
      family_name BIGINT,
      family_prefix BIGINT,
      family_birth BIGINT,
      PRIMARY KEY (learner_id),
      FOREIGN KEY(learner_id) REFERENCES learner (learner_id)
    )
    """,
    "CREATE INDEX learner_search_email ON learner_search (email) WHERE email IS NOT NULL",
    """
    CREATE INDEX learner_search_family_birth
    ON learner_search (family_birth) WHERE family_birth IS NOT NULL
    """,
    """
    CREATE INDEX learner_search_family_name
    ON learner_search (family_name) WHERE family_name IS NOT NULL
    """,
    """
    CREATE INDEX learner_search_family_prefix
    ON learner_search (family_prefix) WHERE family_prefix IS NOT NULL
    """,
    """
    CREATE INDEX learner_search_ni_number
    ON learner_search (ni_number) WHERE ni_number IS NOT NULL
    """,
    "CREATE INDEX learner_search_postcode ON learner_search (postcode) WHERE postcode IS NOT NULL",
    "CREATE INDEX learner_search_uln ON learner_search (uln) WHERE uln IS NOT NULL",
    """
    CREATE TABLE learning_delivery (
      learner_id UUID NOT NULL,
      delivery_no SMALLINT NOT NULL,
      learn_aim_ref TEXT NOT NULL,
      aim_type INTEGER NOT NULL,
      aim_seq_number INTEGER NOT NULL,
      learn_start_date DATE NOT NULL,
      orig_learn_start_date DATE,
      learn_plan_end_date DATE NOT NULL,
      fund_model INTEGER NOT NULL,
      p_hours INTEGER,
      otj_act_hours INTEGER,
      prog_type INTEGER,
      std_code INTEGER,
      partner_ukprn INTEGER,
      add_hours INTEGER,
      prior_learn_fund_adj INTEGER,
      other_fund_adj INTEGER,
      con_ref_number TEXT,
      epa_org_id TEXT,
      comp_status INTEGER NOT NULL,
      learn_act_end_date DATE,
      withdraw_reason INTEGER,
      outcome INTEGER,
      ach_date DATE,
      out_grade TEXT,
      sw_sup_aim_id TEXT,
      tl_out INTEGER,
      PRIMARY KEY (learner_id, delivery_no),
      FOREIGN KEY(learner_id) REFERENCES learner (learner_id)
    )
    """,
    """
    CREATE TABLE learning_delivery_fam (
      learner_id UUID NOT NULL,
      delivery_no SMALLINT NOT NULL,
      item_no SMALLINT NOT NULL,
      learn_del_fam_type TEXT NOT NULL,
      learn_del_fam_code TEXT NOT NULL,
      learn_del_fam_date_from DATE,
      learn_del_fam_date_to DATE,
      PRIMARY KEY (learner_id, delivery_no, item_no),
      FOREIGN KEY(learner_id) REFERENCES learner (learner_id)
    )
    """,
    """
    CREATE TABLE learning_delivery_he (
      learner_id UUID NOT NULL,
      delivery_no SMALLINT NOT NULL,
      qualent3 TEXT,
      soc INTEGER,
      sec INTEGER,
      ucasschemecode TEXT,
      typeyr INTEGER NOT NULL,
      modestud INTEGER NOT NULL,
      fundlev INTEGER,
      fundcomp INTEGER,
      stuload NUMERIC(4, 1),
      yearstu INTEGER NOT NULL,
      mstufee INTEGER NOT NULL,
      pcolab NUMERIC(4, 1),
      specfee INTEGER NOT NULL,
      netfee INTEGER,
      grossfee INTEGER,
      permaddcountry TEXT,
      elq INTEGER,
      PRIMARY KEY (learner_id, delivery_no),
      FOREIGN KEY(learner_id) REFERENCES learner (learner_id)
    )
    """,
    """
    CREATE TABLE learning_delivery_work_placement (
      learner_id UUID NOT NULL,
      delivery_no SMALLINT NOT NULL,
      item_no SMALLINT NOT NULL,
      work_place_start_date DATE NOT NULL,
      work_place_end_date DATE,
      work_place_hours INTEGER NOT NULL,
      work_place_mode INTEGER NOT NULL,
      work_place_emp_id INTEGER,
      PRIMARY KEY (learner_id, delivery_no, item_no),
      FOREIGN KEY(learner_id) REFERENCES learner (learner_id)
    )
    """,
    """
    CREATE TABLE prior_attain (
      learner_id UUID NOT NULL,
      item_no SMALLINT NOT NULL,
      prior_level INTEGER NOT NULL,
      date_level_app DATE NOT NULL,
      PRIMARY KEY (learner_id, item_no),
      FOREIGN KEY(learner_id) REFERENCES learner (learner_id)
    )
    """,
    """
    CREATE TABLE provider_spec_delivery_monitoring (
      learner_id UUID NOT NULL,
      delivery_no SMALLINT NOT NULL,
      item_no SMALLINT NOT NULL,
      prov_spec_del_mon_occur TEXT NOT NULL,
      PRIMARY KEY (learner_id, delivery_no, item_no),
      FOREIGN KEY(learner_id) REFERENCES learner (learner_id)
    )
    """,
    """
    CREATE TABLE provider_spec_learner_monitoring (
      learner_id UUID NOT NULL,
      item_no SMALLINT NOT NULL,
      prov_spec_learn_mon_occur TEXT NOT NULL,
      PRIMARY KEY (learner_id, item_no),
      FOREIGN KEY(learner_id) REFERENCES learner (learner_id)
    )
    """,
    "ALTER TABLE staged_record ALTER COLUMN payload SET STORAGE EXTERNAL",
    "ALTER TABLE learner_block ALTER COLUMN block SET STORAGE EXTERNAL",
    "ALTER TABLE learner_history ALTER COLUMN block SET STORAGE EXTERNAL",
)

_TABLES = (
    "idempotency_key",
    "dead_letter",
    "inbox",
    "outbox",
    "provider_spec_learner_monitoring",
    "provider_spec_delivery_monitoring",
    "prior_attain",
    "learning_delivery_work_placement",
    "learning_delivery_he",
    "learning_delivery_fam",
    "learning_delivery",
    "learner_search",
    "learner_history",
    "learner_he_financial_support",
    "learner_he",
    "learner_fam",
    "learner_employment_status",
    "learner_block",
    "employment_status_monitoring",
    "app_fin_record",
    "verification",
    "submission",
    "staged_record",
    "learner",
)


def upgrade() -> None:
    """Apply."""
    for statement in _STATEMENTS:
        op.execute(statement)
    ddl.outbox_v1(op)
    ddl.inbox_v1(op)
    ddl.dead_letter_v1(op)
    ddl.idempotency_v1(op)
    ddl.grant_service_roles(op, "learner_api", append_only=("learner_history",))


def downgrade() -> None:
    """Undo."""
    for table in _TABLES:
        op.execute(f"DROP TABLE {table}")
