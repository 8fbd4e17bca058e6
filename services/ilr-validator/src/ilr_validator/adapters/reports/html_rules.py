"""Pages of findings by rule, each with links to the fields on the pages of the learners."""

from pathlib import Path
from types import TracebackType
from typing import Self

from ilr_validator.adapters.reports import html_fields as show
from ilr_validator.adapters.reports.facts import ReportFacts
from ilr_validator.adapters.reports.html_learners import LearnerPages
from ilr_validator.adapters.reports.html_page import NO_NUMBERS, Page, quoted, text
from ilr_validator.adapters.reports.spool import Group, Stored
from ilr_validator.application.check import LearnerDetails

COLUMNS = ("Learner Ref", "Learner", "Aim", "Fields")


class RulePages:
    """Writes page after page; findings are to come rule by rule."""

    def __init__(self, folder: Path, facts: ReportFacts, learner_pages: LearnerPages) -> None:
        self._folder = folder
        self._facts = facts
        self._learner_pages = learner_pages
        self._page: Page | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._page is not None:
            self._page.end_table()
            self._page.__exit__(kind, error, trace)

    def write(self, group: Group, one: Stored) -> None:
        """Write one finding."""
        if one.number % self._facts.findings_a_page == 0:
            self.__exit__(None, None, None)
            self._page = self._begin(group, one.number // self._facts.findings_a_page + 1)
        if self._page is not None:
            self._page.write(self._row(group, one))

    def _begin(self, group: Group, number: int) -> Page:
        pages = -(-group.count // self._facts.findings_a_page)
        of = f", page {number} of {pages}" if pages > 1 else ""
        page = Page(
            self._folder / show.rule_page(group, number),
            self._facts,
            title=f"{group.rule}{of} - {self._facts.file_name}",
            heading=f"{group.rule}{of}",
        )
        links = [("../report.html", "Overview")]
        if number > 1:
            links.append((show.rule_page(group, number - 1), "Previous page"))
        if number < pages:
            links.append((show.rule_page(group, number + 1), "Next page"))
        page.begin_main(links)
        page.write(
            f"<p>{text(group.message)}</p>\n"
            f"<p>{show.severity(group)}. {group.count} findings, {group.learners} learners.</p>\n"
        )
        page.begin_table(f"Findings of {group.rule}", COLUMNS, name="findings", numbers=NO_NUMBERS)
        return page

    def _row(self, group: Group, one: Stored) -> str:
        reference = quoted(one.learn_ref_number) if one.learn_ref_number else "None"
        details = LearnerDetails(*one.learner_details)
        said = [show.learner_name(one, self._facts), quoted(details.uln) if details.uln else ""]
        if show.names_learner(one):
            page = self._learner_pages.of(one.learner)
            reference = f'<a href="{page}#{show.learner_anchor(one.learner)}">{reference}</a>'

        def place(name: str, label: str) -> str:
            if not show.names_learner(one):
                return label
            return f'<a href="{page}#{show.field_anchor(one, name)}">{label}</a>'

        fields = show.fields(one, self._facts, place)
        if one.own_message and one.own_message != group.message:
            fields = f"<p>{text(one.own_message)}</p>{fields}"
        return (
            f'<tr id="f{one.number}"><th scope="row">{reference}</th>'
            f"<td>{', ULN '.join(part for part in said if part)}</td><td>{show.aim(one)}</td>"
            f"<td>{fields}</td></tr>\n"
        )
