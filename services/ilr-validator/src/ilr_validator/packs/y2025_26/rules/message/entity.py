"""Whether the file holds anything at all."""

from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "Entity_1")
