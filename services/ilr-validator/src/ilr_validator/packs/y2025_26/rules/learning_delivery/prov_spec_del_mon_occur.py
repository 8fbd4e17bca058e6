"""ProvSpecDelMonOccur: which of the provider's own four fields of an aim is meant."""

from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "ProvSpecDelMonOccur_01")
