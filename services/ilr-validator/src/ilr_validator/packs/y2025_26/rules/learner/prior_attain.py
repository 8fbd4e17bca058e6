"""PriorAttain: what the learner had reached before, a record for each level since 2021-22."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims, PriorAttainments
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Rows, is_known, one_of
from ilr_validator.packs.queries.groups import first_repeated


@rule(Aims)
def PriorAttain_01(b: Batch) -> Mask:
    """The prior attainment is missing."""
    lacking = ~b.prior_attainments.any(is_known(b.prior_attainments.PriorLevel))
    exempt = one_of(b.aims.FundModel, 10, 11, 25, 82, 99)
    return b.aims.first_of_learner(b.aims.of_learner(lacking) & ~exempt)


@rule(PriorAttainments, "PriorLevel")
def PriorAttain_03(b: Batch) -> Mask:
    """The code of the prior attainment does not exist."""
    records = b.prior_attainments
    known = is_known(records.PriorLevel)
    return known & ~b.in_list("PriorAttain", records, known, records.PriorLevel)


@rule(Aims)
def PriorAttain_04(b: Batch) -> Mask:
    """A learner with level 4 or above cannot be funded for this apprenticeship."""
    high = b.prior_attainments.any(one_of(b.prior_attainments.PriorLevel, 7, 8, 9, 10))
    aims = (b.aims.FundModel == 35) & one_of(b.aims.ProgType, 2, 3, 20)
    return aims & b.aims.of_learner(high)


@rule(PriorAttainments, "DateLevelApp")
def PriorAttain_09(b: Batch) -> Mask:
    """The date of the prior attainment is after the file was prepared."""
    known = is_known(b.prior_attainments.DateLevelApp)
    return b.prior_attainments.DateLevelApp > b.preparation_date if known.any() else known


@rule(PriorAttainments, "DateLevelApp")
def PriorAttain_10(b: Batch) -> Rows:
    """Two records of prior attainment bear the same date."""
    records = b.prior_attainments
    return first_repeated(is_known(records.DateLevelApp), records.parent, records.DateLevelApp)
