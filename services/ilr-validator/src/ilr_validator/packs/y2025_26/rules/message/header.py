"""What the header says against the clock, the file's name and the provider."""

from ilr_validator.packs.pack import carried

KEPT = carried("2020-21", "Header_2", "Header_3", "UKPRN_03")
