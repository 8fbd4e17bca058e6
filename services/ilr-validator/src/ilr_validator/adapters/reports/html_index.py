"""The first page for people: totals, charts, findings by rule, pages by learner, rules not run."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from ilr_validator.adapters.reports import html_fields as show
from ilr_validator.adapters.reports.charts import bars
from ilr_validator.adapters.reports.facts import NotRun, ReportFacts
from ilr_validator.adapters.reports.html_learners import LearnerPages, page_name
from ilr_validator.adapters.reports.html_page import NO_NUMBERS, NUMBER, Page, quoted, text
from ilr_validator.adapters.reports.spool import Spool

PAGES: Final = "report"
IN_CHART: Final = 20
SECTIONS: Final = (
    ("#facts", "Summary"),
    ("#charts", "Charts"),
    ("#rules", "By rule"),
    ("#learners", "By learner"),
    ("#not-run", "Rules not run"),
)


def write_index(
    path: Path, spool: Spool, facts: ReportFacts, not_run: list[NotRun], learners: LearnerPages
) -> None:
    """Write the page; it holds no learner's data but references."""
    heading = f"Rule violations {facts.pack}"
    title = f"{heading} - {facts.file_name}"
    with Page(path, facts, title=title, heading=heading) as page:
        page.begin_main(SECTIONS)
        _summary(page, spool, facts)
        _charts(page, spool, facts)
        _rules(page, spool)
        _learners(page, learners)
        _not_run(page, not_run)


def _summary(page: Page, spool: Spool, facts: ReportFacts) -> None:
    page.write('<section id="facts" aria-labelledby="facts-h">\n<h2 id="facts-h">Summary</h2>\n')
    if spool.first_fail:
        page.write(f"<p><strong>The file is refused.</strong> {text(spool.first_fail)}</p>\n")
    _pairs(page, "Totals", _totals(spool, facts), name="totals")
    counts = spool.fund_model_counts()
    if facts.fund_models and len(counts.valid_aims) == len(facts.fund_models):
        columns = (
            "Funding model", "Valid learners", "Invalid learners", "Aims of valid learners",
            "Aims of invalid learners",
        )  # fmt: skip
        rows = (
            (f"{model}", *numbers)
            for model, *numbers in zip(facts.fund_models, *counts, strict=True)
        )
        caption = "Learners and aims by funding model; invalid learners have an error"
        page.begin_table(caption, columns, name="models", numbers=frozenset(columns[1:]))
        for row in rows:
            page.write(_row(row))
        page.end_table()
    _pairs(page, "Made with", _provenance(facts), name="made")
    page.write("</section>\n")


def _totals(spool: Spool, facts: ReportFacts) -> Iterator[tuple[str, Any]]:
    yield "Errors", spool.errors
    yield "Warnings", spool.warnings
    yield "Learners", spool.learners
    yield "Learners with errors", spool.learners_with_errors
    yield "Learners with warnings only", spool.learners_with_warnings_only
    yield "Learning aims", spool.aims
    for label, split in (
        ("Aims with an Advanced Learner Loan", facts.advanced_loans),
        ("Destination and progression records", facts.destinations),
    ):
        if split is not None:
            yield label, f"{split.valid:,} valid, {split.invalid:,} invalid"


def _provenance(facts: ReportFacts) -> Iterator[tuple[str, Any]]:
    yield "Academic year of the rules", facts.pack
    provisional = " (provisional)" if facts.is_provisional else ""
    yield "Version of the rules", facts.pack_version + provisional
    yield "Severities of", facts.severity_column
    prepared = facts.preparation_date
    yield "File preparation date", prepared.strftime("%d/%m/%Y") if prepared else "unknown"
    for name, version in sorted(facts.reference_versions.items()):
        yield f"Reference data: {name}", version
    yield "Reference data: hash of the snapshot", facts.reference_hash or "none"


