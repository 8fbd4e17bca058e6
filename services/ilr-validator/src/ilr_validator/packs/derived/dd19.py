"""DD19: when the programme of an apprenticeship standard is to end (`DerivedData_19Rule`)."""

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Dates, same
from ilr_validator.packs.queries import pairs
from ilr_validator.packs.queries.aims import is_of_programme, is_of_type


@derived
def latest_planned_end(b: Batch) -> Dates:
    """Give for each aim of ProgType 25 the latest planned end of the programme aims like it.

    Like it: the learner's aims of AimType 1 with ProgType 25 and its StdCode, null equal to null.
    """
    aims = b.aims
    standards = is_of_programme(b, 25)
    one, other = aims.siblings(standards, standards & is_of_type(b, 1))
    alike = same(aims.StdCode[one], aims.StdCode[other])
    return pairs.greatest(aims.size, one[alike], aims.LearnPlanEndDate[other[alike]])
