"""Names, address, provider and campus, and the single codes of a learner."""

from ilr_validator.packs.pack import carried

KEPT = carried(
    "2020-21",
    "Accom_01",
    "ALSCost_02",
    "Ethnicity_01",
    "FamilyName_01",
    "FamilyName_02",
    "FamilyName_04",
    "GivenNames_01",
    "GivenNames_02",
    "GivenNames_04",
    "NINumber_01",
    "NINumber_02",
    "PMUKPRN_01",
    "Postcode_14",
    "Postcode_15",
    "PostcodePrior_01",
    "PostcodePrior_02",
    "PrevUKPRN_01",
    "ProvSpecLearnMonOccur_01",
    "Sex_01",
    AddLine1_03="Addline1_03",
    CampID_01="CampId_01",
    CampID_02="CampId_02",
)
