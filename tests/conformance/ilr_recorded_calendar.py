"""Lets rules work with recorded dates that are not those of the calendar.

No data decides on which day a year starts, so such an answer of a stand-in cannot be told by file
facts or rows. It binds the rule all the same: inside `calendar_as_recorded` the functions that the
rules ask give the recorded dates, and the calendar's for all others.
"""

import contextlib
import functools
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from ilr_validator.engine import dates
from ilr_validator.engine.values import Dates
from ilr_validator.packs.queries.academic_years import YearDate, year_date

SERVICE: Final = "IAcademicYearQueryService"
YEAR_DATES: Final = {
    "Commencement": YearDate.COMMENCEMENT,
    "PreviousYearEnd": YearDate.PREVIOUS_YEAR_END,
    "August31": YearDate.AUGUST_31,
    "CurrentYearEnd": YearDate.CURRENT_YEAR_END,
    "NextYearCommencement": YearDate.NEXT_YEAR_COMMENCEMENT,
    "TraineeshipsAugust1": YearDate.TRAINEESHIPS_AUGUST_1,
}
Recorded = Mapping[tuple[float, object], float]


@contextlib.contextmanager
def calendar_as_recorded(line: Mapping[str, Any]) -> Iterator[None]:
    """Let the rules find the dates that a line's stand-ins gave."""
    recorded = _recorded(line)
    changes: dict[str, tuple[object, Callable[..., Dates]]] = {
        "year_date": (year_date, functools.partial(_year_date, recorded)),
        "last_friday_in_june": (
            dates.last_friday_in_june,
            functools.partial(_last_friday, recorded, dates.last_friday_in_june),
        ),
    }
    with contextlib.ExitStack() as stack:
        for name, module in list(sys.modules.items()):
            if recorded and name.startswith("ilr_validator.packs."):
                for attribute, (own, stand_in) in changes.items():
                    if vars(module).get(attribute) is own:
                        stack.callback(setattr, module, attribute, own)
                        setattr(module, attribute, stand_in)
        yield


def _recorded(line: Mapping[str, Any]) -> Recorded:
    found: dict[tuple[float, object], float] = {}
    for call in line.get("reference_calls", ()):
        date, *which = call["args"] or [None]
        if call["svc"] == SERVICE and call["m"] == "GetAcademicYearOfLearningDate":
            found[dates.parse(date), YEAR_DATES[which[0]]] = dates.parse(call["ret"])
        elif call["svc"] == SERVICE and call["m"] == "LastFridayInJuneForDateInAcademicYear":
            found[dates.parse(date), "friday"] = dates.parse(call["ret"])
    return found


def _year_date(recorded: Recorded, asked: Dates, wanted: YearDate) -> Dates:
    return _replaced(recorded, asked, wanted, year_date(asked, wanted))


def _last_friday(recorded: Recorded, own: Callable[[Dates], Dates], asked: Dates) -> Dates:
    return _replaced(recorded, asked, "friday", own(asked))


def _replaced(recorded: Recorded, asked: Dates, wanted: object, computed: Dates) -> Dates:
    given = [
        recorded.get((date, wanted), own)
        for date, own in zip(asked.tolist(), computed.tolist(), strict=True)
    ]
    return np.array(given, np.float64)
