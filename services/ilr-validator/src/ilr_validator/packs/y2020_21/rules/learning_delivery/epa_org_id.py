"""EPAOrgID: who assesses an apprentice at the end."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims, FinRecords
from ilr_validator.engine.reference import AssessmentOrganisations
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null, one_of
from ilr_validator.packs.queries.fin_records import has_fin


@rule(Aims, "EPAOrgID", "StdCode", "LearnPlanEndDate")
def EPAOrgID_01(b: Batch) -> Mask:
    """The assessment organisation may not assess this standard on the planned end date."""
    a = b.aims
    mask = a.EPAOrgID.is_known & is_known(a.StdCode)
    if not mask.any():
        return mask
    rows, others, found = b.lookup(AssessmentOrganisations, a, mask, a.EPAOrgID)
    ends, planned = found.EffectiveTo[others], a.LearnPlanEndDate[rows]
    valid = (found.StandardCode[others] == a.StdCode[rows]) & (
        found.EffectiveFrom[others] <= planned
    )
    return mask & ~a.mask(rows[valid & ((planned <= ends) | is_null(ends))])


@rule(FinRecords, "AFinType", "AFinCode")
def EPAOrgID_02(b: Batch) -> Mask:
    """An assessment is priced but the assessment organisation is missing."""
    fins = b.fin_records
    prices = fins.AFinType.is_exactly("TNP") & one_of(fins.AFinCode, 2, 4)
    return prices & fins.of_parent(~b.aims.EPAOrgID.test(bool))


@rule(Aims, "EPAOrgID")
def EPAOrgID_03(b: Batch) -> Mask:
    """An assessment organisation is named but no assessment is priced (TNP2 or TNP4)."""
    return ~b.aims.EPAOrgID.is_blank & ~has_fin(b, "TNP", 2, 4)
