"""LearnDelFAMType: apprenticeship contract types (ACT), enhanced funding (EEF), their support."""

from ilr_validator.packs.pack import carried

KEPT = carried(
    "2020-21",
    "LearnDelFAMType_14",
    "LearnDelFAMType_54",
    "LearnDelFAMType_63",
    "LearnDelFAMType_64",
    "LearnDelFAMType_67",
    "LearnDelFAMType_68",
    "LearnDelFAMType_70",
    "LearnDelFAMType_71",
    "LearnDelFAMType_92",
)
