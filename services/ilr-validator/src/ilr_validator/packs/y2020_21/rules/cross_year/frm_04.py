"""What the year before returned as ended must not change afterwards."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, differs, is_known, take
from ilr_validator.packs.derived.dd39 import previous_year_aim
from ilr_validator.packs.queries.aims import is_funded_by, is_of_programme
from ilr_validator.packs.queries.fams import has_fam


def _is_funded(b: Batch) -> Mask:
    other_standard = is_funded_by(b, 81) & is_of_programme(b, 25)
    loan = is_funded_by(b, 99) & has_fam(b, "ADL", "1")
    return is_funded_by(b, 25, 35, 36) | other_standard | loan


@rule(Aims, "FundModel", "LearnActEndDate")
def FRM_04(b: Batch) -> Mask:
    """The actual end date of an aim that ended last year is not the one returned then."""
    funded = _is_funded(b)
    rows, before = previous_year_aim(b, funded)
    ended = take(before.LearnActEndDate, rows)
    return funded & is_known(ended) & differs(b.aims.LearnActEndDate, ended)
