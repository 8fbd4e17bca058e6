"""The LARS validity category by which an aim is judged.

Official names: `DerivedData_ValidityCategory_01` and `_02`; they differ in restarts alone.
"""

from typing import Final

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.dates import day
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.derived.dd11 import is_adult_funded_on_benefits
from ilr_validator.packs.derived.dd35 import is_combined_authority
from ilr_validator.packs.queries.aims import is_funded_by, is_of_programme, is_of_type
from ilr_validator.packs.queries.fams import has_fam

FROM_2011: Final = day(2011, 8, 1)
FROM_2016: Final = day(2016, 8, 1)


@derived
def validity_category_01(b: Batch) -> Text:
    """Give for each aim its category, null where it has none.

    Restarts have none, unless a combined authority funds them.
    """
    return _first_of(b, has_fam(b, "RES"))


@derived
def validity_category_02(b: Batch) -> Text:
    """Give for each aim its category, null where it has none; restarts are as other aims."""
    return _first_of(b, np.zeros(b.aims.size, bool))


def _first_of(b: Batch, exempt: Mask) -> Text:
    """Give the category that fits first; `exempt` aims have none but that of the authorities."""
    adult = is_funded_by(b, 35)
    cases: list[tuple[str | None, Mask]] = [
        ("ADULT_SKILLS", adult & is_combined_authority(b)),
        (None, exempt),
        *_by_funding(b),
        *_of_adults(b, adult),
    ]
    return _first(cases)


def _first(cases: list[tuple[str | None, Mask]]) -> Text:
    names: list[str | None] = [None, *sorted({name for name, _ in cases if name})]
    codes = np.zeros(len(cases[0][1]), np.int32)
    for name, mask in reversed(cases):
        codes[mask] = names.index(name)
    return Text(codes, names)


def _by_funding(b: Batch) -> list[tuple[str | None, Mask]]:
    has_loan = has_fam(b, "ADL")
    standard = is_funded_by(b, 36) & is_of_programme(b, 25)
    return [
        ("COMM_LEARN", is_funded_by(b, 10)),
        ("ESF", is_funded_by(b, 70)),
        ("1619_EFA", is_funded_by(b, 25, 82)),
        ("ADV_LEARN_LOAN", is_funded_by(b, 99) & has_loan),
        ("ANY", (is_funded_by(b, 81, 99) & ~has_loan) | standard),
    ]


def _of_adults(b: Batch, adult: Mask) -> list[tuple[str | None, Mask]]:
    starts, programme = b.aims.LearnStartDate, is_apprenticeship(b)
    framework = is_funded_by(b, 35, 36) & ~is_of_programme(b, 25) & programme
    unemployed = is_adult_funded_on_benefits(b) & (starts < FROM_2016)
    return [
        ("OLASS_ADULT", adult & has_fam(b, "LDM", "034")),
        ("APPRENTICESHIPS", framework & is_of_type(b, 3) & (starts >= FROM_2011)),
        ("UNEMPLOYED", adult & unemployed & ~programme),
        ("ADULT_SKILLS", adult & ~programme & ~has_fam(b, "LDM", "376")),
    ]


@derived
def validity_category_2025(b: Batch) -> Text:
    """Give for each aim its category by table 1 of 2025-26, null where it has none.

    Where two fit, that of 14 to 16 year-olds comes before that of 16 to 19 year-olds, and that of
    the authorities after those that name another funding. Restarts fit none but the first.
    """
    adult = is_funded_by(b, 35) & ~is_apprenticeship(b) & ~has_fam(b, "LDM", "034")
    framework = is_funded_by(b, 35, 36) & is_apprenticeship(b) & ~is_of_programme(b, 25)
    standard = is_funded_by(b, 36) & is_of_programme(b, 25)
    free_course, has_loan = has_fam(b, "LDM", "378"), has_fam(b, "ADL")
    return _first(
        [
            ("1416_EFA", is_funded_by(b, 25) & has_fam(b, "LDM", "320", "321", "381")),
            (None, has_fam(b, "RES")),
            ("COMM_LEARN", is_funded_by(b, 10)),
            ("1619_EFA", is_funded_by(b, 25, 82)),
            ("ADV_LEARN_LOAN", is_funded_by(b, 99) & has_loan),
            ("ANY", (is_funded_by(b, 37, 81, 99) | standard) & ~has_loan),
            (
                "APPRENTICESHIPS",
                framework & is_of_type(b, 3) & (b.aims.LearnStartDate >= FROM_2011),
            ),
            ("MCA_GLA", is_combined_authority(b) & ~free_course),
            ("ADULT_SKILLS", adult & ~free_course & ~is_combined_authority(b)),
        ]
    )
