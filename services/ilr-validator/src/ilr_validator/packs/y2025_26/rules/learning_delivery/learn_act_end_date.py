"""LearnActEndDate: when learning ended."""

from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "LearnActEndDate_01", "LearnActEndDate_04")
