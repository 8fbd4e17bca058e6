"""FundModel: who funds which aims."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Numbers, Rows, is_known, one_of
from ilr_validator.packs.derived.dd07 import is_apprenticeship
from ilr_validator.packs.derived.dd35 import is_combined_authority
from ilr_validator.packs.queries.fams import fams_of, has_fam

MAY_2017 = day(2017, 5, 1)


@rule(Aims, "FundModel")
def FundModel_01(b: Batch) -> Mask:
    """The funding model is not on the list of codes."""
    return ~b.in_list("FundModel", b.aims, None, b.aims.FundModel)


@rule(Aims, "FundModel")
def FundModel_03(b: Batch) -> Mask:
    """An aim paid by a learner loan (ADL) has a funding model other than 99."""
    return (b.aims.FundModel != 99) & has_fam(b, "ADL")


@rule(Aims, "FundModel")
def FundModel_04(b: Batch) -> Mask:
    """An apprenticeship has a 16 to 19 funding model."""
    return one_of(b.aims.FundModel, 25, 82) & is_apprenticeship(b)


@rule(Aims, "FundModel", "LearnStartDate")
def FundModel_05(b: Batch) -> Mask:
    """Funding model 36 stands on an aim that started before May 2017."""
    return (b.aims.FundModel == 36) & (b.aims.LearnStartDate < MAY_2017)


@rule(Aims, "FundModel")
def FundModel_06(b: Batch) -> Mask:
    """Funding model 36 stands on an aim that is no apprenticeship."""
    return (b.aims.FundModel == 36) & ~is_apprenticeship(b)


@rule(Aims, "FundModel")
def FundModel_07(b: Batch) -> Mask:
    """An apprenticeship programme from May 2017 has a funding model other than 36 and 99."""
    a = b.aims
    mask = (a.AimType == 1) & is_apprenticeship(b) & (a.LearnStartDate >= MAY_2017)
    mask &= (a.FundModel != 36) & (a.FundModel != 99)
    return mask & ~has_fam(b, "RES") & ~has_fam(b, "LDM", "353", "354", "355")


@rule(Aims, "FundModel")
def FundModel_08(b: Batch) -> Mask:
    """A framework programme from before May 2017 has a funding model other than 35, 81 and 99."""
    a = b.aims
    mask = (a.AimType == 1) & (a.LearnStartDate < MAY_2017) & (a.ProgType != 25)
    return mask & is_apprenticeship(b) & ~one_of(a.FundModel, 35, 99, 81)


@rule(Aims, "FundModel")
def FundModel_09(b: Batch) -> Mask:
    """A standard programme from before May 2017 has a funding model other than 81 and 99."""
    a = b.aims
    mask = (a.AimType == 1) & (a.LearnStartDate < MAY_2017) & (a.ProgType == 25)
    return mask & (a.FundModel != 81) & ~((a.FundModel == 99) & is_apprenticeship(b))


def _first_source_of_funding(b: Batch, rows: Rows) -> Text:
    return b.fams.LearnDelFAMCode.take(b.fams.first(fams_of(b, "SOF"))[rows])


@rule(
    Aims,
    ("LearnDelFAMType", "SOF"),
    ("LearnDelFAMCode", _first_source_of_funding),
    "FundModel",
)
def FundModel_10(b: Batch) -> Mask:
    """A combined authority pays for an aim that is neither adult skills nor community learning."""
    return is_combined_authority(b) & (b.aims.FundModel != 35) & (b.aims.FundModel != 10)


@rule(Aims, "FundModel", "ProgType")
def FundModel_11(b: Batch) -> Mask:
    """An aim of a T Level has a funding model other than 25."""
    return (b.aims.ProgType == 31) & (b.aims.FundModel != 25)


@rule(Aims, ("LearnDelFAMType", "LDM"), ("LearnDelFAMCode", "376"), "FundModel")
def FundModel_12(b: Batch) -> Mask:
    """Monitoring code LDM376 stands on an aim with a funding model other than 35."""
    return (b.aims.FundModel != 35) & has_fam(b, "LDM", "376")


@rule(Aims, "FundModel", "ProgType")
def FundModel_13(b: Batch) -> Mask:
    """An aim of a traineeship has a funding model other than 25 and 35."""
    return (b.aims.ProgType == 24) & ~one_of(b.aims.FundModel, 35, 25)


def _training_hours(b: Batch, rows: Rows) -> Numbers:
    return b.aims.OTJActHours[rows]


@rule(Aims, "FundModel", ("OtjActHours", _training_hours))
def FundModel_14(b: Batch) -> Mask:
    """Actual off-the-job hours stand on an aim with a funding model other than 36."""
    return is_known(b.aims.OTJActHours) & (b.aims.FundModel != 36)
