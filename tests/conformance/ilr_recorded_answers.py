"""Turns what the official tests' stand-ins answered into the `file` and `reference` of a line."""

from collections.abc import Callable, Mapping
from typing import Any, Final

Line = dict[str, Any]


class NotExpressibleError(Exception):
    """An answer that no rows of reference data could give."""


def what_was_answered(line: Mapping[str, Any]) -> Line:
    """Give the members `file` and `reference` for a recorded line.

    Raises NotExpressibleError, with the call, where rows cannot say what the stand-in said.
    """
    request: Line = {"file": {"year": {}}, "reference": {}}
    for call in line["reference_calls"]:
        told = ANSWERS.get((call["svc"], call["m"]))
        if told is None:
            raise NotExpressibleError(f"{call['svc']}.{call['m']}")
        told(request, call["args"], call["ret"], line)
    return request


def _year(name: str) -> Callable[[Line, list[Any], Any, Mapping[str, Any]], None]:
    def told(request: Line, _args: list[Any], answer: Any, _line: Mapping[str, Any]) -> None:
        request["file"]["year"][name] = answer

    return told


def _file(name: str) -> Callable[[Line, list[Any], Any, Mapping[str, Any]], None]:
    def told(request: Line, _args: list[Any], answer: Any, _line: Mapping[str, Any]) -> None:
        request["file"][name] = answer

    return told


ANSWERS: Final[dict[tuple[str, str], Callable[[Line, list[Any], Any, Mapping[str, Any]], None]]] = {
    ("IAcademicYearDataService", "Start"): _year("start"),
    ("IAcademicYearDataService", "End"): _year("end"),
    ("IAcademicYearDataService", "AugustThirtyFirst"): _year("august_31"),
    ("IAcademicYearDataService", "JanuaryFirst"): _year("january_1"),
    ("IAcademicYearDataService", "JulyThirtyFirst"): _year("july_31"),
    ("IAcademicYearDataService", "PreviousYearEnd"): _year("previous_year_end"),
    ("IAcademicYearDataService", "ReturnPeriod"): _file("return_period"),
    ("IFileDataService", "UKPRN"): _file("ukprn"),
    ("IFileDataCache", "get_UKPRN"): _file("ukprn"),
    ("IFileDataService", "FileNameUKPRN"): _file("filename_ukprn"),
    ("IFileDataService", "FilePreparationDate"): _file("preparation_date"),
}
