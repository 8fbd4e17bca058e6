"""Work placements of an aim: WorkPlaceEmpId, -EndDate, -Mode, -StartDate, and whether they are."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims, WorkPlacements
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.aims import is_funded_by
from ilr_validator.packs.queries.work_placements import has_valid_mode

INDUSTRY_PLACEMENTS = ("ZWRKX002", "ZWRKX003")

KEPT = carried(
    "2020-21",
    "WorkPlaceEmpId_01",
    "WorkPlaceEmpId_02",
    "WorkPlaceEndDate_01",
    "WorkPlaceEndDate_02",
    "WorkPlaceStartDate_01",
    "WorkPlaceStartDate_02",
    "WorkPlaceStartDate_03",
    "WorkPlacement_01",
)


@rule(WorkPlacements, "WorkPlaceMode")
def WorkPlaceMode_01(b: Batch) -> Mask:
    """The mode of a work placement is not on the list of codes."""
    return is_known(b.work_placements.WorkPlaceMode) & ~has_valid_mode(b)


@rule(Aims, "FundModel")
def WorkPlaceStartDate_04(b: Batch) -> Mask:
    """An industry placement is funded as other than 16 to 19 learning (FundModel 25)."""
    return b.aims.LearnAimRef.is_any(*INDUSTRY_PLACEMENTS) & ~is_funded_by(b, 25, 99)
