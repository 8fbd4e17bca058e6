"""PartnerUKPRN: who delivers an aim for the provider."""

from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "PartnerUKPRN_01", "PartnerUKPRN_02", "PartnerUKPRN_03")
