"""Pages of findings by learner, in the order of the file; each field named has a place of its own.

What names no learner of the file (the file as a whole, destination records) stands at the end.
"""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from ilr_validator.adapters.reports import html_fields as show
from ilr_validator.adapters.reports.facts import ReportFacts
from ilr_validator.adapters.reports.html_page import NO_NUMBERS, Page, quoted, text
from ilr_validator.adapters.reports.spool import Group, Spool, Stored
from ilr_validator.application.check import LearnerDetails

COLUMNS = ("Severity", "Rule", "What is wrong", "Aim", "Fields")
WITHOUT_LEARNER = "findings without a learner"


class LearnerPage(NamedTuple):
    """A page that was written: who is on it."""

    first_learner: int
    first: str
    last: str
    findings: int


class LearnerPages:
    """The pages that were written, and on which of them a learner is."""

    def __init__(self) -> None:
        self.pages: list[LearnerPage] = []
        self._starts: list[int] = []

    def add(self, page: LearnerPage) -> None:
        """Take note of a page."""
        self.pages.append(page)
        if page.first_learner >= 0:
            self._starts.append(page.first_learner)

    def of(self, learner: int) -> str:
        """Give the name of the page on which a learner is."""
        return page_name(bisect_right(self._starts, learner))


def page_name(number: int) -> str:
    """Name a page, from page 1."""
    return f"learners-{number}.html"


def write_learner_pages(spool: Spool, facts: ReportFacts, folder: Path) -> LearnerPages:
    """Write the pages; a new one begins with the learner after a page is full."""
    return _Writer(spool.by_number(), facts, folder).write(spool.by_learner())


class _Writer:
    """Writes page after page."""

    def __init__(self, groups: list[Group], facts: ReportFacts, folder: Path) -> None:
        self.groups = groups
        self.facts = facts
        self.folder = folder
        self.pages = LearnerPages()
        self.page: Page | None = None
        self.start = (0, "")
        self.last = ""
        self.findings = 0

    def write(self, found: Iterable[Stored]) -> LearnerPages:
        """Write all pages and say who is on which."""
        try:
            for learner, those in groupby(found, key=lambda one: one.learner):
                if learner < 0:
                    self._others(those)
                else:
                    self._learner(learner, those)
            self._end(has_next=False)
        finally:
            if self.page is not None:
                self.page.__exit__(OSError, None, None)
        return self.pages

    def _learner(self, learner: int, those: Iterable[Stored]) -> None:
        stream = iter(those)
        first = next(stream)
        name = first.learn_ref_number or "(no reference)"
        page = self._room(learner, name)
        place = show.learner_anchor(learner)
        shown = show.learner_name(first, self.facts)
        details = LearnerDetails(*first.learner_details)
        known = (
            ("Name", shown),
            ("ULN", quoted(details.uln or "(none)")),
            ("Monitoring A", quoted(details.monitoring_a) if details.monitoring_a else ""),
            ("Monitoring B", quoted(details.monitoring_b) if details.monitoring_b else ""),
        )
        said = ". ".join(f"{label}: {value}" for label, value in known if value)
        page.write(
            f'<section id="{place}" aria-labelledby="{place}-h">\n'
            f'<h2 id="{place}-h">Learner {quoted(name)}</h2>\n<p>{said}.</p>\n'
        )
        page.begin_table(f"Findings of learner {name}", COLUMNS, name=place, numbers=NO_NUMBERS)
        placed: set[str] = set()
        self._row(page, first, placed)
        for one in stream:
            self._row(page, one, placed)
        page.end_table()
        page.write("</section>\n")

    def _others(self, those: Iterable[Stored]) -> None:
        """Write what names no learner of the file, page by page as it comes."""
        columns = ("Learner Ref", *COLUMNS)
        for number, one in enumerate(those):
            if number % self.facts.findings_a_page == 0:
                if number:
                    self._end_others()
                page = self._room(-1, WITHOUT_LEARNER, is_new=number > 0)
                page.write('<section id="file" aria-labelledby="file-h">\n')
                page.write('<h2 id="file-h">The file as a whole and destination records</h2>\n')
                caption = "Findings that name no learner of the file"
                page.begin_table(caption, columns, name="file", numbers=NO_NUMBERS)
            reference = quoted(one.learn_ref_number) if one.learn_ref_number else "None"
            self._row(page, one, None, f"<td>{reference}</td>")
        self._end_others()

    def _end_others(self) -> None:
        if self.page is not None:
            self.page.end_table()
            self.page.write("</section>\n")

    def _row(self, page: Page, one: Stored, placed: set[str] | None, before: str = "") -> None:
        group = self.groups[one.group]
        href = show.rule_row(group, one.number, self.facts.findings_a_page)

        def place(name: str, label: str) -> str:
            if placed is None:
                return label
            key = show.field_anchor(one, name)
            if key in placed:
                return label
            placed.add(key)
            return f'<span id="{key}">{label}</span>'

        page.write(
            f"<tr>{before}<td>{show.severity(group)}</td>"
            f'<th scope="row"><a href="{href}">{text(group.rule)}</a></th>'
            f"<td>{text(one.own_message or group.message)}</td><td>{show.aim(one)}</td>"
            f"<td>{show.fields(one, self.facts, place)}</td></tr>\n"
        )
        self.findings += 1

    def _room(self, learner: int, name: str, *, is_new: bool = False) -> Page:
        """Give the page for the next learner."""
        if self.page is not None and (is_new or self.findings >= self.facts.findings_a_page):
            self._end(has_next=True)
        self.last = name
        if self.page is None:
            self.page = self._begin(learner, name)
        return self.page

    def _begin(self, learner: int, name: str) -> Page:
        number = len(self.pages.pages) + 1
        heading = f"Findings by learner, page {number}"
        page = Page(
            self.folder / page_name(number),
            self.facts,
            title=f"{heading} - {self.facts.file_name}",
            heading=heading,
        )
        links = [("../report.html", "Overview")]
        if number > 1:
            links.append((page_name(number - 1), "Previous page"))
        page.begin_main(links)
        self.start = learner, name
        self.findings = 0
        return page

    def _end(self, *, has_next: bool) -> None:
        if self.page is None:
            return
        first, name = self.start
        self.pages.add(LearnerPage(first, name, self.last, self.findings))
        if has_next:
            href = page_name(len(self.pages.pages) + 1)
            self.page.write(f'<p><a href="{href}">Next page</a></p>\n')
        page, self.page = self.page, None
        page.__exit__(None, None, None)
