"""LLDDHealthProb, LLDDCat and PrimaryLLDD: learning difficulties, disabilities, health problems."""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.dates import day, years_between
from ilr_validator.engine.record import Learners, LLDDProblems
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, is_null, one_of
from ilr_validator.packs.derived.dd06 import earliest_start
from ilr_validator.packs.queries.fams import fams_of
from ilr_validator.packs.y2020_21.rules.learner.community_learning import is_community_aim

FROM_2015 = day(2015, 8, 1)
FEW_HOURS = 10
EXEMPT_AGE = 25


@derived
def has_record(b: Batch) -> Mask:
    """Tell for each learner whether there is any record of a difficulty or problem."""
    return b.lldd_problems.any(np.ones(b.lldd_problems.size, bool))


@derived
def lacks_record(b: Batch) -> Mask:
    """Tell for each learner whether it names a problem but has no record, and began under 25.

    Learners without aims are left out.
    """
    lacking = (b.learners.LLDDHealthProb == 1) & ~has_record(b)
    if not lacking.any():
        return lacking
    rows = np.flatnonzero(lacking)
    starts = earliest_start(b)[rows]
    old = years_between(b.learners.DateOfBirth[rows], starts) >= EXEMPT_AGE
    return b.learners.mask(rows[is_known(starts) & ~old])


@rule(LLDDProblems, "LLDDCat")
def LLDDCat_01(b: Batch) -> Mask:
    """The category of the difficulty or health problem does not exist."""
    problems = b.lldd_problems
    listed = b.in_list("LLDDCat", problems, None, problems.LLDDCat)
    return problems.first_of_parent(~listed)


@rule(LLDDProblems)
def LLDDCat_02(b: Batch) -> Mask:
    """The category of the difficulty or health problem was not valid when the first aim started."""
    problems = b.lldd_problems
    starts = problems.of_parent(earliest_start(b))
    asked = b.in_list("LLDDCat", problems, is_known(starts), problems.LLDDCat)
    valid = b.in_list_at("LLDDCat", problems, asked, starts, problems.LLDDCat)
    return problems.first_of_parent(asked & ~valid)


@rule(Learners, "LLDDHealthProb")
def LLDDHealthProb_01(b: Batch) -> Mask:
    """The code for difficulties and health problems is not 1, 2 or 9."""
    return ~one_of(b.learners.LLDDHealthProb, 1, 2, 9)


@rule(Learners, "LLDDHealthProb")
def LLDDHealthProb_04(b: Batch) -> Mask:
    """A difficulty or health problem is recorded though the learner says there is none."""
    return (b.learners.LLDDHealthProb == 2) & has_record(b)


@rule(Learners)
def LLDDHealthProb_06(b: Batch) -> Mask:
    """The learner names a difficulty or health problem, but no record says which."""
    return lacks_record(b) & ~b.aims.any(is_community_aim(b))


@rule(Learners, "DateOfBirth", "LLDDHealthProb")
def LLDDHealthProb_07(b: Batch) -> Mask:
    """The learner of longer community learning names a health problem, but no record says which."""
    lacking = lacks_record(b) & (b.learners.PlanLearnHours > FEW_HOURS)
    if not lacking.any():
        return lacking
    not_funded = b.aims.FundModel == 99
    otherwise_sourced = not_funded & b.fams.any(~fams_of(b, "SOF", "108"))
    other = ~(not_funded | (b.aims.FundModel == 10)) | otherwise_sourced
    return lacking & ~b.aims.any(other)


@rule(Learners)
def PrimaryLLDD_01(b: Batch) -> Mask:
    """None of the difficulties and health problems is marked as the primary one."""
    problems = b.lldd_problems
    markable = problems.any(~one_of(problems.LLDDCat, 98, 99))
    marked = problems.any(problems.PrimaryLLDD == 1)
    learners = (b.learners.LLDDHealthProb == 1) & (earliest_start(b) >= FROM_2015)
    return learners & markable & ~marked


@rule(LLDDProblems, "PrimaryLLDD")
def PrimaryLLDD_02(b: Batch) -> Mask:
    """The mark of a primary difficulty or health problem can only be 1."""
    marks = b.lldd_problems.PrimaryLLDD
    return is_known(marks) & (marks != 1)


@rule(Learners)
def PrimaryLLDD_03(b: Batch) -> Mask:
    """More than one difficulty or health problem is marked as the primary one."""
    return b.lldd_problems.count(b.lldd_problems.PrimaryLLDD == 1) > 1


@rule(Learners)
def PrimaryLLDD_04(b: Batch) -> Mask:
    """The only difficulty or health problem is not marked as the primary one."""
    problems = b.lldd_problems
    single = problems.count(np.ones(problems.size, bool)) == 1
    unmarked = ~one_of(problems.LLDDCat, 98, 99) & is_null(problems.PrimaryLLDD)
    return (b.learners.LLDDHealthProb == 1) & single & problems.any(unmarked)