def _charts(page: Page, spool: Spool, facts: ReportFacts) -> None:
    page.write('<section id="charts" aria-labelledby="charts-h">\n<h2 id="charts-h">Charts</h2>\n')
    counts: dict[str, int] = {}
    for group in spool.groups():
        if group.is_error:
            counts[group.rule] = counts.get(group.rule, 0) + group.count
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    if ranked:
        rest = sum(count for _, count in ranked[IN_CHART:])
        shown = ranked[:IN_CHART] + ([("All other rules", rest)] if rest else [])
        page.write(bars("by-rule", "Errors by rule; the table by rule has all numbers", shown))
    else:
        page.write("<p>There are no errors to draw.</p>\n")
    if facts.errors_by_return:
        values = dict(facts.errors_by_return) | {facts.return_name or "This file": spool.errors}
        page.write(bars("by-return", "Errors by return", list(values.items())))
    page.write("</section>\n")


def _rules(page: Page, spool: Spool) -> None:
    page.write('<section id="rules" aria-labelledby="rules-h">\n<h2 id="rules-h">By rule</h2>\n')
    groups = spool.groups()
    if groups:
        columns = ("Rule", "Severity", "What is wrong", "Findings", "Learners")
        numbers = frozenset({"Findings", "Learners"})
        page.begin_table("Findings by rule", columns, name="by-rule-table", numbers=numbers)
        for group in groups:
            href = f"{PAGES}/{show.rule_page(group, 1)}"
            page.write(
                f'<tr><th scope="row"><a href="{href}">{text(group.rule)}</a></th>'
                f"<td>{show.severity(group)}</td><td>{text(group.message)}</td>"
                f"<td{NUMBER}>{group.count:,}</td><td{NUMBER}>{group.learners:,}</td></tr>\n"
            )
        page.end_table()
    else:
        page.write("<p>No rule was broken.</p>\n")
    page.write("</section>\n")


def _learners(page: Page, learners: LearnerPages) -> None:
    page.write('<section id="learners" aria-labelledby="learners-h">\n')
    page.write('<h2 id="learners-h">By learner</h2>\n')
    if learners.pages:
        columns = ("Page", "From learner", "To learner", "Findings")
        numbers = frozenset({"Findings"})
        caption = "Pages of learners with findings, in the order of the file"
        page.begin_table(caption, columns, name="pages", numbers=numbers)
        for number, one in enumerate(learners.pages, 1):
            page.write(
                f'<tr><th scope="row"><a href="{PAGES}/{page_name(number)}">Page {number}</a></th>'
                f"<td>{quoted(one.first)}</td><td>{quoted(one.last)}</td>"
                f"<td{NUMBER}>{one.findings:,}</td></tr>\n"
            )
        page.end_table()
    else:
        page.write("<p>No learner has a finding.</p>\n")
    page.write("</section>\n")


def _not_run(page: Page, not_run: list[NotRun]) -> None:
    page.write('<section id="not-run" aria-labelledby="not-run-h">\n')
    page.write('<h2 id="not-run-h">Rules not run</h2>\n')
    if not_run:
        columns = ("Rule", "Learners", "Severity", "Why")
        numbers = frozenset({"Learners"})
        caption = "Rules that could not be judged, and for how many learners"
        page.begin_table(caption, columns, name="not-run-table", numbers=numbers)
        for one in not_run:
            severity = show.SEVERITIES.get(one.severity, one.severity)
            page.write(
                f'<tr><th scope="row">{text(one.rule)}</th><td{NUMBER}>{one.learners:,}</td>'
                f"<td>{text(severity)}</td><td>{text(one.reason)}</td></tr>\n"
            )
        page.end_table()
    else:
        page.write("<p>Every rule was judged for every learner.</p>\n")
    page.write("</section>\n")


def _pairs(page: Page, caption: str, pairs: Iterable[tuple[str, Any]], *, name: str) -> None:
    page.begin_table(caption, ("What", "Value"), name=name, numbers=NO_NUMBERS)
    for label, value in pairs:
        shown = f"{value:,}" if isinstance(value, int) else quoted(value)
        page.write(f'<tr><th scope="row">{text(label)}</th><td>{shown}</td></tr>\n')
    page.end_table()


def _row(cells: Iterable[Any]) -> str:
    first, *others = cells
    rest = "".join(f"<td{NUMBER}>{value:,}</td>" for value in others)
    return f'<tr><th scope="row">{text(first)}</th>{rest}</tr>\n'
