"""AddHours: additional delivery hours of an aim."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, one_of
from ilr_validator.packs.pack import carried

AUGUST_2015 = day(2015, 8, 1)

KEPT = carried("2020-21", "AddHours_03", "AddHours_04", "AddHours_05", "AddHours_06")


@rule(Aims, "LearnStartDate", "FundModel", "AddHours")
def AddHours_01(b: Batch) -> Mask:
    """Additional delivery hours stand on an aim that started before August 2015."""
    a = b.aims
    early = is_known(a.AddHours) & (a.LearnStartDate < AUGUST_2015)
    return early & one_of(a.FundModel, 35, 36, 38, 81)


@rule(Aims, "FundModel", "AddHours")
def AddHours_02(b: Batch) -> Mask:
    """Additional delivery hours stand on an aim of a funding model that has none."""
    return is_known(b.aims.AddHours) & one_of(b.aims.FundModel, 10, 25, 37, 82, 99)
