"""What rules know besides the record: the dates of the year, and facts of the file."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from ilr_validator.engine.dates import day


@dataclass(frozen=True, slots=True)
class Year:
    """The dates of an academic year as day numbers (`IAcademicYearDataService`)."""

    start: float
    end: float
    august_31: float
    january_1: float
    july_31: float
    previous_year_end: float

    @classmethod
    def starting(cls, year: int) -> Self:
        """Give the dates of the year that starts on 1 August of this calendar year."""
        return cls(
            start=day(year, 8, 1),
            end=day(year + 1, 7, 31),
            august_31=day(year, 8, 31),
            january_1=day(year + 1, 1, 1),
            july_31=day(year + 1, 7, 31),
            previous_year_end=day(year, 7, 31),
        )

    def but(self, **changes: float) -> Self:
        """Give the same dates but for some that a line of input brings itself."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Facts of the file. NaN stands for "not known": rules that need it are not run."""

    ukprn: float = np.nan
    filename_ukprn: float = np.nan
    preparation_date: float = np.nan
    return_period: float = np.nan
    now: float = np.nan
    """The moment of the check, in UTC."""
