"""LearnStartDate: starts outside the years, the frameworks and the contracts that allow them."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day, years_after
from ilr_validator.engine.record import Aims
from ilr_validator.engine.reference import LarsFrameworks, LarsStandardValidities
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Dates, Mask, is_among, is_known, take
from ilr_validator.packs.derived.dd04 import earliest_programme_start
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.derived.dd18 import standard_programme_start
from ilr_validator.packs.derived.dd22 import latest_esf_start
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.aims import is_funded_by
from ilr_validator.packs.queries.contracts import contract_rows
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.queries.standards import standard_rows

FROM_AUGUST_2020 = day(2020, 8, 1)
COMMON_COMPONENTS = (1, 2, 3, 4, 5, 6, 10, 11, 12, 20, 21, 30, 31, 32, 33, 34, 35, 36, 40)


@rule(Aims, "LearnStartDate")
def LearnStartDate_02(b: Batch) -> Mask:
    """The start date is more than ten years before this teaching year."""
    return b.aims.LearnStartDate < years_after(b.year.start, -10)


@rule(Aims, "LearnStartDate")
def LearnStartDate_03(b: Batch) -> Mask:
    """The start date is after the end of this teaching year."""
    late = b.aims.LearnStartDate > b.year.end
    return late & (b.aims.ProgType != 24) & ~is_apprenticeship(b)


@rule(Aims, "DateOfBirth", "LearnStartDate")
def LearnStartDate_05(b: Batch) -> Mask:
    """The start date is on or before the learner's date of birth."""
    return b.aims.of_learner(b.learners.DateOfBirth) >= b.aims.LearnStartDate


@rule(Aims, "LearnStartDate")
def LearnStartDate_06(b: Batch) -> Mask:
    """The framework had closed when its programme aim started."""
    a = b.aims
    mask = is_apprenticeship(b) & (a.ProgType != 25) & (a.AimType == 1) & ~has_fam(b, "RES")
    if not mask.any():
        return mask
    return lars.framework_ended(b, mask)


@rule(Aims, "LearnStartDate", "PwayCode", "ProgType", "FworkCode")
def LearnStartDate_07(b: Batch) -> Mask:
    """The component aim had left its framework when the programme started."""
    a = b.aims
    starts = earliest_programme_start(b)
    mask = is_apprenticeship(b) & (a.ProgType != 25) & (a.AimType == 3) & is_known(starts)
    mask = mask & ~has_fam(b, "RES")
    if not mask.any():
        return mask
    mask = mask & ~_is_exempt_component(b, mask)
    rows, others, frameworks = b.lookup(LarsFrameworks, a, mask, a.LearnAimRef)
    alike = (
        (a.ProgType[rows] == frameworks.ProgType[others])
        & (a.FworkCode[rows] == frameworks.FworkCode[others])
        & (a.PwayCode[rows] == frameworks.PwayCode[others])
    )
    rows, others = rows[alike], others[alike]
    ended = starts[rows] > frameworks.EndDate[others]
    return a.mask(rows) & ~a.mask(rows[~ended])


def _is_exempt_component(b: Batch, where: Mask) -> Mask:
    rows, aims = lars.aim_rows(b, where)
    return is_among(take(aims.FrameworkCommonComponent, rows), COMMON_COMPONENTS)


@rule(Aims, "LearnStartDate")
def LearnStartDate_12(b: Batch) -> Mask:
    """The apprenticeship starts a year or more after the end of this teaching year."""
    limit = years_after(b.year.end, 1)
    return is_apprenticeship(b) & ~(b.aims.LearnStartDate < limit)


@rule(Aims, "LearnStartDate")
def LearnStartDate_13(b: Batch) -> Mask:
    """The standard had closed when its programme aim started."""
    return _standard_ended(b, _of_standard(b, 1), b.aims.LearnStartDate)


@rule(Aims, "StdCode")
def LearnStartDate_14(b: Batch) -> Mask:
    """The standard of a component aim had closed when the programme started."""
    return _standard_ended(b, _of_standard(b, 3), standard_programme_start(b))


def _of_standard(b: Batch, aim_type: int) -> Mask:
    """Find aims of standards of this type that are no restarts."""
    a = b.aims
    mask = (a.ProgType == 25) & (a.AimType == aim_type) & is_known(a.StdCode)
    return mask & ~has_fam(b, "RES")


def _standard_ended(b: Batch, where: Mask, dates: Dates) -> Mask:
    where = where & is_known(dates)
    if not where.any():
        return where
    rows, standards = standard_rows(b, where)
    result: Mask = dates > take(standards.EffectiveTo, rows)
    return result


@rule(Aims, "LearnStartDate")
def LearnStartDate_15(b: Batch) -> Mask:
    """The aim starts before the completed assessment aim of its European Social Fund contract."""
    return b.aims.LearnStartDate < latest_esf_start(b)


@rule(Aims, "LearnStartDate")
def LearnStartDate_16(b: Batch) -> Mask:
    """The European Social Fund assessment starts before its contract, or names none."""
    mask = is_funded_by(b, 70)
    if not mask.any():
        return mask
    mask = mask & b.aims.LearnAimRef.is_any("ZESF0001")
    rows, contracts = contract_rows(b, mask)
    return mask & ~(b.aims.LearnStartDate >= take(contracts.StartDate, rows))


@rule(Aims, "AimType", "LearnStartDate", "ProgType", "StdCode")
def LearnStartDate_17(b: Batch) -> Mask:
    """The programme aim starts before its standard became valid."""
    a = b.aims
    mask = _of_standard(b, 1)
    if not mask.any():
        return mask
    rows, others, validities = b.lookup(LarsStandardValidities, a, mask, a.StdCode)
    begun = a.LearnStartDate[rows] >= validities.StartDate[others]
    return mask & ~a.mask(rows[begun])


@rule(Aims, "AimType", "LearnStartDate", "ProgType", "StdCode")
def LearnStartDate_18(b: Batch) -> Mask:
    """The programme aim starts after the last date for new starts on its standard."""
    return _after_last_start(b, _of_standard(b, 1))


@rule(Aims, "AimType", "LearnStartDate", "ProgType", "StdCode")
def LearnStartDate_19(b: Batch) -> Mask:
    """The component aim starts after the last date for new starts on its standard."""
    return _after_last_start(b, _of_standard(b, 3))


def _after_last_start(b: Batch, where: Mask) -> Mask:
    where = where & (b.aims.LearnStartDate >= FROM_AUGUST_2020)
    if not where.any():
        return where
    rows, standards = standard_rows(b, where)
    result: Mask = b.aims.LearnStartDate > take(standards.LastDateStarts, rows)
    return result
