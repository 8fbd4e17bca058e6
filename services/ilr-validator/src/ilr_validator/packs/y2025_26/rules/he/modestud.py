"""MODESTUD: both rules are those of 2020-21."""

from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "MODESTUD_01", "MODESTUD_03")
