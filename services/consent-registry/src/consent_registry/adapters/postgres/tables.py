"""The tables of consent-registry, declared once; migrations must lead to exactly these."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from matricula_chassis.db.tables import chassis_tables

metadata = sa.MetaData()

agreement = sa.Table(
    "agreement",
    metadata,
    sa.Column("agreement_id", sa.Uuid, primary_key=True),
    sa.Column("ukprn", sa.Integer, nullable=False),
    sa.Column("partner_id", sa.Text, nullable=False),
    sa.Column("partner_role", sa.Text, nullable=False),
    sa.Column("data_sets", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("purposes", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("data_classes", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("measures", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("ends_on", sa.Date),
    sa.Column("review_on", sa.Date),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("registered_by", sa.Text, nullable=False),
)
sa.Index("agreement_partner", agreement.c.ukprn, agreement.c.partner_id)

agreement_use = sa.Table(
    "agreement_use",
    metadata,
    sa.Column("agreement_id", sa.Uuid, sa.ForeignKey("agreement.agreement_id"), primary_key=True),
    sa.Column("submission_id", sa.Uuid, primary_key=True),
    sa.Column("data_set", sa.Text, nullable=False),
    sa.Column("received_on", sa.Date, nullable=False),
    sa.Column("records", sa.Integer, nullable=False),
    sa.Column("accepted", sa.Integer, nullable=False),
)

lawful_basis = sa.Table(
    "lawful_basis",
    metadata,
    sa.Column("basis_id", sa.Uuid, primary_key=True),
    sa.Column("ukprn", sa.Integer, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("data_class", sa.Text, nullable=False),
    sa.Column("conditions", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("ends_on", sa.Date),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("registered_by", sa.Text, nullable=False),
)
sa.Index("lawful_basis_purpose", lawful_basis.c.ukprn, lawful_basis.c.purpose)

chassis_tables(metadata)
