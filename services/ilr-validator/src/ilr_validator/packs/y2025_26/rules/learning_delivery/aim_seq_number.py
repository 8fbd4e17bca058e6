"""AimSeqNumber: the numbers of a learner's aims."""

from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "AimSeqNumber_02")
