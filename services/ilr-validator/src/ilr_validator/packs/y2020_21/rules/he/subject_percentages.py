"""PCFLDCS, PCSLDCS and PCTLDCS: how an aim is shared between up to three subjects.

The official engine reports all three under the name of the first.
"""

from typing import Final

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import AimHEs
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Mask, Numbers, Rows, is_known, is_null
from ilr_validator.packs.queries import lars

FROM_2009: Final = day(2009, 8, 1)
WHOLE: Final = 100


def _of_second(b: Batch, rows: Rows) -> Numbers:
    return b.aim_hes.PCSLDCS[rows]


def _of_third(b: Batch, rows: Rows) -> Numbers:
    return b.aim_hes.PCTLDCS[rows]


def _started_since_2009(b: Batch) -> Mask:
    return b.aim_hes.of_parent(b.aims.LearnStartDate >= FROM_2009)


def _has_subject(b: Batch, where: Mask, number: int) -> Mask:
    """Tell of these records whether LARS names a first, second or third subject of the aim."""
    found = lars.has_class_code(b, b.aim_hes.any(where), number)
    return where & b.aim_hes.of_parent(found)


@rule(AimHEs, "PCFLDCS", ("PCFLDCS", _of_second), ("PCFLDCS", _of_third))
def PCFLDCS_01(b: Batch) -> Mask:
    """The percentages of the subjects do not add up to 100."""
    shares = np.array([b.aim_hes.PCFLDCS, b.aim_hes.PCSLDCS, b.aim_hes.PCTLDCS])
    any_given = ~np.isnan(shares).all(axis=0)
    total = np.round(np.nansum(shares, axis=0), 9)
    return any_given & (total != WHOLE) & _started_since_2009(b)


@rule(AimHEs)
def PCFLDCS_02(b: Batch) -> Mask:
    """The percentage of the first subject is missing."""
    return _has_subject(b, is_null(b.aim_hes.PCFLDCS), 1)


@rule(AimHEs, "PCFLDCS")
def PCFLDCS_03(b: Batch) -> Mask:
    """There is a percentage of a first subject that the aim does not have."""
    given = is_known(b.aim_hes.PCFLDCS)
    return given & ~_has_subject(b, given, 1)


@rule(AimHEs, "LearnStartDate")
def PCSLDCS_01(b: Batch) -> Mask:
    """The percentage of the second subject is missing."""
    return _has_subject(b, is_null(b.aim_hes.PCSLDCS) & _started_since_2009(b), 2)


@rule(AimHEs, ("PCFLDCS", _of_second))
def PCSLDCS_02(b: Batch) -> Mask:
    """There is a percentage of a second subject that the aim does not have."""
    given = is_known(b.aim_hes.PCSLDCS)
    return given & ~_has_subject(b, given, 2)


@rule(AimHEs, "LearnAimRef", "LearnStartDate", "FundModel")
def PCTLDCS_01(b: Batch) -> Mask:
    """The percentage of the third subject is missing."""
    return _has_subject(b, is_null(b.aim_hes.PCTLDCS) & _started_since_2009(b), 3)


@rule(AimHEs, ("PCFLDCS", _of_third))
def PCTLDCS_02(b: Batch) -> Mask:
    """There is a percentage of a third subject that the aim does not have."""
    given = is_known(b.aim_hes.PCTLDCS)
    return given & ~_has_subject(b, given, 3)
