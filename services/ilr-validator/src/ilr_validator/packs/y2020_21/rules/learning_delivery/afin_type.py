"""AFinType: which financial records an aim must and must not have."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import MIN_DATE
from ilr_validator.engine.record import Aims, FinRecords
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.fin_records import fins_of, has_fin, has_fin_code


@rule(Aims, ("AFinType", "TNP"), ("AFinCode", 1))
def AFinType_01(b: Batch) -> Mask:
    """A standard programme of funding model 81 has no total training price (TNP1)."""
    a = b.aims
    mask = (a.FundModel == 81) & (a.ProgType == 25) & (a.AimType == 1)
    return mask & ~has_fin(b, "TNP", 1)


@rule(FinRecords, "AFinType", "AFinCode")
def AFinType_02(b: Batch) -> Mask:
    """The type and code of a financial record are not on the list."""
    fins = b.fin_records
    known = fins.AFinType.is_known
    listed = b.in_list("AppFinType", fins, known, fins.AFinType, fins.AFinCode, as_written=True)
    return known & ~listed


@rule(Aims, "FundModel", "AimType", "ProgType")
def AFinType_04(b: Batch) -> Mask:
    """A financial record stands on an aim that is no apprenticeship programme."""
    a = b.aims
    has_records = b.fin_records.any(b.fin_records.parent >= 0)
    programmes = (a.FundModel == 36) | ((a.FundModel == 81) & (a.ProgType == 25))
    return has_records & ~(programmes & (a.AimType == 1))


@rule(Aims, ("AFinType", "PMR"), ("AFinCode", 2))
def AFinType_07(b: Batch) -> Mask:
    """A standard programme has an assessment payment (PMR2) but no assessment price."""
    mask = (b.aims.ProgType == 25) & (b.aims.AimType == 1)
    return mask & has_fin(b, "PMR", 2) & ~has_fin(b, "TNP", 2, 4)


@rule(Aims, "FundModel")
def AFinType_08(b: Batch) -> Mask:
    """A residual price (TNP3 or TNP4) stands on an aim of a funding model other than 36."""
    return (b.aims.FundModel != 36) & has_fin(b, "TNP", 3, 4)


@rule(Aims, "AimType", "FundModel", "ProgType")
def AFinType_10(b: Batch) -> Mask:
    """A standard programme has no assessment price (TNP2 or TNP4)."""
    a = b.aims
    mask = (a.ProgType == 25) & (a.AimType == 1) & (a.FundModel != 99)
    return mask & ~has_fin(b, "TNP", 2, 4)


@rule(Aims, "FundModel", "ProgType")
def AFinType_11(b: Batch) -> Mask:
    """A record with code 2 or 4 (assessment) stands on an FM36 aim that is no standard."""
    return (b.aims.FundModel == 36) & (b.aims.ProgType != 25) & has_fin_code(b, 2, 4)


@rule(Aims, ("AFinType", "TNP"))
def AFinType_12(b: Batch) -> Mask:
    """An apprenticeship programme of funding model 36 has no price at all."""
    return (b.aims.FundModel == 36) & (b.aims.AimType == 1) & ~has_fin(b, "TNP")


@rule(Aims, "LearnStartDate", ("AFinType", "TNP"), ("AFinDate", ""))
def AFinType_13(b: Batch) -> Mask:
    """An apprenticeship programme of funding model 36 has no price from the day it starts."""
    fins = b.fin_records
    at_start = fins_of(b, "TNP") & (fins.AFinDate > MIN_DATE)
    at_start &= fins.AFinDate == fins.of_parent(b.aims.LearnStartDate)
    return (b.aims.FundModel == 36) & (b.aims.AimType == 1) & ~fins.any(at_start)


@rule(Aims, ("AFinType", "PMR"), ("AFinCode", 1))
def AFinType_14(b: Batch) -> Mask:
    """A programme has a training payment (PMR1) but no training price (TNP1 or TNP3)."""
    return (b.aims.AimType == 1) & has_fin(b, "PMR", 1) & ~has_fin(b, "TNP", 1, 3)
