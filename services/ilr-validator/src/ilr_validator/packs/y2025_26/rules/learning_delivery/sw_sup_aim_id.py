"""SWSupAimId: the identifier that the supplier's software gives an aim."""

from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "SWSupAimId_01")
