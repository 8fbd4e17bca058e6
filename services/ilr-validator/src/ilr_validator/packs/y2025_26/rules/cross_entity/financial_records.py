"""Financial records of apprenticeships: prices and payments."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import FinRecords
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Dates, Mask, Rows, is_null, one_of
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.aims import is_of_programme, is_of_type
from ilr_validator.packs.queries.fin_records import fins_of
from ilr_validator.packs.y2020_21.rules.cross_entity.financial_records import repeated_in_programme

KEPT = carried("2020-21", R_72="R72", R_73="R73", R_100="R100", R_119="R119")

STANDARD = 25
WITHDRAWN, ON_BREAK = 3, 6
FROM_2022 = day(2022, 8, 1)


@rule(FinRecords, "ProgType", "StdCode", "AFinType", "AFinCode", "AFinDate")
def R_68(b: Batch) -> Rows:
    """The apprenticeship has the same financial type, code and date twice."""
    return repeated_in_programme(b, b.aims.StdCode)


def _first_open_start(b: Batch) -> Dates:
    """Give for each learner the first start since August 2022 of an open standard programme."""
    aims = b.aims
    standards = is_of_programme(b, STANDARD) & is_of_type(b, 1) & is_null(aims.LearnActEndDate)
    standards = standards & ~one_of(aims.CompStatus, WITHDRAWN, ON_BREAK)
    return aims.min(aims.LearnStartDate, standards & (aims.LearnStartDate >= FROM_2022))


def _reported_start(b: Batch, rows: Rows) -> Dates:
    return b.fin_records.of_learner(_first_open_start(b))[rows]


@rule(
    FinRecords,
    ("LearnStartDate", _reported_start),
    "AimType",
    "ProgType",
    "LearnActEndDate",
    "CompStatus",
    "AFinType",
    "AFinDate",
)
def R_142(b: Batch) -> Mask:
    """A price of the programme that the learner left dates from the open programme."""
    aims = b.aims
    left = is_of_programme(b, STANDARD) & is_of_type(b, 1)
    left = left & one_of(aims.CompStatus, WITHDRAWN, ON_BREAK)
    if not left.any():
        return b.fin_records.of_parent(left)
    since = b.fin_records.of_learner(_first_open_start(b))
    prices = fins_of(b, "TNP") & b.fin_records.of_parent(left)
    return prices & (b.fin_records.AFinDate >= since)
