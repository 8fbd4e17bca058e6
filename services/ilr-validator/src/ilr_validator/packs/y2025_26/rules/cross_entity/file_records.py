"""Learners of one file against each other: references and ULNs stand in it only once."""

from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", R_06="R06", R_59="R59")
