"""TTACCOM: the rules are those of 2020-21."""

from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "TTACCOM_01", "TTACCOM_02", "TTACCOM_04")
