"""AFinDate: when financial records of apprenticeships are dated."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import FinRecords
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.file_facts import FILE_PREP_DATE
from ilr_validator.packs.queries.fin_records import fins_of

KEPT = carried(
    "2020-21",
    "AFinDate_03",
    "AFinDate_05",
    "AFinDate_06",
    "AFinDate_07",
    "AFinDate_08",
    "AFinDate_09",
    "AFinDate_12",
    "AFinDate_13",
)


@rule(FinRecords, "LearnActEndDate", ("AFinType", "TNP"), "AFinDate")
def AFinDate_04(b: Batch) -> Mask:
    """A price of a programme that is no standard is dated after the programme ended."""
    fins = b.fin_records
    late = fins_of(b, "TNP") & (fins.AFinDate > fins.of_parent(b.aims.LearnActEndDate))
    if not late.any():
        return late
    programmes = (b.aims.AimType == 1) & (b.aims.ProgType != 25)
    return fins.first_of_parent(late & fins.of_parent(programmes))


@rule(FinRecords, "AFinType", "AFinDate", FILE_PREP_DATE)
def AFinDate_14(b: Batch) -> Mask:
    """A payment is dated after the file was prepared."""
    payments = fins_of(b, "PMR")
    if not payments.any():
        return payments
    return payments & (b.fin_records.AFinDate > b.preparation_date)
