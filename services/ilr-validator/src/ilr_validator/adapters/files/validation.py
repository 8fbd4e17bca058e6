"""Validates one ILR file: every stage in the official order, and the reports of what was found.

The service does the same with parts that other processes checked: `prepared` and `gathered` are the
two ends of both.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np

from ilr_validator.adapters.files.container import LARGEST, check_name, ukprn_in, unpacked
from ilr_validator.adapters.files.ilr_file import IlrFile, open_file, pack_year
from ilr_validator.adapters.files.parts import PartChecker, check_parts
from ilr_validator.adapters.files.refusals import FileRefusedError, Refusal, UnreadableFileError
from ilr_validator.adapters.files.sources import PlainSource, PlainWorkspace, Source, Workspace
from ilr_validator.adapters.files.valid_file import write_valid_file
from ilr_validator.adapters.files.whole_file import message_of, whole_file_findings
from ilr_validator.adapters.reference.snapshot import Snapshot
from ilr_validator.adapters.reports import ReportFacts, ReportPaths, Spool, facts_of, write_reports
from ilr_validator.application.check import ERROR, Check, Finding, PartResult
from ilr_validator.engine import dates
from ilr_validator.engine.batch import Surroundings
from ilr_validator.engine.facts import FileFacts
from ilr_validator.engine.values import Mask
from ilr_validator.packs.calendar import return_at
from ilr_validator.packs.pack import Pack, load
from ilr_validator.packs.record_model import load_record_model

UK: Final = ZoneInfo("Europe/London")
REFUSED: Final = "F"
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
    with TemporaryDirectory(dir=order.out, prefix=".work-") as work, Spool(order.out) as spool:
        try:
            source, name = opened(order, PlainSource(order.path), PlainWorkspace(Path(work)), pack)
            checker = prepared(order, source, PlainWorkspace(Path(work)), pack)
            has_error = gathered(checker, check_parts(checker, order.workers), spool, progress)
        except FileRefusedError as error:
            spool.add_findings(finding_of(refusal) for refusal in error.refusals)
            return _validation(order, check_of_refused(order, pack), spool, None)
        target = order.out / f"{Path(name).stem}-valid.xml"
        target.unlink(missing_ok=True)
        with PlainWorkspace(order.out).create(target.name) as out:
            write_valid_file(checker.file, has_error, out)
        return _validation(order, checker.check, spool, target)


def _pack(order: Order) -> Pack:
    if not order.path.is_file():
        raise UnreadableFileError(f"there is no file {order.path.name}")
    return pack_of(order, PlainSource(order.path))


def pack_of(order: Order, source: Source) -> Pack:
    """Give the rules by which a file is checked.

    Raises UnreadableFileError where there are none for its year.
    """
    name = order.pack
    if name is None and order.path.suffix.lower() != ".zip":
        name = pack_year(source)
    try:
        pack = load(name or DEFAULT_PACK)
        load_record_model(pack.name)
    except LookupError as error:
        raise UnreadableFileError(str(error.args[0])) from error
    return pack


def opened(order: Order, source: Source, work: Workspace, pack: Pack) -> tuple[Source, str]:
    """Judge the name of a file and give the XML that it is or holds, with that one's name.

    Raises FileRefusedError for a broken file rule, UnreadableFileError where it is too large.
    """
    if order.checks_name:
        check_name(order.path.name, pack=pack.name, now=order.now.astimezone(UK))
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
    facts = FileFacts(
        ukprn=float(message.LearningProviderUKPRN[0]),
        filename_ukprn=float(ukprn_in(order.path.name) or np.nan),
        preparation_date=float(message.FilePreparationDate[0]),
        now=dates.parse(order.now.astimezone(UTC).replace(tzinfo=None).isoformat()),
    )
    day = order.now.astimezone(UK).date()
    if not np.isnan(facts.preparation_date):
        day = dates.to_date(facts.preparation_date)
    surroundings = Surroundings(
        year=pack.year,
        constants=pack.constants,
        code_lists=pack.code_lists,
        file=facts,
        reference=order.reference.tables,
    )
    return_name = order.return_name or return_at(pack.name, day)
    check = Check(pack, load_record_model(pack.name), surroundings, return_name)
    return PartChecker(file, check, message)


def gathered(
    checker: PartChecker, parts: Iterable[PartResult], spool: Spool, progress: Progress
) -> Mask:
    """Take in the parts in order, then judge the whole file; give which learners have an error."""
    references: list[str | None] = []
    ulns: list[str | None] = []
    flags: list[Mask] = []
    for part in parts:
        spool.add(part)
        references += part.references
        ulns += part.ulns
        flags.append(part.has_error)
        progress(part.first + part.size, checker.file.size)
    has_error = np.concatenate(flags) if flags else np.zeros(0, bool)
    found, not_run = whole_file_findings(checker, references, ulns)
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
        ulns=[],
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
    )


def _validation(order: Order, check: Check, spool: Spool, valid_file: Path | None) -> Validation:
    return Validation(
        pack=check.pack.name,
        return_name=check.return_name,
        learners=spool.learners,
        errors=spool.errors,
        warnings=spool.warnings,
        not_run=Counter(spool.not_run),
        reports=write_reports(spool, report_facts(order, check), order.out),
        valid_file=valid_file,
    )


def finding_of(refusal: Refusal) -> Finding:
    """Give a refusal the form that reports print: line, property and message (spec section 3.3)."""
    where = (("Line", refusal.line), ("Property", refusal.field))
    return Finding(
        rule=refusal.rule,
        severity=REFUSED,
        message=refusal.message,
        learner=-1,
        aim=-1,
        learn_ref_number=None,
        aim_seq_number=None,
        parameters=(*(pair for pair in where if pair[1] is not None), *refusal.parameters),
        learner_details=None,
        aim_details=None,
    )
