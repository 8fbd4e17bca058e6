"""LearnAimRef: aims judged against the periods in which LARS holds them valid for their funding.

One shape is asked of each kind of provision in turn: see `aim_validity`.
"""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.aims import is_funded_by
from ilr_validator.packs.y2025_26.rules.learning_delivery import aim_validity as v

FROM_2020 = day(2020, 8, 1)
FROM_2021 = day(2021, 8, 1)
UNTIL_2024 = day(2024, 7, 31)
FROM_2024 = day(2024, 8, 1)
FLEXIBLE_COURSES = 56


# Adult skills, whose funding model ended in July 2024.


@rule(Aims, "LearnActEndDate", "FundModel", "LearnAimRef", "LearnStartDate")
def LearnAimRef_94(b: Batch) -> Mask:
    """The adult skills aim started outside its validity in LARS."""
    return v.starts_outside(b, v.ADULT_SKILLS, v.ends_within(b, FROM_2020, UNTIL_2024))


@rule(Aims, "LearnActEndDate", "FundModel", "LearnAimRef")
def LearnAimRef_95(b: Batch) -> Mask:
    """The adult skills aim ended after its validity in LARS."""
    return v.ends_after(b, v.ADULT_SKILLS, v.ends_within(b, FROM_2020, UNTIL_2024))


@rule(Aims, "FundModel", "LearnAimRef", "LearnStartDate", v.NO_RESTART)
def LearnAimRef_96(b: Batch) -> Mask:
    """LARS has the adult skills aim closed to new starts on its start date."""
    return v.starts_when_closed(b, v.ADULT_SKILLS, v.ends_within(b, FROM_2021, UNTIL_2024))


@rule(Aims, "FundModel", "LearnAimRef")
def LearnAimRef_97(b: Batch) -> Mask:
    """The validity of the adult skills aim in LARS ended before this teaching year."""
    return v.is_over(b, v.ADULT_SKILLS, b.aims.LearnStartDate <= UNTIL_2024)


# 16 to 19 funding.


@rule(Aims, "LearnActEndDate", "FundModel", "LearnAimRef", "LearnStartDate")
def LearnAimRef_102(b: Batch) -> Mask:
    """The 16 to 19 aim started outside its validity in LARS."""
    return v.starts_outside(b, v.YOUNG_PEOPLE, v.ends_within(b, FROM_2020))


@rule(Aims, "LearnActEndDate", "FundModel", "LearnAimRef")
def LearnAimRef_103(b: Batch) -> Mask:
    """The 16 to 19 aim ended after its validity in LARS."""
    return v.ends_after(b, v.YOUNG_PEOPLE, v.ends_within(b, FROM_2020))


@rule(Aims, "FundModel", "LearnAimRef", "LearnStartDate", v.NO_RESTART)
def LearnAimRef_104(b: Batch) -> Mask:
    """LARS has the 16 to 19 aim closed to new starts on its start date."""
    return v.starts_when_closed(b, v.YOUNG_PEOPLE, v.starts_within(b, FROM_2021))


@rule(Aims, "FundModel", "LearnAimRef")
def LearnAimRef_105(b: Batch) -> Mask:
    """The validity of the 16 to 19 aim in LARS ended before this teaching year."""
    return v.is_over(b, v.YOUNG_PEOPLE, v.starts_within(b, FROM_2021))


# Community learning.


@rule(Aims, "LearnActEndDate", "FundModel", "LearnAimRef", "LearnStartDate")
def LearnAimRef_106(b: Batch) -> Mask:
    """The community learning aim started outside its validity in LARS."""
    return v.starts_outside(b, v.COMMUNITY, v.ends_within(b, FROM_2020))


@rule(Aims, "LearnActEndDate", "FundModel", "LearnAimRef")
def LearnAimRef_107(b: Batch) -> Mask:
    """The community learning aim ended after its validity in LARS."""
    return v.ends_after(b, v.COMMUNITY, v.ends_within(b, FROM_2020))


@rule(Aims, "FundModel", "LearnAimRef", "LearnStartDate", v.NO_RESTART)
def LearnAimRef_108(b: Batch) -> Mask:
    """LARS has the community learning aim closed to new starts on its start date."""
    return v.starts_when_closed(b, v.COMMUNITY, v.starts_within(b, FROM_2021))


@rule(Aims, "FundModel", "LearnAimRef")
def LearnAimRef_109(b: Batch) -> Mask:
    """The validity of the community learning aim in LARS ended before this teaching year."""
    return v.is_over(b, v.COMMUNITY)


# Advanced learner loans.


