"""Which kinds of provision LARS judges by which validity category, and the five ways it is judged.

The rules that ask stand in `learn_aim_ref_periods` and `learn_aim_ref_categories`. Where LARS holds
several periods of a category, one that is broken is enough, as in the engine of 2020-21; where it
holds none, only `lacks_category` fires.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.reference import LarsValidities
from ilr_validator.engine.rule import Parameter
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Rows, take
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.derived.dd35 import is_combined_authority
from ilr_validator.packs.queries import pairs
from ilr_validator.packs.queries.aims import is_funded_by, is_of_programme
from ilr_validator.packs.queries.fams import fams_of, has_fam

UNDER_16_CODES: Final = ("320", "321", "381")


# Kinds of provision.


@derived
def is_adult_skills(b: Batch) -> Mask:
    """Find aims of the adult skills model, which was closed to new starts in July 2024."""
    exempt = is_apprenticeship(b) | is_combined_authority(b) | has_fam(b, "LDM", "034", "378")
    return is_funded_by(b, 35) & ~exempt


@derived
def is_skills_fund(b: Batch) -> Mask:
    """Find aims of the Adult Skills Fund that are not devolved, free courses or of the pilot."""
    exempt = is_combined_authority(b) | has_fam(b, "LDM", "378", "395")
    return is_funded_by(b, 38) & ~exempt


@derived
def is_free_course(b: Batch) -> Mask:
    """Find aims of Free Courses for Jobs."""
    return is_funded_by(b, 38) & has_fam(b, "LDM", "378")


@derived
def is_for_young_people(b: Batch) -> Mask:
    """Find aims of 16 to 19 funding that are not for learners under 16."""
    return is_funded_by(b, 25, 82) & ~has_fam(b, "LDM", *UNDER_16_CODES)


@derived
def is_for_under_16(b: Batch) -> Mask:
    """Find aims of 14 to 16 provision."""
    return is_funded_by(b, 25) & has_fam(b, "LDM", *UNDER_16_CODES)


def is_community(b: Batch) -> Mask:
    """Find aims of community learning."""
    return is_funded_by(b, 10)


def is_tailored(b: Batch) -> Mask:
    """Find aims of tailored learning."""
    return is_funded_by(b, 11)


@derived
def has_loan(b: Batch) -> Mask:
    """Find aims that an advanced learner loan pays for."""
    return is_funded_by(b, 99) & has_fam(b, "ADL")


@derived
def is_of_any_funding(b: Batch) -> Mask:
    """Find aims of standards, skills bootcamps, other adult funding or none, without a loan."""
    standards = is_funded_by(b, 36) & is_of_programme(b, 25)
    return (standards | is_funded_by(b, 37, 81, 99)) & ~has_fam(b, "ADL")


@derived
def is_devolved(b: Batch) -> Mask:
    """Find aims that a combined authority funds, free courses aside."""
    return is_combined_authority(b) & ~has_fam(b, "LDM", "378")


@dataclass(frozen=True, slots=True)
class Provision:
    """A kind of provision: which aims are of it, and by which category LARS judges them."""

    of: Callable[[Batch], Mask]
    category: str

    def aims(self, b: Batch, when: Mask | None) -> Mask:
        """Tell for each aim whether it is of this kind, and among those of `when` if given."""
        return self.of(b) if when is None else self.of(b) & when


ADULT_SKILLS: Final = Provision(is_adult_skills, "ADULT_SKILLS")
ANY_FUNDING: Final = Provision(is_of_any_funding, "ANY")
COMMUNITY: Final = Provision(is_community, "COMM_LEARN")
DEVOLVED: Final = Provision(is_devolved, "MCA_GLA")
FREE_COURSES: Final = Provision(is_free_course, "FCFJ_ADULT_SKILLS")
LOANS: Final = Provision(has_loan, "ADV_LEARN_LOAN")
SKILLS_FUND: Final = Provision(is_skills_fund, "ADULT_SKILLS")
TAILORED: Final = Provision(is_tailored, "TAILORED_LEARNING")
UNDER_16: Final = Provision(is_for_under_16, "1416_EFA")
YOUNG_PEOPLE: Final = Provision(is_for_young_people, "1619_EFA")


# When they start and end.


def starts_within(b: Batch, first: float, last: float = np.inf) -> Mask:
    """Tell for each aim whether it starts from the first day to the last."""
    result: Mask = (b.aims.LearnStartDate >= first) & (b.aims.LearnStartDate <= last)
    return result


def ends_within(b: Batch, first: float, last: float = np.inf) -> Mask:
    """Tell for each aim whether it ended from the first day to the last."""
    result: Mask = (b.aims.LearnActEndDate >= first) & (b.aims.LearnActEndDate <= last)
    return result


# How they are judged. Each finds the aims of a kind, and of `when` if given, that break the rule.


def _periods(b: Batch, mask: Mask, *kinds: Provision) -> tuple[Rows, Rows, LarsValidities]:
    rows, others, lars = b.lookup(LarsValidities, b.aims, mask, b.aims.LearnAimRef)
    fits = lars.ValidityCategory.take(others).is_any(*(kind.category for kind in kinds))
    return rows[fits], others[fits], lars


def starts_outside(b: Batch, kind: Provision, when: Mask) -> Mask:
    """Find the aims that started before or after a period of validity."""
    mask = kind.aims(b, when)
    if not mask.any():
        return mask
    rows, others, lars = _periods(b, mask, kind)
    starts = b.aims.LearnStartDate[rows]
    outside = (starts < lars.StartDate[others]) | (starts > lars.EndDate[others])
    return b.aims.mask(rows[outside])


def ends_after(b: Batch, kind: Provision, when: Mask) -> Mask:
    """Find the aims that ended after a period of validity."""
    mask = kind.aims(b, when)
    if not mask.any():
        return mask
    rows, others, lars = _periods(b, mask, kind)
    return b.aims.mask(rows[b.aims.LearnActEndDate[rows] > lars.EndDate[others]])


def starts_when_closed(b: Batch, kind: Provision, when: Mask) -> Mask:
    """Find the aims that started before validity, or as new starts after the last date for them."""
    mask = kind.aims(b, when)
    if not mask.any():
        return mask
    rows, others, lars = _periods(b, mask, kind)
    starts = b.aims.LearnStartDate[rows]
    late = (starts > lars.LastNewStartDate[others]) & ~has_fam(b, "RES")[rows]
    return b.aims.mask(rows[(starts < lars.StartDate[others]) | late])


def is_over(b: Batch, kind: Provision, when: Mask | None = None) -> Mask:
    """Find the aims whose latest period of validity ended before this teaching year."""
    mask = kind.aims(b, when)
    if not mask.any():
        return mask
    rows, others, lars = _periods(b, mask, kind)
    latest = pairs.first_of_greatest(b.aims.size, rows, others, lars.StartDate[others])
    result: Mask = take(lars.EndDate, latest) <= b.year.previous_year_end
    return result


def lacks_category(b: Batch, kind: Provision, when: Mask, *other_kinds: Provision) -> Mask:
    """Find the aims that LARS never holds valid in their category, or in that of another kind."""
    mask = kind.aims(b, when)
    if not mask.any():
        return mask
    rows, _, _ = _periods(b, mask, kind, *other_kinds)
    return mask & ~b.aims.mask(rows)


# What is reported of the funding and monitoring records that decide.


def _code_of(fam_type: str, codes: tuple[str, ...], b: Batch, rows: Rows) -> Text:
    firsts = b.fams.first(fams_of(b, fam_type, *codes))
    return b.fams.LearnDelFAMCode.take(firsts[rows])


def _authority(b: Batch, rows: Rows) -> Text:
    return _code_of("SOF", tuple(b.constants["COMBINED_AUTHORITIES"]), b, rows)


NO_RESTART: Final[Parameter] = ("LearnDelFAMType", None)
"""The aim has no restart indicator, which would have excused it."""
NO_FAM: Final[tuple[Parameter, ...]] = (("LearnDelFAMType", None), ("LearnDelFAMCode", None))
"""The aim has none of the records that would have excused it."""
LOAN_FAM: Final[Parameter] = ("LearnDelFAMType", "ADL")
FREE_COURSE_FAM: Final[tuple[Parameter, ...]] = (
    ("LearnDelFAMType", "LDM"),
    ("LearnDelFAMCode", "378"),
)
AUTHORITY_FAM: Final[tuple[Parameter, ...]] = (
    ("LearnDelFAMType", "SOF"),
    ("LearnDelFAMCode", _authority),
)
UNDER_16_FAM: Final[tuple[Parameter, ...]] = (
    ("LearnDelFAMType", "LDM"),
    ("LearnDelFAMCode", functools.partial(_code_of, "LDM", UNDER_16_CODES)),
)
