"""Reports of a checked file: official CSV, workbook and JSON, and pages for people. All streamed.

`Spool` takes what was found part by part and keeps it on disk; `write_reports` writes from there,
so that memory does not grow with the number of findings.
"""

from ilr_validator.adapters.reports.facts import (
    ReportFacts,
    ReportPaths,
    Split,
    facts_of,
    rules_not_run,
)
from ilr_validator.adapters.reports.schema_errors import RULE as SCHEMA
from ilr_validator.adapters.reports.schema_errors import element_in, friendly
from ilr_validator.adapters.reports.spool import Spool
from ilr_validator.adapters.reports.write import write_reports

__all__ = [
    "SCHEMA",
    "ReportFacts",
    "ReportPaths",
    "Split",
    "Spool",
    "element_in",
    "facts_of",
    "friendly",
    "rules_not_run",
    "write_reports",
]