@rule(Aims, "LearnActEndDate", "FundModel", v.LOAN_FAM, "LearnAimRef", "LearnStartDate")
def LearnAimRef_110(b: Batch) -> Mask:
    """The loan-funded aim started outside its validity in LARS."""
    return v.starts_outside(b, v.LOANS, v.ends_within(b, FROM_2020))


@rule(Aims, "LearnActEndDate", "FundModel", v.LOAN_FAM, "LearnAimRef")
def LearnAimRef_111(b: Batch) -> Mask:
    """The loan-funded aim ended after its validity in LARS."""
    return v.ends_after(b, v.LOANS, v.ends_within(b, FROM_2020))


@rule(Aims, "FundModel", "LearnAimRef", "LearnStartDate", v.LOAN_FAM)
def LearnAimRef_112(b: Batch) -> Mask:
    """LARS has the loan-funded aim closed to new starts on its start date."""
    return v.starts_when_closed(b, v.LOANS, v.starts_within(b, FROM_2021))


@rule(Aims, "FundModel", v.LOAN_FAM, "LearnAimRef")
def LearnAimRef_113(b: Batch) -> Mask:
    """The validity of the loan-funded aim in LARS ended before this teaching year."""
    return v.is_over(b, v.LOANS)


# Standards, skills bootcamps, other adult funding and none.


@rule(Aims, "LearnActEndDate", "FundModel", "ProgType", "LearnAimRef", "LearnStartDate")
def LearnAimRef_114(b: Batch) -> Mask:
    """The standard, bootcamp or other aim started outside its validity in LARS."""
    return v.starts_outside(b, v.ANY_FUNDING, v.ends_within(b, FROM_2020))


@rule(Aims, "LearnActEndDate", "FundModel", "ProgType", "LearnAimRef")
def LearnAimRef_115(b: Batch) -> Mask:
    """The standard, bootcamp or other aim ended after its validity in LARS."""
    return v.ends_after(b, v.ANY_FUNDING, v.ends_within(b, FROM_2020))


@rule(Aims, "FundModel", "ProgType", "LearnAimRef", "LearnStartDate", v.NO_RESTART)
def LearnAimRef_116(b: Batch) -> Mask:
    """LARS has the standard, bootcamp or other aim closed to new starts on its start date."""
    return v.starts_when_closed(b, v.ANY_FUNDING, v.starts_within(b, FROM_2021))


@rule(Aims, "FundModel", "ProgType", "LearnAimRef")
def LearnAimRef_117(b: Batch) -> Mask:
    """The validity of the bootcamp or other aim in LARS ended before this teaching year."""
    standards = is_funded_by(b, 36) | is_apprenticeship(b)
    return v.is_over(b, v.ANY_FUNDING, ~standards)


# Devolved funding.


@rule(Aims, "LearnActEndDate", *v.AUTHORITY_FAM, "LearnAimRef", "LearnStartDate")
def LearnAimRef_118(b: Batch) -> Mask:
    """The devolved aim started outside its validity in LARS."""
    return v.starts_outside(b, v.DEVOLVED, v.ends_within(b, FROM_2020))


@rule(Aims, "LearnActEndDate", *v.AUTHORITY_FAM, "LearnAimRef")
def LearnAimRef_119(b: Batch) -> Mask:
    """The devolved aim ended after its validity in LARS."""
    return v.ends_after(b, v.DEVOLVED, v.ends_within(b, FROM_2020))


@rule(Aims, "LearnAimRef", "LearnStartDate", *v.AUTHORITY_FAM)
def LearnAimRef_120(b: Batch) -> Mask:
    """LARS has the devolved aim closed to new starts on its start date."""
    return v.starts_when_closed(b, v.DEVOLVED, v.starts_within(b, FROM_2021))


@rule(Aims, *v.AUTHORITY_FAM, "LearnAimRef")
def LearnAimRef_121(b: Batch) -> Mask:
    """The validity of the devolved aim in LARS ended before this teaching year."""
    return v.is_over(b, v.DEVOLVED)


# 14 to 16 provision.


@rule(Aims, "LearnActEndDate", "FundModel", *v.UNDER_16_FAM, "LearnAimRef", "LearnStartDate")
def LearnAimRef_122(b: Batch) -> Mask:
    """The 14 to 16 aim started outside its validity in LARS."""
    return v.starts_outside(b, v.UNDER_16, v.ends_within(b, FROM_2020))


@rule(Aims, "LearnActEndDate", "FundModel", *v.UNDER_16_FAM, "LearnAimRef")
def LearnAimRef_123(b: Batch) -> Mask:
    """The 14 to 16 aim ended after its validity in LARS."""
    return v.ends_after(b, v.UNDER_16, v.ends_within(b, FROM_2020))


