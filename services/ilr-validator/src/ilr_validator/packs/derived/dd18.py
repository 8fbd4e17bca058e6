"""DD18: when the programme of an apprenticeship standard started (`DerivedData_18Rule`)."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Dates
from ilr_validator.packs.queries import pairs
from ilr_validator.packs.queries.aims import is_of_programme, is_of_type


@derived
def standard_programme_start(b: Batch) -> Dates:
    """Give for each aim the earliest start of the learner's programme aims of its standard.

    The aim itself may have any programme type; null where it has no standard or none matches.
    """
    aims = b.aims
    programmes = is_of_programme(b, 25) & is_of_type(b, 1)
    one, other = aims.siblings(np.ones(aims.size, bool), programmes)
    alike = aims.StdCode[one] == aims.StdCode[other]
    return pairs.least(aims.size, one[alike], aims.LearnStartDate[other[alike]])
