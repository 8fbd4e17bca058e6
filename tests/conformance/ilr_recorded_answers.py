"""Turns what the official tests' stand-ins answered into the `file` and `reference` of a line."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import orjson
from tests.conformance import ilr_recorded_lars, ilr_recorded_registers
from tests.conformance.ilr_recorded_calendar import SERVICE, YEAR_DATES
from tests.conformance.ilr_recorded_request import (
    NotExpressibleError,
    Request,
    day_after,
    day_before,
)

from ilr_validator.engine import dates
from ilr_validator.packs.queries.academic_years import year_date

__all__ = ["NotExpressibleError", "what_was_answered"]

Told = Callable[[Request, Sequence[Any], Any], None]


def what_was_answered(
    line: Mapping[str, Any], *, is_calendar_recorded: bool = False
) -> dict[str, Any]:
    """Give the members `file` and `reference` for a recorded line.

    Raises NotExpressibleError, with the call, where rows cannot say what the stand-in said. Dates
    that contradict the calendar are such, but for those who evaluate the line inside
    `calendar_as_recorded` and say so.
    """
    request = Request()
    seen = set()
    for call in line["reference_calls"]:
        service, member, args = call["svc"], call["m"], call["args"]
        if member.startswith("get_") and service != "IFileDataCache":
            continue  # a property of an object that an earlier answer gave whole
        if is_calendar_recorded and (service, member) in OF_THE_CALENDAR:
            continue
        told = ANSWERS.get((service, member))
        if told is None:
            raise NotExpressibleError(f"{service}.{member}: nobody has said what it means")
        said = orjson.dumps((service, member, args, call["ret"]))
        if said not in seen:
            seen.add(said)
            told(request, args, call["ret"])
    return request.built()


# The year and the file.


def _year(name: str) -> Told:
    def told(request: Request, _args: Sequence[Any], answer: str) -> None:
        request.file["year"].setdefault(name, answer)

    return told


def _file(name: str) -> Told:
    def told(request: Request, _args: Sequence[Any], answer: Any) -> None:
        request.fact(name, answer)

    return told


def _to_utc(_request: Request, args: Sequence[Any], answer: str) -> None:
    london = dt.datetime.fromisoformat(args[0]).replace(tzinfo=ZoneInfo("Europe/London"))
    if london.astimezone(dt.UTC).replace(tzinfo=None).isoformat() != answer:
        raise NotExpressibleError(f"{args[0]} in London is not {answer} in UTC")


# Computed dates: the calendar must agree, as nothing but the calendar is asked.

OF_THE_CALENDAR: Final = {
    (SERVICE, "GetAcademicYearOfLearningDate"),
    (SERVICE, "LastFridayInJuneForDateInAcademicYear"),
}


def _year_date(_request: Request, args: Sequence[Any], answer: str) -> None:
    date, name = args
    computed = year_date(np.array([dates.parse(date)]), YEAR_DATES[name])[0]
    _agree(f"{name} for {date}", computed, answer)


def _last_friday(_request: Request, args: Sequence[Any], answer: str) -> None:
    computed = dates.last_friday_in_june(np.array([dates.parse(args[0])]))[0]
    _agree(f"the last Friday in June for {args[0]}", computed, answer)


def _agree(what: str, computed: float, answer: str) -> None:
    if computed != dates.parse(answer):
        actual = dates.to_date(computed).isoformat()
        raise NotExpressibleError(f"{what} is {actual}, not {answer}: the calendar is no data")


def _in_previous_year(request: Request, args: Sequence[Any], answer: Any) -> None:
    """Move the start of the year by a day where it takes that to make the answer true.

    No rule with this question asks for the start of the year but for this.
    """
    date, start = args
    actual = dates.is_in_previous_year(np.array([dates.parse(date)]), dates.parse(start))[0]
    if actual != answer:
        request.file["year"]["start"] = day_after(date) if answer else date


# Code lists: they stand in the place of the pack's own.


def _code(args: Sequence[Any]) -> tuple[str, str]:
    name, *parts = args
    return name, "".join(str(part) for part in parts)


def _contains(request: Request, args: Sequence[Any], answer: Any) -> None:
    name, code = _code(args)
    codes = request.codes(name)
    if answer:
        codes.setdefault(code, {"code": code})


def _all_codes(request: Request, args: Sequence[Any], answer: Sequence[Any]) -> None:
    request.codes(args[0]).update({str(code): {"code": str(code)} for code in answer})


def _is_current(request: Request, args: Sequence[Any], answer: Any) -> None:
    *parts, date = args
    name, code = _code(parts)
    entry = request.codes(name).setdefault(code, {"code": code})
    entry.update({"from": date, "to": date} if answer else {"to": day_before(date)})


def _is_not_after(request: Request, args: Sequence[Any], answer: Any) -> None:
    *parts, date = args
    name, code = _code(parts)
    request.codes(name)[code] = {"code": code, "to": date if answer else day_before(date)}


def _is_after(request: Request, args: Sequence[Any], answer: Any) -> None:
    _is_not_after(request, args, not answer)


ANSWERS: Final[dict[tuple[str, str], Told]] = {
    ("IAcademicYearDataService", "Start"): _year("start"),
    ("IAcademicYearDataService", "End"): _year("end"),
    ("IAcademicYearDataService", "AugustThirtyFirst"): _year("august_31"),
    ("IAcademicYearDataService", "JanuaryFirst"): _year("january_1"),
    ("IAcademicYearDataService", "JulyThirtyFirst"): _year("july_31"),
    ("IAcademicYearDataService", "PreviousYearEnd"): _year("previous_year_end"),
    ("IAcademicYearDataService", "ReturnPeriod"): _file("return_period"),
    (SERVICE, "GetAcademicYearOfLearningDate"): _year_date,
    (SERVICE, "LastFridayInJuneForDateInAcademicYear"): _last_friday,
    (SERVICE, "DateIsInPrevAcademicYear"): _in_previous_year,
    ("IFileDataService", "UKPRN"): _file("ukprn"),
    ("IFileDataCache", "get_UKPRN"): _file("ukprn"),
    ("IFileDataService", "FileNameUKPRN"): _file("filename_ukprn"),
    ("IFileDataService", "FilePreparationDate"): _file("preparation_date"),
    ("IDateTimeProvider", "GetNowUtc"): _file("now"),
    ("IDateTimeProvider", "ConvertUkToUtc"): _to_utc,
    ("IProvideLookupDetails", "Contains"): _contains,
    ("IProvideLookupDetails", "Get"): _all_codes,
    ("IProvideLookupDetails", "IsCurrent"): _is_current,
    ("IProvideLookupDetails", "IsVaguelyCurrent"): _is_not_after,
    ("IProvideLookupDetails", "IsExpired"): _is_after,
    **ilr_recorded_lars.ANSWERS,
    **ilr_recorded_registers.ANSWERS,
}