@rule(Aims, "LearnAimRef", "LearnStartDate", "FundModel", *v.UNDER_16_FAM)
def LearnAimRef_124(b: Batch) -> Mask:
    """LARS has the 14 to 16 aim closed to new starts on its start date."""
    return v.starts_when_closed(b, v.UNDER_16, v.starts_within(b, FROM_2021))


@rule(Aims, "FundModel", *v.UNDER_16_FAM, "LearnAimRef")
def LearnAimRef_125(b: Batch) -> Mask:
    """The validity of the 14 to 16 aim in LARS ended before this teaching year."""
    return v.is_over(b, v.UNDER_16, v.starts_within(b, FROM_2021))


# The Adult Skills Fund.


@rule(Aims, "LearnActEndDate", "FundModel", "LearnAimRef", "LearnStartDate")
def LearnAimRef_138(b: Batch) -> Mask:
    """The Adult Skills Fund aim started outside its validity in LARS."""
    return v.starts_outside(b, v.SKILLS_FUND, v.ends_within(b, FROM_2024))


@rule(Aims, "LearnActEndDate", "FundModel", "LearnAimRef")
def LearnAimRef_139(b: Batch) -> Mask:
    """The Adult Skills Fund aim ended after its validity in LARS."""
    return v.ends_after(b, v.SKILLS_FUND, v.ends_within(b, FROM_2024))


@rule(Aims, "FundModel", "LearnAimRef", "LearnStartDate", v.NO_RESTART)
def LearnAimRef_140(b: Batch) -> Mask:
    """LARS has the Adult Skills Fund aim closed to new starts on its start date."""
    return v.starts_when_closed(b, v.SKILLS_FUND, v.starts_within(b, FROM_2024))


@rule(Aims, "FundModel", "LearnAimRef")
def LearnAimRef_141(b: Batch) -> Mask:
    """The validity of the Adult Skills Fund aim in LARS ended before this teaching year."""
    return v.is_over(b, v.SKILLS_FUND, v.starts_within(b, FROM_2024))


# Free Courses for Jobs.


@rule(Aims, "LearnActEndDate", "FundModel", *v.FREE_COURSE_FAM, "LearnAimRef", "LearnStartDate")
def LearnAimRef_143(b: Batch) -> Mask:
    """The Free Courses for Jobs aim started outside its validity in LARS."""
    return v.starts_outside(b, v.FREE_COURSES, v.ends_within(b, FROM_2024))


@rule(Aims, "LearnActEndDate", "FundModel", *v.FREE_COURSE_FAM, "LearnAimRef")
def LearnAimRef_144(b: Batch) -> Mask:
    """The Free Courses for Jobs aim ended after its validity in LARS."""
    return v.ends_after(b, v.FREE_COURSES, v.ends_within(b, FROM_2024))


@rule(Aims, "LearnAimRef", "LearnStartDate", "FundModel", *v.FREE_COURSE_FAM)
def LearnAimRef_145(b: Batch) -> Mask:
    """LARS has the Free Courses for Jobs aim closed to new starts on its start date."""
    broken = v.starts_when_closed(b, v.FREE_COURSES, v.starts_within(b, FROM_2024))
    return broken & ~lars.has_category(b, broken, FLEXIBLE_COURSES)


@rule(Aims, "LearnStartDate", "FundModel", *v.FREE_COURSE_FAM, "LearnAimRef")
def LearnAimRef_146(b: Batch) -> Mask:
    """The validity of the Free Courses for Jobs aim in LARS ended before this teaching year."""
    return v.is_over(b, v.FREE_COURSES, v.starts_within(b, FROM_2024))


# Tailored learning.


@rule(Aims, "LearnStartDate", "FundModel", "LearnAimRef")
def LearnAimRef_148(b: Batch) -> Mask:
    """The tailored learning aim started outside its validity in LARS."""
    return v.starts_outside(b, v.TAILORED, v.ends_within(b, FROM_2024))


@rule(Aims, "LearnStartDate", "FundModel", "LearnAimRef")
def LearnAimRef_149(b: Batch) -> Mask:
    """The tailored learning aim ended after its validity in LARS."""
    return v.ends_after(b, v.TAILORED, v.ends_within(b, FROM_2024))


@rule(Aims, "LearnStartDate", "FundModel", "LearnAimRef")
def LearnAimRef_150(b: Batch) -> Mask:
    """LARS has the tailored learning aim closed to new starts on its start date."""
    return v.starts_when_closed(b, v.TAILORED, v.starts_within(b, FROM_2024))


@rule(Aims, "LearnStartDate", "FundModel", "LearnAimRef")
def LearnAimRef_151(b: Batch) -> Mask:
    """The validity of the tailored learning aim in LARS ended before this teaching year."""
    return v.is_over(b, v.TAILORED)
