"""PHours: planned hours of a programme, or of a tailored learning aim."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, between, is_known, is_null
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.aims import is_funded_by
from ilr_validator.packs.queries.fams import has_fam

FROM_AUGUST_2022, TO_JULY_2025 = day(2022, 8, 1), day(2025, 7, 31)
FROM_AUGUST_2025 = day(2025, 8, 1)
LEAST_TO_JULY_2025, LEAST_FROM_AUGUST_2025 = 278, 187

KEPT = carried("2020-21", "PHours_01", "PHours_03", "PHours_04")


@rule(Aims, "ProgType", "FundModel", "PHours")
def PHours_05(b: Batch) -> Mask:
    """Planned hours stand on a 16 to 19 aim that is no T Level."""
    return is_known(b.aims.PHours) & is_funded_by(b, 25) & (b.aims.ProgType != 31)


def _plans_less(b: Batch, least: int) -> Mask:
    """Tell for each apprenticeship, restarts apart, whether it plans fewer hours than the least."""
    return (b.aims.PHours < least) & is_funded_by(b, 36) & ~has_fam(b, "RES")


@rule(Aims, "LearnStartDate", "FundModel", "PHours")
def PHours_06(b: Batch) -> Mask:
    """An apprenticeship that started from August 2022 to July 2025 plans fewer than 278 hours."""
    started = between(b.aims.LearnStartDate, FROM_AUGUST_2022, TO_JULY_2025)
    return started & _plans_less(b, LEAST_TO_JULY_2025)


@rule(Aims, "FundModel", "PHours")
def PHours_07(b: Batch) -> Mask:
    """A tailored learning aim lacks its planned hours."""
    return is_funded_by(b, 11) & is_null(b.aims.PHours)


@rule(Aims, "LearnStartDate", "FundModel", "PHours")
def PHours_08(b: Batch) -> Mask:
    """An apprenticeship that started from August 2025 plans fewer than 187 hours."""
    return (b.aims.LearnStartDate >= FROM_AUGUST_2025) & _plans_less(b, LEAST_FROM_AUGUST_2025)
