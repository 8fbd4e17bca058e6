"""LLDDHealthProb, LLDDCat and PrimaryLLDD: learning difficulties, disabilities, health problems."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Learners, LLDDProblems
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, one_of
from ilr_validator.packs.derived.dd06 import earliest_start
from ilr_validator.packs.pack import carried
from ilr_validator.packs.y2020_21.rules.learner.community_learning import has_community_aims_alone
from ilr_validator.packs.y2020_21.rules.learner.lldd import FEW_HOURS, lacks_record

KEPT = carried(
    "2020-21",
    "LLDDCat_01",
    "LLDDHealthProb_01",
    "LLDDHealthProb_04",
    "PrimaryLLDD_01",
    "PrimaryLLDD_02",
    "PrimaryLLDD_03",
    "PrimaryLLDD_04",
)


@rule(LLDDProblems)
def LLDDCat_02(b: Batch) -> Mask:
    """The category of the difficulty or health problem had expired when the first aim started."""
    problems = b.lldd_problems
    starts = problems.of_parent(earliest_start(b))
    return problems.first_of_parent(
        b.after_list("LLDDCat", problems, None, starts, problems.LLDDCat)
    )


@rule(Learners)
def LLDDHealthProb_06(b: Batch) -> Mask:
    """The learner names a difficulty or health problem, but no record says which."""
    return lacks_record(b) & ~b.aims.any(one_of(b.aims.FundModel, 10, 99))


@rule(Learners, "DateOfBirth", "LLDDHealthProb")
def LLDDHealthProb_07(b: Batch) -> Mask:
    """The learner of longer community learning names a health problem, but no record says which."""
    longer = b.learners.PlanLearnHours > FEW_HOURS
    return lacks_record(b) & longer & has_community_aims_alone(b)
