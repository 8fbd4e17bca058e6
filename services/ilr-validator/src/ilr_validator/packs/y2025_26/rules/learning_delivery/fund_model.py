"""FundModel: who funds which aims."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Rows
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.derived.dd35 import is_combined_authority
from ilr_validator.packs.pack import carried
from ilr_validator.packs.queries.fams import fams_of, has_fam

MAY_2017 = day(2017, 5, 1)
AUGUST_2024 = day(2024, 8, 1)

KEPT = carried(
    "2020-21",
    "FundModel_01",
    "FundModel_03",
    "FundModel_04",
    "FundModel_05",
    "FundModel_06",
    "FundModel_09",
    "FundModel_11",
    "FundModel_14",
)


@rule(Aims, "FundModel")
def FundModel_07(b: Batch) -> Mask:
    """An apprenticeship programme from May 2017 has a funding model other than 36 and 99."""
    a = b.aims
    mask = (a.AimType == 1) & is_apprenticeship(b) & (a.LearnStartDate >= MAY_2017)
    mask &= (a.FundModel != 36) & (a.FundModel != 99)
    return mask & ~has_fam(b, "RES") & ~has_fam(b, "LDM", "353", "355")


def _first_source_of_funding(b: Batch, rows: Rows) -> Text:
    return b.fams.LearnDelFAMCode.take(b.fams.first(fams_of(b, "SOF"))[rows])


SOURCE_OF_FUNDING = (
    ("LearnDelFAMType", "SOF"),
    ("LearnDelFAMCode", _first_source_of_funding),
    "FundModel",
)


@rule(Aims, *SOURCE_OF_FUNDING)
def FundModel_10(b: Batch) -> Mask:
    """A combined authority pays for an aim from before August 2024 outside models 10 and 35."""
    a = b.aims
    mask = is_combined_authority(b) & (a.LearnStartDate < AUGUST_2024)
    return mask & (a.FundModel != 35) & (a.FundModel != 10)


@rule(Aims, ("LearnDelFAMType", "LDM"), ("LearnDelFAMCode", "378"), "FundModel")
def FundModel_15(b: Batch) -> Mask:
    """Monitoring code LDM378 stands on an aim with a funding model other than 35 and 38."""
    a = b.aims
    return (a.FundModel != 35) & (a.FundModel != 38) & has_fam(b, "LDM", "378")


@rule(Aims, "ProgType", "FundModel")
def FundModel_16(b: Batch) -> Mask:
    """Funding model 37 stands on an aim that is no skills bootcamp."""
    return (b.aims.FundModel == 37) & (b.aims.ProgType != 32)


@rule(Aims, "LearnStartDate", "FundModel")
def FundModel_17(b: Batch) -> Mask:
    """Funding model 35 stands on an aim from August 2024 or later."""
    mask = (b.aims.FundModel == 35) & (b.aims.LearnStartDate >= AUGUST_2024)
    return mask & ~has_fam(b, "RES")


@rule(Aims, *SOURCE_OF_FUNDING)
def FundModel_18(b: Batch) -> Mask:
    """A combined authority pays for an aim from August 2024 outside funding models 11 and 38."""
    a = b.aims
    mask = is_combined_authority(b) & (a.LearnStartDate >= AUGUST_2024)
    return mask & (a.FundModel != 38) & (a.FundModel != 11) & ~has_fam(b, "RES")


@rule(Aims, "FundModel", "LearnStartDate")
def FundModel_19(b: Batch) -> Mask:
    """Funding model 38 stands on an aim that started before August 2024."""
    return (b.aims.FundModel == 38) & (b.aims.LearnStartDate < AUGUST_2024)


@rule(Aims, "FundModel", "LearnStartDate")
def FundModel_20(b: Batch) -> Mask:
    """Funding model 11 stands on an aim that started before August 2024."""
    return (b.aims.FundModel == 11) & (b.aims.LearnStartDate < AUGUST_2024)


@rule(Aims, "FundModel", "LearnStartDate", "OrigLearnStartDate")
def FundModel_21(b: Batch) -> Mask:
    """Funding model 38 stands on an aim that was first started before August 2024."""
    a = b.aims
    mask = (a.FundModel == 38) & (a.LearnStartDate >= AUGUST_2024)
    return mask & (a.OrigLearnStartDate < AUGUST_2024)
