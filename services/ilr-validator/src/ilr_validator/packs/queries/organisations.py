"""What is known of organisations and campuses (`OrganisationDataService`).

Asked for the rows of any table, by a column of UKPRNs; only the rows of `where` are looked up.
"""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.reference import Campuses, Organisations
from ilr_validator.engine.tables import Table
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Numbers


def provider(b: Batch, table: Table) -> Numbers:
    """Give every row of the table the UKPRN of the file's provider."""
    return np.full(table.size, b.ukprn)


def exists(b: Batch, table: Table, where: Mask, ukprns: Numbers) -> Mask:
    """Tell whether there is an organisation with this UKPRN (`UkprnExists`)."""
    return b.exists(Organisations, table, where, ukprns)


def is_partner(b: Batch, table: Table, where: Mask, ukprns: Numbers) -> Mask:
    """Tell whether the organisation may be a partner (`IsPartnerUkprn`)."""
    rows, others, organisations = b.lookup(Organisations, table, where, ukprns)
    return table.mask(rows[organisations.PartnerUKPRN[others] == 1])


def is_long_term_residential(b: Batch, table: Table, where: Mask, ukprns: Numbers) -> Mask:
    """Tell whether the organisation is long-term residential (`IsLongTermResForUkprn`)."""
    rows, others, organisations = b.lookup(Organisations, table, where, ukprns)
    return table.mask(rows[organisations.LongTermResid[others] == 1])


def legal_type(b: Batch, table: Table, where: Mask, ukprns: Numbers) -> Text:
    """Give the legal type of the organisation, null where none is known."""
    rows, organisations = b.first(Organisations, table, where, ukprns)
    return organisations.LegalOrgType.take(rows)


def legal_type_is(b: Batch, table: Table, where: Mask, ukprns: Numbers, *types: str) -> Mask:
    """Tell whether the legal type is one of these, letter case included.

    `LegalOrgTypeMatchForUkprn`.
    """
    return legal_type(b, table, where, ukprns).is_exactly(*types)


def campus_exists(b: Batch, where: Mask) -> Mask:
    """Tell for each learner whether its campus identifier exists (`CampIdExists`)."""
    return b.exists(Campuses, b.learners, where, b.learners.CampId)


def campus_is_of(b: Batch, where: Mask, ukprn: float) -> Mask:
    """Tell for each learner whether its campus belongs to the provider (`CampIdMatchForUkprn`)."""
    rows, others, campuses = b.lookup(Campuses, b.learners, where, b.learners.CampId)
    return b.learners.mask(rows[campuses.MasterUKPRN[others] == ukprn])
