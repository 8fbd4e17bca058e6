"""Rule Violation Summary: the workbook with totals, errors and warnings by rule, rules not run."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # type: ignore[import-untyped]
from openpyxl.styles import Alignment, Font  # type: ignore[import-untyped]

from ilr_validator.adapters.reports.facts import NotRun, ReportFacts
from ilr_validator.adapters.reports.private_files import open_private
from ilr_validator.adapters.reports.spool import Spool

BOLD: Final = Font(bold=True)
TITLE: Final = Font(bold=True, size=14)
WRAPPED: Final = Alignment(wrap_text=True, vertical="top")
SUMMARY_WIDTHS: Final = (44, 26, 26, 26, 26)

Row: TypeAlias = "Sequence[Any]"


def write_workbook(path: Path, spool: Spool, facts: ReportFacts, not_run: list[NotRun]) -> None:
    """Write the workbook."""
    book = Workbook(write_only=True)
    # The format has no time zones.
    book.properties.created = book.properties.modified = facts.local_time.replace(tzinfo=None)
    book.properties.creator = f"ilr-validator {facts.application_version}"
    summary = book.create_sheet("Summary")
    for place, width in zip("ABCDE", SUMMARY_WIDTHS, strict=True):
        summary.column_dimensions[place].width = width
    for number, row in enumerate(_summary(spool, facts)):
        is_heading = len(row) == 1 or (row and row[0] == "")
        font = TITLE if number == 0 else BOLD if is_heading else None
        summary.append([_cell(summary, value, font) for value in row])
    groups = spool.groups()
    columns = ("Rule Name", "Message", "Occurrences")
    for title, is_error in (("Errors", True), ("Warnings", False)):
        rows = [(one.rule, one.message, one.count) for one in groups if one.is_error == is_error]
        _table(book, title, columns, (30, 100, 14), rows)
    reasons = [(one.rule, one.learners, one.reason) for one in not_run]
    _table(book, "Not run", ("Rule Name", "Learners", "Reason"), (30, 14, 100), reasons)
    with open_private(path) as file:
        book.save(file)


def _summary(spool: Spool, facts: ReportFacts) -> Iterator[Row]:
    yield ("Rule Violation Summary",)
    yield "Provider", facts.provider_name or ""
    yield "UKPRN", facts.ukprn or ""
    yield "ILR file", facts.file_name
    yield "Year", facts.pack
    provisional = " (provisional)" if facts.is_provisional else ""
    yield "Rules", f"{facts.pack} version {facts.pack_version}{provisional}"
    yield "Severities of", facts.severity_column
    yield ()
    yield ("Totals",)
    yield "Errors", spool.errors
    yield "Warnings", spool.warnings
    yield "Learners", spool.learners
    yield "Learners with errors", spool.learners_with_errors
    yield "Learners with warnings only", spool.learners_with_warnings_only
    yield "Learning deliveries", spool.aims
    yield ()
    yield from _splits(spool, facts)
    yield ()
    yield from _footer(facts)


def _splits(spool: Spool, facts: ReportFacts) -> Iterator[Row]:
    counts = spool.fund_model_counts()
    invalid = spool.learners_with_errors
    yield (
        "", "Valid learners", "Invalid learners", "Learning deliveries of valid learners",
        "Learning deliveries of invalid learners",
    )  # fmt: skip
    known = len(counts.valid_aims) == len(facts.fund_models)
    if known:
        for model, *numbers in zip(facts.fund_models, *counts, strict=True):
            yield f"Funding model {model}", *numbers
    if facts.advanced_loans is not None:
        yield "Advanced Learner Loans", "", "", *facts.advanced_loans
    yield "All", spool.learners - invalid, invalid
    if facts.destinations is not None:
        yield ()
        yield "", "Valid", "Invalid"
        yield "Destination and progression records", *facts.destinations


def _footer(facts: ReportFacts) -> Iterator[Row]:
    yield ("Made with",)
    yield "Application version", facts.application_version
    prepared = facts.preparation_date
    yield "File preparation date", prepared.strftime("%d/%m/%Y") if prepared else "unknown"
    for name, version in sorted(facts.reference_versions.items()):
        yield f"Reference data: {name}", version
    yield "Reference data: hash of the snapshot", facts.reference_hash or "none"
    yield "Report generated at", facts.local_time.strftime("%H:%M:%S on %d/%m/%Y")


def _table(
    book: Workbook, title: str, columns: Row, widths: Sequence[int], rows: Iterable[Row]
) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for place, width in zip("ABCDEFG", widths, strict=False):
        sheet.column_dimensions[place].width = width
    sheet.append([_cell(sheet, name, BOLD) for name in columns])
    for row in rows:
        cells = [_cell(sheet, value) for value in row]
        for cell in cells:
            cell.alignment = WRAPPED
        sheet.append(cells)


def _cell(sheet: Any, value: Any, font: Font | None = None) -> Any:
    """Make a cell that is text where it was given text, also where that looks like a formula."""
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value)
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"
    if font is not None:
        cell.font = font
    return cell
