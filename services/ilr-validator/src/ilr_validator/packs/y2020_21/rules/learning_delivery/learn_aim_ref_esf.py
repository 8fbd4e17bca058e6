"""LearnAimRef: aims outside the subject areas and levels of a European Social Fund contract."""

from typing import Final

import numpy as np
import numpy.typing as npt

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.record import Aims
from ilr_validator.engine.reference import ContractSubjectAreas
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Numbers, Rows, is_known, is_null, same, take
from ilr_validator.packs.queries import lars
from ilr_validator.packs.queries.aims import is_funded_by

NO_LEVEL: Final = 999.0
LEVELS: Final = {
    "E": 0.0, "1": 1.0, "1.5": 1.5, "2": 2.0, "3": 3.0, "4": 4.0, "5": 5.0, "6": 6.0, "7": 7.0,
    "8": 8.0, "H": 9.0, "M": 9.0, "X": 10.0,
}  # fmt: skip


def _levels(codes: Text) -> Numbers:
    """Give each notional level its rank; what is no level has the rank above all."""
    ranks = np.array([LEVELS.get(text or "", NO_LEVEL) for text in codes.values])
    result: npt.NDArray[np.float64] = ranks[codes.codes]
    return result


def _is_out_of_range(ranks: Numbers, areas: ContractSubjectAreas, others: Rows) -> Mask:
    """Tell for each pair whether the aim's level is below the least or above the greatest.

    An area that names no least level refuses every level, as in the official engine.
    """
    low, high = _levels(areas.MinLevelCode)[others], _levels(areas.MaxLevelCode)[others]
    result: Mask = (ranks != NO_LEVEL) & ((ranks < low) | (ranks > high))
    return result


def _names_a_level(areas: ContractSubjectAreas) -> Mask:
    return ~areas.MinLevelCode.is_blank | ~areas.MaxLevelCode.is_blank


@derived
def _funded_aims(b: Batch) -> Mask:
    """Find aims of the European Social Fund other than its assessment."""
    mask = is_funded_by(b, 70)
    return mask & ~b.aims.LearnAimRef.is_any("ZESF0001") if mask.any() else mask


def _areas(b: Batch, where: Mask) -> tuple[Rows, Rows, ContractSubjectAreas]:
    return b.lookup(ContractSubjectAreas, b.aims, where, b.aims.ConRefNumber)


@rule(Aims, "FundModel", "LearnAimRef")
def LearnAimRef_71(b: Batch) -> Mask:
    """The aim is in none of the sector subject areas of its contract."""
    a = b.aims
    mask = _funded_aims(b)
    if not mask.any():
        return mask
    rows, others, areas = _areas(b, mask)
    is_area = is_known(areas.SectorSubjectAreaCode)
    any_level = ~areas.MinLevelCode.test(bool) & ~areas.MaxLevelCode.test(bool)
    mask = a.mask(rows[(is_area & any_level)[others]])
    found, aims = lars.aim_rows(b, mask)
    code = areas.SectorSubjectAreaCode[others]
    inside = (code == take(aims.SectorSubjectAreaTier1, found)[rows]) | (
        code == take(aims.SectorSubjectAreaTier2, found)[rows]
    )
    return mask & (found >= 0) & ~a.mask(rows[inside])


@rule(Aims, "FundModel", "ConRefNumber")
def LearnAimRef_72(b: Batch) -> Mask:
    """The aim's level is outside the levels of its contract, or LARS does not know the aim."""
    a = b.aims
    mask = _funded_aims(b)
    if not mask.any():
        return mask
    found, aims = lars.aim_rows(b, mask)
    rows, others, areas = _areas(b, mask & (found >= 0))
    usable = is_null(areas.SectorSubjectAreaCode) & _names_a_level(areas)
    ranks = _levels(aims.NotionalNVQLevelv2.take(found))[rows]
    refused = usable[others] & _is_out_of_range(ranks, areas, others)
    return (mask & (found < 0)) | a.mask(rows[refused])


@rule(Aims, "FundModel", "ConRefNumber")
def LearnAimRef_73(b: Batch) -> Mask:
    """The aim is outside the subject areas, or their levels, of its contract."""
    a = b.aims
    mask = _funded_aims(b)
    if not mask.any():
        return mask
    rows, others, areas = _areas(b, mask)
    usable = is_known(areas.SectorSubjectAreaCode) & _names_a_level(areas)
    mask = a.mask(rows[usable[others]])
    found, aims = lars.aim_rows(b, mask)
    code = areas.SectorSubjectAreaCode[others]
    inside = same(code, take(aims.SectorSubjectAreaTier1, found)[rows]) | same(
        code, take(aims.SectorSubjectAreaTier2, found)[rows]
    )
    ranks = _levels(aims.NotionalNVQLevelv2.take(found))[rows]
    refused = inside & usable[others] & _is_out_of_range(ranks, areas, others)
    outside = ~a.mask(rows[inside])
    return mask & (found >= 0) & (outside | a.mask(rows[refused]))
