"""LearnStartDate: starts outside the years, the standards and the contracts that allow them."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day, years_after
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, take
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.aims import is_funded_by, is_of_programme, is_of_type
from ilr_validator.packs.queries.contracts import contract_rows
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.queries.standards import standard_rows

KEPT = carried(
    "2020-21", "LearnStartDate_02", "LearnStartDate_05", "LearnStartDate_13", "LearnStartDate_14",
    "LearnStartDate_18",
)  # fmt: skip

FROM_2022 = day(2022, 8, 1)


@rule(Aims, "LearnStartDate")
def LearnStartDate_03(b: Batch) -> Mask:
    """The start date is after the end of this teaching year."""
    late = b.aims.LearnStartDate > b.year.end
    return late & ~is_funded_by(b, 36, 37) & ~is_of_programme(b, 31)


@rule(Aims, "LearnStartDate")
def LearnStartDate_12(b: Batch) -> Mask:
    """The apprenticeship starts more than a year after the end of this teaching year."""
    limit = years_after(b.year.end, 1)
    return is_apprenticeship(b) & (b.aims.LearnStartDate > limit)


@rule(Aims, "AimType", "LearnStartDate", "ProgType", "StdCode")
def LearnStartDate_17(b: Batch) -> Mask:
    """The programme aim starts before its standard took effect."""
    mask = is_of_programme(b, 25) & is_of_type(b, 1) & is_known(b.aims.StdCode)
    mask = mask & ~has_fam(b, "RES")
    if not mask.any():
        return mask
    rows, standards = standard_rows(b, mask)
    return b.aims.LearnStartDate < take(standards.EffectiveFrom, rows)


@rule(Aims, "ProgType", "AimType", "LearnStartDate")
def LearnStartDate_20(b: Batch) -> Mask:
    """The skills bootcamp starts before its contract."""
    mask = is_of_programme(b, 32) & is_of_type(b, 1)
    if not mask.any():
        return mask
    rows, contracts = contract_rows(b, mask)
    return b.aims.LearnStartDate < take(contracts.StartDate, rows)


@rule(Aims, "FundModel", "LearnStartDate")
def LearnStartDate_21(b: Batch) -> Mask:
    """The funding model of skills bootcamps stands on an aim that started before August 2022."""
    return is_funded_by(b, 37) & (b.aims.LearnStartDate < FROM_2022)
