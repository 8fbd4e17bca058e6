"""What synthetic aims name outside the record: learning aims, standards, contracts, areas.

None of it exists. The sample of reference data that ilr-validator ships says that it does, so that
rules which look these things up have something to find.
"""

from typing import Final, NamedTuple


class LearningAim(NamedTuple):
    """A learning aim as LARS would have it."""

    reference: str
    kind: str
    """LearnAimRefType."""
    level: str
    """NotionalNVQLevelv2."""
    categories: tuple[int, ...] = ()


PROGRAMME: Final = LearningAim("ZPROG001", "0050", "X")
ADULT: Final = (
    LearningAim("60312345", "0006", "2"),
    LearningAim("60198765", "0006", "1"),
)
STUDY: Final = (
    LearningAim("50110011", "0006", "2"),
    LearningAim("6000001X", "0006", "3"),
)
COMMUNITY: Final = (
    LearningAim("Z0001234", "0050", "X"),
    LearningAim("Z0007777", "0050", "X"),
)
COMPONENT: Final = LearningAim("60330007", "0006", "3")
BOOTCAMP: Final = LearningAim("Z0009001", "0050", "X", (62,))
WORK_EXPERIENCE: Final = LearningAim("ZWRKX001", "0050", "X")
HIGHER: Final = LearningAim("00300500", "0006", "4")
AIMS: Final = (
    PROGRAMME, *ADULT, *STUDY, *COMMUNITY, COMPONENT, BOOTCAMP, WORK_EXPERIENCE, HIGHER,
)  # fmt: skip
STANDARDS: Final = tuple(range(9001, 9021))
ASSESSMENT_ORGANISATIONS: Final = tuple(f"EPA{9000 + number}" for number in range(1, 6))
BOOTCAMP_CONTRACT: Final = "SB-TEST-01"
AGREEMENTS: Final = ("TEST01", "TEST02", "TEST03")
"""Agreements with employers; a ConRefNumber of an apprenticeship."""
PARTNERS: Final = tuple(range(10_000_101, 10_000_121))
EARLIER_PROVIDERS: Final = tuple(range(10_000_201, 10_000_211))
CAMPUSES: Final = tuple(f"ZZ{number:03d}" for number in range(1, 11))
DOMICILE: Final = "XF"
