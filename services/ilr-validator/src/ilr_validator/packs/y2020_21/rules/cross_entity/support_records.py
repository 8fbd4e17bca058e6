"""Learning support funding (LSF): once at a time for an aim, and once at a time for a learner."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import FAMs, Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_null
from ilr_validator.packs.queries.fams import fams_of, overlapping_fams
from ilr_validator.packs.queries.groups import neighbours

LSF = ("LearnDelFAMType", "LSF")
FROM_2016 = day(2016, 8, 1)


@rule(FAMs, LSF, "LearnDelFAMDateFrom", "LearnDelFAMDateTo")
def R61(b: Batch) -> Mask:
    """Another learning support funding record of the aim applies at the same time."""
    return overlapping_fams(b, "LSF")


@rule(Learners, LSF)
def R106(b: Batch) -> Mask:
    """Two learning support funding records of the learner apply at the same time."""
    starts, ends = b.fams.LearnDelFAMDateFrom, b.fams.LearnDelFAMDateTo
    support = fams_of(b, "LSF") & (starts >= FROM_2016)
    earlier, later = neighbours(support, b.fams.learner, starts)
    overlap = is_null(ends[earlier]) | (ends[earlier] >= starts[later])
    return b.learners.mask(b.fams.learner[later[overlap]])
