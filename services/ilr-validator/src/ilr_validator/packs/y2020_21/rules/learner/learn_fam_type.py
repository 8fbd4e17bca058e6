"""LearnFAMType: which learner FAMs exist, how often, and beside which others."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import LearnerFAMs, Learners
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Rows
from ilr_validator.packs.derived.dd06 import earliest_start
from ilr_validator.packs.queries.fams import has_learner_fam, learner_fam_count
from ilr_validator.packs.queries.groups import numbered


def more_than(b: Batch, most: int, of_types: Mask) -> Rows:
    """Give the first learner FAM of each type, as it is written, of which a learner has too many.

    Types are counted whatever their letter case, but reported once for each way of writing them.
    """
    fams = b.learner_fams
    rows = np.flatnonzero(of_types)
    if len(rows) <= most:
        return rows[:0]
    groups = numbered(fams.parent[rows], fams.LearnFAMType.folded[rows])
    too_many = np.bincount(groups)[groups] > most
    rows, groups = rows[too_many], groups[too_many]
    _, firsts = np.unique(numbered(groups, fams.LearnFAMType.codes[rows]), return_index=True)
    return np.sort(rows[firsts])


@rule(LearnerFAMs, "LearnFAMType", "LearnFAMCode")
def LearnFAMType_01(b: Batch) -> Mask:
    """The learner FAM's code does not exist for its type."""
    fams = b.learner_fams
    typed = fams.LearnFAMType.is_known
    listed = b.in_list("LearnFAMType", fams, typed, fams.LearnFAMType, fams.LearnFAMCode)
    return typed & ~listed


@rule(LearnerFAMs)
def LearnFAMType_03(b: Batch) -> Mask:
    """The learner FAM's code had expired when the first aim started."""
    fams = b.learner_fams
    starts = fams.of_parent(earliest_start(b))
    return b.after_list("LearnFAMType", fams, None, starts, fams.LearnFAMType, fams.LearnFAMCode)


@rule(LearnerFAMs, "LearnFAMType")
def LearnFAMType_09(b: Batch) -> Rows:
    """A learner FAM of this type stands more than once."""
    types = b.learner_fams.LearnFAMType
    single = ("HNS", "EHC", "DLA", "SEN", "MCF", "ECF", "FME")
    rows = more_than(b, 1, types.is_any(*single))
    return rows[types.take(rows).is_exactly(*single)]


@rule(Learners, ("LearnFAMType", "LSR"))
def LearnFAMType_10(b: Batch) -> Mask:
    """There are more than four learner FAMs of type LSR."""
    return learner_fam_count(b, "LSR") > 4


@rule(LearnerFAMs, "LearnFAMType")
def LearnFAMType_11(b: Batch) -> Rows:
    """There are more than two learner FAMs of type NLM or of type EDF."""
    return more_than(b, 2, b.learner_fams.LearnFAMType.is_any("NLM", "EDF"))


@rule(Learners, ("LearnFAMType", "SEN"), ("LearnFAMCode", "1"))
def LearnFAMType_14(b: Batch) -> Mask:
    """A learner FAM SEN must not stand beside an EHC plan (EHC)."""
    return has_learner_fam(b, "SEN", 1) & has_learner_fam(b, "EHC", 1)


def lacks_plan(b: Batch) -> Mask:
    """Tell for each learner whether it has neither special educational needs nor an EHC plan."""
    return ~has_learner_fam(b, "SEN") & ~has_learner_fam(b, "EHC")


@rule(Learners, ("LearnFAMType", "MCF"), ("LearnFAMCode", 1))
def LearnFAMType_15(b: Batch) -> Mask:
    """Exemption from maths GCSE (MCF 1) calls for the learner FAM SEN or EHC."""
    return has_learner_fam(b, "MCF", 1) & lacks_plan(b)


@rule(Learners, ("LearnFAMType", "ECF"), ("LearnFAMCode", "1"))
def LearnFAMType_16(b: Batch) -> Mask:
    """Exemption from English GCSE (ECF 1) calls for the learner FAM SEN or EHC."""
    return has_learner_fam(b, "ECF", 1) & lacks_plan(b)
