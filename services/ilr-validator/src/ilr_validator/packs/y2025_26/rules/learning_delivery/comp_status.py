"""CompStatus: whether an aim continues, and how it ended."""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, is_known, one_of
from ilr_validator.packs.pack import carried

BOOTCAMP_EVENTS = ("Z0059747", "Z0059748", "Z0059749")
"""Aims that stand for one event of a skills bootcamp."""

KEPT = carried("2020-21", "CompStatus_01", "CompStatus_03", "CompStatus_04", "CompStatus_07")


def _is_bootcamp(b: Batch) -> Mask:
    mask: Mask = (b.aims.FundModel == 37) & (b.aims.ProgType == 32)
    return mask


def _is_standard(b: Batch) -> Mask:
    return (b.aims.ProgType == 25) & one_of(b.aims.FundModel, 36, 99)


@rule(Aims, "CompStatus", "LearnActEndDate")
def CompStatus_02(b: Batch) -> Mask:
    """The aim has an actual end date but is said to be continuing."""
    ended = is_known(b.aims.LearnActEndDate) & (b.aims.CompStatus == 1)
    return ended & ~((b.aims.AimType == 1) & _is_standard(b))


@rule(Aims, "CompStatus", "Outcome")
def CompStatus_05(b: Batch) -> Mask:
    """The aim has an outcome although it is continuing."""
    mask = is_known(b.aims.Outcome) & (b.aims.CompStatus == 1)
    return mask & ~_is_standard(b) & ~_is_bootcamp(b)


@rule(Aims, "CompStatus", "Outcome")
def CompStatus_06(b: Batch) -> Mask:
    """The learner left or paused the aim, yet its outcome is achieved or still to come."""
    mask = one_of(b.aims.Outcome, 1, 8) & one_of(b.aims.CompStatus, 3, 6)
    return mask & ~_is_bootcamp(b)


@rule(Aims, "FundModel", "ProgType", "CompStatus", "AimType", "AchDate")
def CompStatus_08(b: Batch) -> Mask:
    """A skills bootcamp with an achievement date is not said to be completed."""
    a = b.aims
    return _is_bootcamp(b) & (a.AimType == 1) & (a.CompStatus != 2) & is_known(a.AchDate)


@rule(Aims, "LearnAimRef", "CompStatus")
def CompStatus_09(b: Batch) -> Mask:
    """An event of a skills bootcamp is not said to be completed."""
    return (b.aims.CompStatus != 2) & b.aims.LearnAimRef.is_any(*BOOTCAMP_EVENTS)
