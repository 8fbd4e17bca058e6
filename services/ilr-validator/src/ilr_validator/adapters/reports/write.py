"""Writes every report of a checked file from what a spool keeps."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from ilr_validator.adapters.reports.exchange import (
    ErrorsJson,
    write_messages,
    write_not_run,
    write_summary,
)
from ilr_validator.adapters.reports.facts import ReportFacts, ReportPaths, rules_not_run
from ilr_validator.adapters.reports.html_index import PAGES, write_index
from ilr_validator.adapters.reports.html_learners import LearnerPages, write_learner_pages
from ilr_validator.adapters.reports.html_rules import RulePages
from ilr_validator.adapters.reports.private_files import private_folder
from ilr_validator.adapters.reports.schema_errors import RULE as SCHEMA
from ilr_validator.adapters.reports.spool import Group, Spool, Stored
from ilr_validator.adapters.reports.violations import ViolationsCsv
from ilr_validator.adapters.reports.workbook import write_workbook


class _ByRule(Protocol):
    """A report that takes the findings in official order."""

    def write(self, group: Group, one: Stored) -> None:
        """Take the next finding."""


def write_reports(spool: Spool, facts: ReportFacts, folder: Path) -> ReportPaths:
    """Write all reports into a folder, which must exist, in place of those of an earlier run.

    Only reports with the time in their name stay beside the new ones.
    """
    _remove_earlier(folder)
    is_schema_error = any(group.rule == SCHEMA for group in spool.groups())
    stamp = facts.local_time.strftime("%Y%m%d-%H%M%S")
    paths = ReportPaths(
        violations=folder / f"Rule Violation Report {stamp}.csv",
        summary_workbook=folder / f"Rule Violation Summary {stamp}.xlsx",
        summary=folder / "summary.json",
        errors=folder / "errors.json",
        messages=folder / "messages.json",
        not_run=folder / "not-run.csv",
        schema_errors=folder / "schema-errors.csv" if is_schema_error else None,
        html=folder / "report.html" if facts.has_html else None,
    )
    not_run = rules_not_run(spool, facts)
    learner_pages = None
    if paths.html is not None:
        private_folder(folder / PAGES)
        learner_pages = write_learner_pages(spool, facts, folder / PAGES)
        write_index(paths.html, spool, facts, not_run, learner_pages)
    with ExitStack() as stack:
        _write_findings(spool, _by_rule(stack, facts, paths, learner_pages), paths, stack)
    write_workbook(paths.summary_workbook, spool, facts, not_run)
    write_summary(paths.summary, spool, facts, not_run, is_schema_error=is_schema_error)
    write_messages(paths.messages, spool)
    write_not_run(paths.not_run, not_run)
    return paths


def _remove_earlier(folder: Path) -> None:
    """Remove pages and files that this run may not write again: they are about other findings."""
    pages = folder / PAGES
    for path in (
        folder / "report.html",
        folder / "schema-errors.csv",
        *pages.glob("learners-*.html"),
        *pages.glob("rule-*.html"),
    ):
        path.unlink(missing_ok=True)


def _by_rule(
    stack: ExitStack, facts: ReportFacts, paths: ReportPaths, learner_pages: LearnerPages | None
) -> Iterator[_ByRule]:
    yield stack.enter_context(ViolationsCsv(paths.violations))
    yield stack.enter_context(ErrorsJson(paths.errors))
    if learner_pages is not None:
        folder = paths.violations.parent / PAGES
        yield stack.enter_context(RulePages(folder, facts, learner_pages))


def _write_findings(
    spool: Spool, reports: Iterator[_ByRule], paths: ReportPaths, stack: ExitStack
) -> None:
    writers = [report.write for report in reports]
    schema = (
        stack.enter_context(ViolationsCsv(paths.schema_errors)) if paths.schema_errors else None
    )
    for group in spool.groups():
        also = [schema.write] if schema is not None and group.rule == SCHEMA else []
        for one in spool.of_group(group):
            for write in (*writers, *also):
                write(group, one)
