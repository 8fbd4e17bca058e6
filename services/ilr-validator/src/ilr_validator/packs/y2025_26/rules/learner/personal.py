"""Accom, ALSCost, CampID, Ethnicity, NINumber, PMUKPRN, PrevUKPRN and Sex."""

from ilr_validator.packs.pack import carried

KEPT = carried(
    "2020-21",
    "Accom_01",
    "ALSCost_02",
    "Ethnicity_01",
    "NINumber_01",
    "NINumber_02",
    "PMUKPRN_01",
    "PrevUKPRN_01",
    "ProvSpecLearnMonOccur_01",
    "Sex_01",
    CampID_01="CampId_01",
    CampID_02="CampId_02",
)
