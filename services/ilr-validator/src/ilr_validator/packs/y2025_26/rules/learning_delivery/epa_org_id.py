"""EPAOrgID: who assesses an apprentice at the end."""

from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "EPAOrgID_01", "EPAOrgID_02", "EPAOrgID_03")
