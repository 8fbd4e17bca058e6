"""Validates one ILR file: every stage in the official order, and the reports of what was found.

The service does the same with parts that other processes checked: `prepared` and `gathered` are the
two ends of both.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np

from ilr_validator.adapters.files.container import (
    LARGEST,
    check_name,
    ukprn_in,
    unpacked,
    year_in,
)
from ilr_validator.adapters.files.file_rules import file_rules_not_run, provider_check
from ilr_validator.adapters.files.ilr_file import IlrFile, open_file, pack_year
from ilr_validator.adapters.files.parts import PartChecker, check_parts
from ilr_validator.adapters.files.refusals import FileRefusedError, Refusal, UnreadableFileError
from ilr_validator.adapters.files.sources import PlainSource, PlainWorkspace, Source, Workspace
from ilr_validator.adapters.files.valid_file import noted, write_valid_file
from ilr_validator.adapters.files.whole_file import message_of, whole_file_findings
from ilr_validator.adapters.files.work_folder import put_in_place, work_folder
from ilr_validator.adapters.reference.official_rules import without_definition, wording_of
from ilr_validator.adapters.reference.snapshot import Snapshot
from ilr_validator.adapters.reports import (
    SCHEMA,
    ReportFacts,
    ReportPaths,
    Spool,
    facts_of,
    rules_not_run,
    write_reports,
)
from ilr_validator.application.check import ERROR, Check, Finding, PartResult
from ilr_validator.engine import dates
from ilr_validator.engine.batch import Surroundings
from ilr_validator.engine.facts import FileFacts
from ilr_validator.engine.values import Mask, Numbers
from ilr_validator.packs.calendar import return_at
from ilr_validator.packs.errors import PackError
from ilr_validator.packs.pack import Pack, available, load
from ilr_validator.packs.record_model import load_record_model

UK: Final = ZoneInfo("Europe/London")
REFUSED: Final = "F"
VALID: Final = "-valid.xml"
DEFAULT_PACK: Final = "2025-26"
"""For a file that does not say its year; the stages then tell what is wrong with it."""
Progress: TypeAlias = Callable[[int, int], None]
"""Is told how many learners are checked, and of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be validated, and how."""

    path: Path
    out: Path
    now: datetime
    application_version: str
    pack: str | None = None
    """Academic year of the rules; None: the one that the file names."""
    return_name: str | None = None
    """R01 to R14; None: by the file preparation date and the calendar."""
    reference: Snapshot = field(default_factory=Snapshot)
    workers: int | None = None
    largest: int = LARGEST
    checks_name: bool = True
    """Whether the file must bear an official name."""
    has_names: bool = True
    """Whether the pages for people show names."""


@dataclass(frozen=True, slots=True)
class Validation:
    """How a validation came out."""

    pack: str
    return_name: str | None
    learners: int
    errors: int
    warnings: int
    not_run: Counter[str]
    reports: ReportPaths
    valid_file: Path | None
    """None where the file as a whole was refused."""


def validate(order: Order, progress: Progress) -> Validation:
    """Validate a file and write its reports.

    Raises UnreadableFileError where the file cannot be checked at all: it is not there, too large,
    or of a year without a pack.
    """
    pack = _pack(order)
    order.out.mkdir(parents=True, exist_ok=True)
    with work_folder(order.out) as work:
        try:
            with Spool(work) as spool:
                return _checked(order, pack, work, spool, progress)
        except FileRefusedError as error:
            # What earlier parts broke is not reported: the file was refused.
            with Spool(work) as spool:
                spool.add_findings(finding_of(refusal) for refusal in error.refusals)
                return _validation(order, check_of_refused(order, pack), spool, work, None)


def _checked(order: Order, pack: Pack, work: Path, spool: Spool, progress: Progress) -> Validation:
    """Take a file through all stages; raises FileRefusedError where it is refused."""
    space = PlainWorkspace(work)
    untidy: list[tuple[int, int]] = []
    source, name = opened(order, PlainSource(order.path), space, pack)
    checker = prepared(order, source, space, pack)
    parts = noted(check_parts(checker, order.workers), untidy)
    has_error = gathered(checker, parts, spool, progress)
    valid = work / f"{Path(name).stem}{VALID}"
    with space.create(valid.name) as out:
        write_valid_file(checker.file, has_error, out, untidy)
    return _validation(order, checker.check, spool, work, valid)


def _pack(order: Order) -> Pack:
    if not order.path.is_file():
        raise UnreadableFileError("there is no such file", name=order.path.name)
    return pack_of(order, PlainSource(order.path))


def pack_of(order: Order, source: Source) -> Pack:
    """Give the rules by which a file is checked.

    Raises UnreadableFileError where there are none for its year.
    """
    if order.pack is None and order.path.suffix.lower() == ".zip":
        named = year_in(order.path.name)
        name = named if named in available() else None
    else:
        name = order.pack or pack_year(source)
    try:
        pack = load(name or DEFAULT_PACK)
        load_record_model(pack.name)
    except PackError as error:
        raise UnreadableFileError(error.reason, **error.facts) from error
    return pack


def opened(order: Order, source: Source, work: Workspace, pack: Pack) -> tuple[Source, str]:
    """Judge the name of a file and give the XML that it is or holds, with that one's name.

    Raises FileRefusedError for a broken file rule, UnreadableFileError where it is too large.
    """
    if order.checks_name:
        check_name(
            order.path.name,
            pack=pack.name,
            now=order.now.astimezone(UK),
            is_provider=provider_check(order.reference),
        )
    return unpacked(source, order.path.name, work, largest=order.largest)


def check_of_refused(order: Order, pack: Pack) -> Check:
    """Say how a file would have been checked that is refused as a whole."""
    nothing = Surroundings(pack.year, pack.constants, pack.code_lists)
    return Check(pack, load_record_model(pack.name), nothing, order.return_name)


def prepared(order: Order, source: Source, work: Workspace, pack: Pack) -> PartChecker:
    """Open a file and say how its learners are checked.

    Raises FileRefusedError where the file as a whole is refused.
    """
    return checker_of(order, open_file(source, pack=pack.name, work=work), pack)


def checker_of(order: Order, file: IlrFile, pack: Pack) -> PartChecker:
    """Say how the learners of an open file are checked."""
    message = message_of(file.header)
    prepared_at = float(message.FilePreparationDate[0])
    return_name = order.return_name or return_at(pack.name, dates.to_date(prepared_at))
    facts = FileFacts(
        ukprn=float(message.LearningProviderUKPRN[0]),
        filename_ukprn=float(ukprn_in(order.path.name) or np.nan),
        preparation_date=prepared_at,
        return_period=float(return_name[1:]) if return_name else np.nan,
        now=dates.parse(order.now.astimezone(UTC).replace(tzinfo=None).isoformat()),
    )
    surroundings = Surroundings(
        year=pack.year,
        constants=pack.constants,
        code_lists=order.reference.code_lists.over(pack.code_lists),
        file=facts,
        reference=order.reference.tables,
    )
    wording = wording_of(order.reference.official_rules, pack.facts)
    check = Check(pack, load_record_model(pack.name), surroundings, return_name, wording)
    return PartChecker(file, check, message)


def gathered(
    checker: PartChecker, parts: Iterable[PartResult], spool: Spool, progress: Progress
) -> Mask:
    """Take in the parts in order, then judge the whole file; give which learners have an error."""
    references: list[str | None] = []
    ulns: list[Numbers] = []
    flags: list[Mask] = []
    for part in parts:
        spool.add(part)
        references += part.references
        ulns.append(part.ulns)
        flags.append(part.has_error)
        progress(part.first + part.size, checker.file.size)
    has_error = np.concatenate(flags) if flags else np.zeros(0, bool)
    numbers = np.concatenate(ulns) if ulns else np.zeros(0)
    found, not_run = whole_file_findings(checker, references, numbers)
    spool.add(_whole_file_part(checker.check, found, not_run, checker.file.size))
    # A learner is known by reference, whatever the letter case: all records of a reference are left
    # out together, as the official service does.
    wrong = {
        (one.learn_ref_number or "").upper()
        for one in found
        if one.severity == ERROR and one.learner >= 0
    }
    if wrong:
        has_error |= [(reference or "").upper() in wrong for reference in references]
    if any(checker.check.pack.facts[one.rule].rejects_file for one in found):
        has_error[:] = True
    return has_error


def _whole_file_part(
    check: Check, found: list[Finding], not_run: list[str], learners: int
) -> PartResult:
    nothing = np.zeros(0, bool)
    return PartResult(
        first=0,
        size=0,
        aims=0,
        findings=sorted(found, key=lambda one: one.learner),
        has_error=nothing,
        has_warning=nothing,
        references=[],
        ulns=np.zeros(0),
        fund_models=np.zeros((0, len(check.fund_models())), np.uint16),
        not_run=Counter(dict.fromkeys(not_run, learners)),
    )


def report_facts(order: Order, check: Check) -> ReportFacts:
    """Say what the reports are about; what the file did not tell is left out."""
    file = check.surroundings.file
    prepared_at, ukprn = file.preparation_date, file.ukprn
    return facts_of(
        check,
        ukprn=None if np.isnan(ukprn) else int(ukprn),
        file_name=order.path.name,
        generated_at=order.now,
        application_version=order.application_version,
        preparation_date=None if np.isnan(prepared_at) else dates.to_date(prepared_at),
        reference_hash=order.reference.digest,
        reference_versions=order.reference.versions,
        has_names=order.has_names,
        file_rules_not_run=file_rules_not_run(
            check.pack, order.reference, is_name_judged=order.checks_name
        )
        | without_definition(order.reference.official_rules, check.pack.facts),
    )


def _validation(
    order: Order, check: Check, spool: Spool, work: Path, valid: Path | None
) -> Validation:
    """Write the reports; they, and the valid file, take their places when all are there."""
    facts = report_facts(order, check)
    staged = work / "reports"
    staged.mkdir()
    written = write_reports(spool, facts, staged)
    stem = Path(order.path.name).stem
    for earlier in (f"{stem}{VALID}", "report.html", "schema-errors.csv"):
        (order.out / earlier).unlink(missing_ok=True)
    for path in (*staged.iterdir(), *(() if valid is None else (valid,))):
        put_in_place(path, order.out)
    return Validation(
        pack=check.pack.name,
        return_name=check.return_name,
        learners=spool.learners,
        errors=spool.errors,
        warnings=spool.warnings,
        not_run=Counter({one.rule: one.learners for one in rules_not_run(spool, facts)}),
        reports=ReportPaths(*(_moved(path, order.out) for path in written)),
        valid_file=None if valid is None else order.out / valid.name,
    )


def _moved(path: Path | None, folder: Path) -> Any:
    return None if path is None else folder / path.name


def finding_of(refusal: Refusal) -> Finding:
    """Give a refusal the form that reports print: line, property and message (spec section 3.3)."""
    where: tuple[tuple[str, object], ...] = ()
    if refusal.rule == SCHEMA:
        where = (("Line", refusal.line), ("Property", refusal.field), ("Message", refusal.message))
    return Finding(
        rule=refusal.rule,
        severity=REFUSED,
        message=refusal.message,
        learner=-1,
        aim=-1,
        learn_ref_number=None,
        aim_seq_number=None,
        parameters=(*where, *refusal.parameters),
        learner_details=None,
        aim_details=None,
    )
