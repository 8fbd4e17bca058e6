"""PlanLearnHours and PlanEEPHours: the hours planned for the year."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of
from ilr_validator.packs.pack import carried
from ilr_validator.packs.y2020_21.rules.learner.planned_hours import plans_no_hours

KEPT = carried(
    "2020-21",
    "PlanEEPHours_01",
    "PlanLearnHours_01",
    "PlanLearnHours_03",
    "PlanLearnHours_04",
    "PlanLearnHours_05",
)


@rule(Aims, "PlanLearnHours", "FundModel")
def PlanLearnHours_02(b: Batch) -> Mask:
    """The planned learning hours are 0."""
    funded = one_of(b.aims.FundModel, 10, 25, 35, 37, 38, 81, 99)
    return b.aims.first_of_learner(plans_no_hours(b) & funded)
