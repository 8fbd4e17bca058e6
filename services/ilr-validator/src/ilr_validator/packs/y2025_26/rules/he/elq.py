"""ELQ: both rules are those of 2020-21."""

from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "ELQ_01", "ELQ_02")
