"""OTJActHours: hours of off-the-job training that an apprentice had."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_null
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.aims import is_funded_by, is_of_type
from ilr_validator.packs.queries.fams import has_fam

FROM_AUGUST_2019 = day(2019, 8, 1)
FROM_AUGUST_2022 = day(2022, 8, 1)
REPORTED = ("LearnStartDate", "FundModel", "AimType", "OTJActHours", "CompStatus")

KEPT = carried("2020-21", "OTJActHours_01")


def _lacks_hours(b: Batch, status: int, start: float) -> Mask:
    """Tell for apprenticeships of this status that started from then on whether hours lack."""
    a = b.aims
    programmes = is_funded_by(b, 36) & is_of_type(b, 1) & (a.CompStatus == status)
    return programmes & is_null(a.OTJActHours) & (a.LearnStartDate >= start)


@rule(Aims, *REPORTED)
def OTJActHours_02(b: Batch) -> Mask:
    """A completed apprenticeship lacks its actual off-the-job hours."""
    return _lacks_hours(b, 2, FROM_AUGUST_2019) & ~has_fam(b, "RES")


@rule(Aims, *REPORTED)
def OTJActHours_03(b: Batch) -> Mask:
    """An apprenticeship from which the learner withdrew lacks its actual off-the-job hours."""
    return _lacks_hours(b, 3, FROM_AUGUST_2022)
