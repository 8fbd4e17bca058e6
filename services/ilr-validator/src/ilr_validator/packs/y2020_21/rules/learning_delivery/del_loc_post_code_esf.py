"""DelLocPostCode of the European Social Fund: whether the contract admits the place of learning.

A contract admits local authorities or local enterprise partnerships. From August 2017 on the very
entry of the postcode that lies in an admitted area must hold on the day on which learning under
the contract last started (DD22); before, any entry may hold, and any may lie in the area.
"""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims
from ilr_validator.engine.reference import (
    ContractEnterprisePartnerships,
    ContractLocalAuthorities,
    OnsPostcodes,
)
from ilr_validator.engine.rule import rule
from ilr_validator.engine.tables import NO_ROW
from ilr_validator.engine.values import Mask, Rows, is_known, join_sorted
from ilr_validator.packs.derived.dd22 import latest_esf_start

TO_JULY_2017 = day(2017, 7, 31)
FROM_AUGUST_2017 = day(2017, 8, 1)
Areas = ContractLocalAuthorities | ContractEnterprisePartnerships


def _candidates(b: Batch) -> Mask:
    """Tell which aims of the fund have a start under their contract (DD22)."""
    mask = b.aims.FundModel == 70
    return mask & is_known(latest_esf_start(b)) if mask.any() else mask


def _to_july_2017(b: Batch) -> Mask:
    mask = _candidates(b) & (b.aims.LearnStartDate <= TO_JULY_2017)
    mask &= ~b.aims.LearnAimRef.is_any("ZESF0001")
    return mask & ~b.aims.DelLocPostCode.is_any("ZZ99 9ZZ")


def _from_august_2017(b: Batch) -> Mask:
    return _candidates(b) & (b.aims.LearnStartDate >= FROM_AUGUST_2017)


def _before_first(aims: Aims, stops: Mask) -> Mask:
    """Tell which aims stand before the first aim of the learner that is in the mask."""
    first = aims.of_parent(aims.first(stops).astype(np.float64))
    return (first == NO_ROW) | (np.arange(aims.size) < first)


def _reached(b: Batch, mask: Mask, kind: type[Areas]) -> tuple[Mask, Rows, Rows, Areas]:
    """Keep of the mask the aims that the official engine reaches, and pair them with their areas.

    It leaves a learner at the first aim whose contract admits no area, whatever the aim's funding.
    """
    aims = b.aims
    mask = mask & _before_first(aims, aims.ConRefNumber.is_null)
    last = aims.of_parent(aims.last(mask).astype(np.float64))
    asked = np.arange(aims.size) <= last
    rows, others, areas = b.lookup(kind, aims, asked, aims.ConRefNumber)
    mask = mask & _before_first(aims, asked & ~aims.mask(rows))
    kept = mask[rows]
    return mask, rows[kept], others[kept], areas


def _entries(b: Batch, mask: Mask, kind: type[Areas]) -> tuple[Mask, Mask, Mask, Mask]:
    """Ask for the directory's entries of the postcodes of the aims in the mask.

    Gives the aims reached, and which of them have an entry that holds, one that lies in an admitted
    area, and one that does both.
    """
    aims = b.aims
    mask, area_aims, area_rows, areas = _reached(b, mask, kind)
    rows, others, ons = b.lookup(OnsPostcodes, aims, mask, aims.DelLocPostCode)
    starts = latest_esf_start(b)[rows]
    holds = ~(starts < ons.EffectiveFrom[others]) & ~(starts > ons.EffectiveTo[others])
    holds &= ~(starts >= ons.Termination[others])
    one, two = join_sorted(rows, area_aims)
    codes = areas.Code.take(area_rows[two])
    places = (ons.LocalAuthority,) if kind is ContractLocalAuthorities else (ons.Lep1, ons.Lep2)
    lies_within = np.zeros(len(rows), bool)
    for place in places:
        alike = place.take(others[one]).equals(codes, ignore_case=True) & codes.is_known
        lies_within[one[alike]] = True
    both = aims.mask(rows[holds & lies_within])
    return mask, aims.mask(rows[holds]), aims.mask(rows[lies_within]), both


def _breaks_to_july_2017(b: Batch, kind: type[Areas]) -> Mask:
    mask = _to_july_2017(b)
    if not mask.any():
        return mask
    mask, holds, lies_within, _ = _entries(b, mask, kind)
    return mask & ~(holds & lies_within)


def _breaks_from_august_2017(b: Batch, kind: type[Areas]) -> Mask:
    mask = _from_august_2017(b)
    if not mask.any():
        return mask
    mask, _, _, does_both = _entries(b, mask, kind)
    return mask & ~does_both


@rule(Aims, "ConRefNumber")
def DelLocPostCode_14(b: Batch) -> Mask:
    """Learning to July 2017 took place outside the contract's local authorities."""
    return _breaks_to_july_2017(b, ContractLocalAuthorities)


@rule(Aims, "LearnAimRef", "FundModel", "DelLocPostCode", "ConRefNumber")
def DelLocPostCode_15(b: Batch) -> Mask:
    """Learning to July 2017 took place outside the contract's enterprise partnerships."""
    return _breaks_to_july_2017(b, ContractEnterprisePartnerships)


@rule(Aims, "ConRefNumber")
def DelLocPostCode_17(b: Batch) -> Mask:
    """Learning from August 2017 takes place outside the contract's local authorities."""
    return _breaks_from_august_2017(b, ContractLocalAuthorities)


@rule(Aims, "LearnAimRef", "FundModel", "DelLocPostCode", "ConRefNumber")
def DelLocPostCode_18(b: Batch) -> Mask:
    """Learning from August 2017 takes place outside the contract's enterprise partnerships."""
    return _breaks_from_august_2017(b, ContractEnterprisePartnerships)
