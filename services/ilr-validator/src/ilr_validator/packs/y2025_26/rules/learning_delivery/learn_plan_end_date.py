"""LearnPlanEndDate: when learning is planned to end."""

from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "LearnPlanEndDate_02", "LearnPlanEndDate_03")
