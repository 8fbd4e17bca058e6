"""What the header says against the clock, the file's name and the provider."""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.dates import make, year_of
from ilr_validator.engine.record import Message
from ilr_validator.engine.rule import rule
from ilr_validator.engine.values import Dates, Mask, Numbers, Rows, differs, is_known, one_of

HOUR = 1 / 24


def _last_sunday(years: Numbers, month: int) -> Dates:
    """Give the last Sunday of a month of 31 days."""
    end = make(years, month, 31)
    return end - (end + 4) % 7  # 1970-01-01 was a Thursday


def _to_utc(uk: Dates) -> Dates:
    """Give the UTC moment of a moment by the clocks of the United Kingdom."""
    years = year_of(uk)
    begins, ends = _last_sunday(years, 3) + 2 * HOUR, _last_sunday(years, 10) + HOUR
    return uk - np.where((uk >= begins) & (uk < ends), HOUR, 0.0)


@rule(Message)
def Header_2(b: Batch) -> Mask:
    """The file preparation date is in the future."""
    prepared = b.message.FilePreparationDate
    if not is_known(prepared).any():
        return np.zeros(b.message.size, bool)
    return _to_utc(prepared) > b.now


@rule(Message)
def Header_3(b: Batch) -> Mask:
    """The UKPRN in the header is not the one in the name of the file."""
    return ~one_of(b.message.UKPRN, b.filename_ukprn)


def _provider(b: Batch, rows: Rows) -> Numbers:
    return b.message.LearningProviderUKPRN[rows]


@rule(Message, ("UKPRN", _provider))
def UKPRN_03(b: Batch) -> Mask:
    """The UKPRN of the provider is not the one in the header."""
    return differs(b.message.UKPRN, b.message.LearningProviderUKPRN)
