"""What the financial records of apprenticeships say.

Official name: `LearningDeliveryAppFinRecordQueryService`.
"""

import numpy as np

from ilr_validator.engine.batch import Batch, derived
from ilr_validator.engine.values import Mask, Numbers, Rows, is_among, one_of, take


@derived
def fins_of(b: Batch, fin_type: str, *codes: float) -> Mask:
    """Tell for each record whether it is of this type, and of one of the codes if given."""
    mask = b.fin_records.AFinType.is_any(fin_type)
    return mask & one_of(b.fin_records.AFinCode, *codes) if codes else mask


@derived
def has_fin(b: Batch, fin_type: str, *codes: float) -> Mask:
    """Tell for each aim whether it has a record of this type, and of one of the codes if given."""
    return b.fin_records.any(fins_of(b, fin_type, *codes))


@derived
def has_fin_code(b: Batch, *codes: float) -> Mask:
    """Tell for each aim whether it has a record with one of these codes, of whatever type."""
    return b.fin_records.any(is_among(b.fin_records.AFinCode, codes))


@derived
def latest_fin(b: Batch, fin_type: str, code: float) -> Rows:
    """Give for each aim its latest record of this type and code (`GetLatestAppFinRecord`)."""
    return b.fin_records.row_of_max(b.fin_records.AFinDate, fins_of(b, fin_type, code))


@derived
def total_negotiated_price(b: Batch) -> Numbers:
    """Give for each aim the sum of its latest prices of training and assessment; 0 without.

    One aim's share in `GetTotalTNPPriceForLatestAppFinRecordsForLearning`.
    """
    amounts = b.fin_records.AFinAmount
    training, assessment = (take(amounts, latest_fin(b, "TNP", code)) for code in (1, 2))
    return np.nan_to_num(training) + np.nan_to_num(assessment)
