"""Rule Violation Report: the official CSV of twenty columns, one row for each finding.

A cell that a spreadsheet could run as a formula gets an apostrophe in front; see `harmless`.
"""

import csv
import re
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ilr_validator.adapters.reports.facts import MARKING
from ilr_validator.adapters.reports.private_files import open_private_text
from ilr_validator.adapters.reports.spool import Group, Stored
from ilr_validator.application.check import AimDetails, LearnerDetails

COLUMNS: Final = (
    r"Error\Warning",
    "Learner Ref",
    "Unique Learner Number",
    "Family Name",
    "Given Names",
    "Rule Name",
    "Field Values",
    "Error Message",
    "Aim Sequence Number",
    "Aim Reference Number",
    "Software Supplier Aim ID",
    "Funding Model",
    "Subcontracted UKPRN",
    "Provider Specified Learner Monitoring A",
    "Provider Specified Learner Monitoring B",
    "Provider Specified Learning Delivery Monitoring A",
    "Provider Specified Learning Delivery Monitoring B",
    "Provider Specified Learning Delivery Monitoring C",
    "Provider Specified Learning Delivery Monitoring D",
    MARKING,
)
NO_AIM: Final = AimDetails(None, None, None, None, None, None, None, None)
FORMULA_STARTS: Final = frozenset("=+-@\t\r")
WITHOUT_FORCE: Final = re.compile(r"[-+@][\w .'\u2019/-]*")


class ViolationsCsv:
    """Writes the rows; they are to come in official order."""

    def __init__(self, path: Path) -> None:
        self._file = open_private_text(path, newline="")
        self._rows = csv.writer(self._file)
        self._rows.writerow(COLUMNS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, group: Group, one: Stored) -> None:
        """Write one finding."""
        learner = LearnerDetails(*one.learner_details)
        aim = AimDetails(*one.aim_details) if one.aim_details else NO_AIM
        cells = (
            group.severity,
            one.learn_ref_number,
            learner.uln,
            learner.family_name,
            learner.given_names,
            group.rule,
            field_values(one),
            one.own_message or group.message,
            None if one.aim_seq_number is None else str(one.aim_seq_number),
            aim.learn_aim_ref,
            aim.sw_sup_aim_id,
            aim.fund_model,
            aim.partner_ukprn,
            learner.monitoring_a,
            learner.monitoring_b,
            aim.monitoring_a,
            aim.monitoring_b,
            aim.monitoring_c,
            aim.monitoring_d,
            None,
        )
        self._rows.writerow([cell if cell is None else harmless(cell) for cell in cells])


def field_values(one: Stored) -> str:
    """Give the values that a finding names, in the official form `Name=Value|Name=Value|`."""
    return "".join(f"{name}={value or ''}|" for name, value in one.parameters)


def harmless(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet could run as a formula.

    Formulas start with = + - @, tab or carriage return. Nothing official starts with = or a control
    character. A provider's own codes, a name or a number may start with + - @ ("-5", "@home"): they
    stay as they are when behind it stand only letters, digits, spaces and . ' / - _, with which no
    function is called, no cell range, file or program named.
    """
    if cell[:1] in FORMULA_STARTS and cell and not WITHOUT_FORCE.fullmatch(cell):
        return "'" + cell
    return cell
