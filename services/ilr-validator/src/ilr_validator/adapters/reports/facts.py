"""What reports say besides the findings: file, pack, reference data, rules that were not run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from ilr_validator.adapters.reports.spool import Spool, rule_order
from ilr_validator.application.check import Check
from ilr_validator.packs.pack import Pack

UK: Final = ZoneInfo("Europe/London")
MARKING: Final = "OFFICIAL - SENSITIVE"
NOT_IMPLEMENTED: Final = "not implemented"
REFERENCE_ABSENT: Final = "reference data absent"


class Split(NamedTuple):
    """How many of something are in order, and how many have an error or belong to who has one."""

    valid: int
    invalid: int


class NotRun(NamedTuple):
    """A rule that could not be judged for some learners."""

    rule: str
    learners: int
    severity: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What is known of a run besides its findings."""

    ukprn: int | None
    file_name: str
    pack: str
    """The academic year of the rules, for example 2025-26."""
    pack_version: str
    generated_at: datetime
    """With its time zone; reports show the time in the UK."""
    application_version: str
    is_provisional: bool = False
    return_name: str | None = None
    """The return whose severities hold; None: those of the year's end."""
    preparation_date: date | None = None
    provider_name: str | None = None
    reference_hash: str | None = None
    reference_versions: Mapping[str, str] = field(default_factory=dict)
    """Version or date of each table of the reference data."""
    severities: Mapping[str, str] = field(default_factory=dict)
    """Severity of each rule at the return."""
    not_run_reasons: Mapping[str, str] = field(default_factory=dict)
    """For a rule not run, the table or fact that is absent."""
    file_rules_not_run: Mapping[str, str] = field(default_factory=dict)
    """Rules of the file as a whole that could not be judged, with the reason."""
    not_implemented: frozenset[str] = frozenset()
    fund_models: tuple[int, ...] = ()
    """What the columns of `PartResult.fund_models` stand for."""
    entities: Mapping[str, str] = field(default_factory=dict)
    """The entity of a field, by the field's name."""
    advanced_loans: Split | None = None
    """Aims financed by an Advanced Learner Loan."""
    destinations: Split | None = None
    """Destination and progression records."""
    errors_by_return: Mapping[str, int] = field(default_factory=dict)
    """Errors of the provider's earlier returns, for the chart."""
    has_names: bool = True
    """Whether the pages for people show learners' names; the official CSV always does."""
    has_html: bool = True
    findings_a_page: int = 500

    @property
    def local_time(self) -> datetime:
        """Give the time of the run in the UK."""
        return self.generated_at.astimezone(UK)

    @property
    def severity_column(self) -> str:
        """Say which return's severities hold."""
        return self.return_name or "end of year"

    @property
    def provider(self) -> str:
        """Name the provider as far as known."""
        known = (str(self.ukprn) if self.ukprn else None, self.provider_name)
        return " ".join(part for part in known if part) or "unknown"


class ReportPaths(NamedTuple):
    """Where the reports stand."""

    violations: Path
    summary_workbook: Path
    summary: Path
    errors: Path
    messages: Path
    not_run: Path
    schema_errors: Path | None
    html: Path | None


def facts_of(
    check: Check,
    *,
    ukprn: int | None,
    file_name: str,
    generated_at: datetime,
    application_version: str,
    preparation_date: date | None = None,
    provider_name: str | None = None,
    reference_hash: str | None = None,
    reference_versions: Mapping[str, str] | None = None,
    not_run_reasons: Mapping[str, str] | None = None,
    file_rules_not_run: Mapping[str, str] | None = None,
    advanced_loans: Split | None = None,
    destinations: Split | None = None,
    errors_by_return: Mapping[str, int] | None = None,
    has_names: bool = True,
    has_html: bool = True,
) -> ReportFacts:
    """Put together the facts of a run from how its file was checked."""
    pack = check.pack
    return ReportFacts(
        ukprn=ukprn,
        file_name=file_name,
        pack=pack.name,
        pack_version=pack.version,
        generated_at=generated_at,
        application_version=application_version,
        is_provisional=pack.is_provisional,
        return_name=check.return_name,
        preparation_date=preparation_date,
        provider_name=provider_name,
        reference_hash=reference_hash,
        reference_versions=reference_versions or {},
        severities={name: check.severity(name) for name in pack.facts},
        not_run_reasons=_not_judged(pack) | dict(not_run_reasons or {}),
        file_rules_not_run=file_rules_not_run or {},
        not_implemented=pack.not_implemented,
        fund_models=tuple(check.fund_models()),
        entities={
            one.name: entity.name
            for entity, _ in reversed(list(check.model.message.walk()))
            for one in entity.fields
        },
        advanced_loans=advanced_loans,
        destinations=destinations,
        errors_by_return=errors_by_return or {},
        has_names=has_names,
        has_html=has_html,
    )


def _not_judged(pack: Pack) -> dict[str, str]:
    """Say why rules of a provisional year are not run; one that is kept may lack tables, too."""
    return {
        rule: f"{why}, or {REFERENCE_ABSENT}" if rule in pack.rules else why
        for rule, why in pack.not_judged.items()
    }


def rules_not_run(spool: Spool, facts: ReportFacts) -> list[NotRun]:
    """List the rules that were not run, by name: for whom, and why as far as that is known."""
    reasons = {**facts.not_run_reasons, **facts.file_rules_not_run}
    for_all = facts.not_implemented | frozenset(facts.file_rules_not_run)
    counts = dict.fromkeys(for_all, spool.learners) | dict(spool.not_run)
    return [
        NotRun(
            rule,
            counts[rule],
            facts.severities.get(rule, ""),
            reasons.get(
                rule, NOT_IMPLEMENTED if rule in facts.not_implemented else REFERENCE_ABSENT
            ),
        )
        for rule in sorted(counts, key=rule_order)
    ]
