"""EmpId: the rules that are in force are those of 2020-21."""

from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "EmpId_01", "EmpId_02", "EmpId_10", "EmpId_14")
