"""Reports of a checked file: official CSV, workbook and JSON, and pages for people. All streamed.

`Spool` takes what was found part by part and keeps it on disk; `write_reports` writes from there,
so that memory does not grow with the number of findings.
"""

from ilr_validator.adapters.reports.facts import ReportFacts, ReportPaths, Split, facts_of
from ilr_validator.adapters.reports.schema_errors import schema_finding
from ilr_validator.adapters.reports.spool import Spool
from ilr_validator.adapters.reports.write import write_reports

__all__ = [
    "ReportFacts",
    "ReportPaths",
    "Split",
    "Spool",
    "facts_of",
    "schema_finding",
    "write_reports",
]
