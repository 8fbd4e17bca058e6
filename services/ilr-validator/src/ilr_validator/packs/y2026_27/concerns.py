"""Whom the changes of 2026-27 concern of which no rule has been published: aims, by change."""

from typing import Final

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.aims import is_funded_by, is_of_programme
from ilr_validator.packs.queries.fams import has_fam

GROWTH_AND_SKILLS: Final = 39
APPRENTICESHIP_UNITS: Final = 34
SKILLS_BOOTCAMPS: Final = 37
NON_FUNDED: Final = 99
NEW_AUTHORITIES: Final = ("124", "125", "126", "127", "128", "129", "130")


@derived
def is_of_growth_and_skills_offer(b: Batch) -> Mask:
    """Tell for each aim whether it is of the growth and skills offer, new in this year."""
    return is_funded_by(b, GROWTH_AND_SKILLS) | is_of_programme(b, APPRENTICESHIP_UNITS)


@derived
def is_of_local_authority_learning(b: Batch) -> Mask:
    """Tell for each aim whether it is what was community learning funded by local authorities."""
    return is_funded_by(b, NON_FUNDED) & has_fam(b, "SOF", "108")


def is_skills_bootcamp(b: Batch) -> Mask:
    """Tell for each aim whether it is funded as a skills bootcamp."""
    return is_funded_by(b, SKILLS_BOOTCAMPS)


def is_assessed_by_ukprn(b: Batch) -> Mask:
    """Tell for each aim whether a UKPRN names its assessment organisation."""
    return b.aims.EPAOrgID.test(str.isdecimal)


def starts_in_the_year(b: Batch) -> Mask:
    """Tell for each aim whether it starts in the academic year or later."""
    starts: Mask = b.aims.LearnStartDate >= b.year.start
    return starts


def is_funded_by_new_authority(b: Batch) -> Mask:
    """Tell for each aim whether a source of funding pays that is new in this year."""
    return has_fam(b, "SOF", *NEW_AUTHORITIES)
