"""QUALENT3: the rules are those of 2020-21."""

from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "QUALENT3_01", "QUALENT3_02", "QUALENT3_03")
