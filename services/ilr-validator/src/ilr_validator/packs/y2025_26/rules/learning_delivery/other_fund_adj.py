"""OtherFundAdj: adjustment of funding for other reasons than prior learning."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, one_of


@rule(Aims, "FundModel", "OtherFundAdj")
def OtherFundAdj_01(b: Batch) -> Mask:
    """An other funding adjustment stands on an aim of a funding model that has none."""
    adjusted = is_known(b.aims.OtherFundAdj) & one_of(b.aims.FundModel, 10, 25, 82)
    return b.aims.first_of_learner(adjusted)
