"""STULOAD: the rule is that of 2020-21."""

from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "STULOAD_04")
