"""AFinType: the price reduction (RIP), new in this year."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import FinRecords
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.fin_records import fins_of


@rule(FinRecords, "AFinType", "AFinCode", "AFinDate")
def Provisional_AFinType_01(b: Batch) -> Mask:
    """An aim has more than one price reduction (RIP)."""
    reductions = fins_of(b, "RIP")
    return reductions & b.fin_records.of_parent(b.fin_records.count(reductions) > 1)
