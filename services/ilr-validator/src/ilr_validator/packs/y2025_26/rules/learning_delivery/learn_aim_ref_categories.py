"""LearnAimRef: aims that LARS must hold in a category, mostly one of validity for their funding."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.derived.validity_category import validity_category_2025
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.aims import is_funded_by
from ilr_validator.packs.queries.fams import has_fam
from ilr_validator.packs.y2025_26.rules.learning_delivery import aim_validity as v

FROM_2021 = day(2021, 8, 1)
FROM_2023 = day(2023, 8, 1)
UNTIL_JULY_2024 = day(2024, 7, 31)
FROM_2024 = day(2024, 8, 1)
FLEXIBLE_COURSES = 56
EXCEPTIONAL_BOOTCAMPS = 67


@rule(Aims, "LearnStartDate", "LearnAimRef")
def LearnAimRef_88(b: Batch) -> Mask:
    """The aim was not open to new starts for its funding as it started, before August 2021."""
    wanted, starts = validity_category_2025(b), b.aims.LearnStartDate
    mask = wanted.is_known & (starts < FROM_2021)
    if not mask.any():
        return mask
    rows, others, found = lars.validities_of(b, mask, wanted)
    early = starts[rows] < found.StartDate[others]
    late = starts[rows] > found.LastNewStartDate[others]
    return mask & (~b.aims.mask(rows) | b.aims.mask(rows[early | late]))


@rule(Aims, "LearnStartDate", "FundModel", "LearnAimRef")
def LearnAimRef_127(b: Batch) -> Mask:
    """LARS does not have the aim as one for adult skills."""
    return v.lacks_category(b, v.ADULT_SKILLS, v.starts_within(b, FROM_2023, UNTIL_JULY_2024))


@rule(Aims, "LearnStartDate", "FundModel", "LearnAimRef")
def LearnAimRef_129(b: Batch) -> Mask:
    """LARS does not have the aim as one for 16 to 19 funding."""
    return v.lacks_category(b, v.YOUNG_PEOPLE, v.starts_within(b, FROM_2023))


@rule(Aims, "LearnStartDate", "FundModel", "LearnAimRef")
def LearnAimRef_130(b: Batch) -> Mask:
    """LARS does not have the aim as one for community learning."""
    return v.lacks_category(b, v.COMMUNITY, v.starts_within(b, FROM_2023))


@rule(Aims, "LearnStartDate", "FundModel", "LearnAimRef", v.LOAN_FAM)
def LearnAimRef_131(b: Batch) -> Mask:
    """LARS does not have the aim as one for advanced learner loans."""
    return v.lacks_category(b, v.LOANS, v.starts_within(b, FROM_2023))


@rule(Aims, "LearnStartDate", "FundModel", "ProgType", "LearnAimRef")
def LearnAimRef_132(b: Batch) -> Mask:
    """LARS does not have the aim as one for any funding."""
    return v.lacks_category(b, v.ANY_FUNDING, v.starts_within(b, FROM_2023))


@rule(Aims, "LearnStartDate", "LearnAimRef", v.AUTHORITY_FAM[0])
def LearnAimRef_133(b: Batch) -> Mask:
    """LARS does not have the aim as one for devolved, community or tailored learning."""
    return v.lacks_category(b, v.DEVOLVED, v.starts_within(b, FROM_2023), v.COMMUNITY, v.TAILORED)


@rule(Aims, "LearnStartDate", "FundModel", "LearnAimRef", v.UNDER_16_FAM[0])
def LearnAimRef_134(b: Batch) -> Mask:
    """LARS does not have the aim as one for 14 to 16 provision."""
    return v.lacks_category(b, v.UNDER_16, v.starts_within(b, FROM_2023))


@rule(Aims, "LearnStartDate", "FundModel", "LearnAimRef")
def LearnAimRef_142(b: Batch) -> Mask:
    """LARS does not have the aim as one for the Adult Skills Fund."""
    return v.lacks_category(b, v.SKILLS_FUND, v.starts_within(b, FROM_2024))


@rule(Aims, "LearnStartDate", "FundModel", "LearnAimRef", v.FREE_COURSE_FAM[0])
def LearnAimRef_147(b: Batch) -> Mask:
    """LARS does not have the aim as one for Free Courses for Jobs."""
    when = v.starts_within(b, FROM_2024) & ~has_fam(b, "LDM", "395")
    lacking = v.lacks_category(b, v.FREE_COURSES, when)
    return lacking & ~lars.has_category(b, lacking, FLEXIBLE_COURSES)


@rule(Aims, "LearnStartDate", "FundModel", "LearnAimRef")
def LearnAimRef_152(b: Batch) -> Mask:
    """LARS does not have the aim as one for tailored learning."""
    return v.lacks_category(b, v.TAILORED, v.starts_within(b, FROM_2024))


@rule(Aims, "LearnAimRef", "FundModel")
def LearnAimRef_153(b: Batch) -> Mask:
    """Adult skills funding does not pay for aims of exceptional devolved skills bootcamps."""
    mask = is_funded_by(b, 35)
    if not mask.any():
        return mask
    return lars.has_category(b, mask, EXCEPTIONAL_BOOTCAMPS)
