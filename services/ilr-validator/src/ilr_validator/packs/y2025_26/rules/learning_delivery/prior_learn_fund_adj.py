"""PriorLearnFundAdj: adjustment of funding for prior learning."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, one_of
from ilr_validator.packs.queries.fams import has_fam


@rule(Aims, "FundModel", "PriorLearnFundAdj", ("LearnDelFAMType", "ADL"))
def PriorLearnFundAdj_01(b: Batch) -> Mask:
    """An adjustment for prior learning stands on an aim whose funding has none."""
    a = b.aims
    adjusted = is_known(a.PriorLearnFundAdj) & one_of(a.FundModel, 10, 25, 82, 99)
    return a.first_of_learner(adjusted & ~has_fam(b, "ADL"))
