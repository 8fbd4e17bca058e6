"""Works out what an encrypted file holds and breaks: the same stages as the command `validate`.

Synchronous and slow: `CheckingThread` calls it apart from the event loop. Not for several threads.
"""

import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import numpy as np
import orjson

from ilr_validator.adapters.checking.finding_rows import finding_rows
from ilr_validator.adapters.checking.part_form import (
    part_as_bytes,
    part_from_bytes,
    refusals_as_bytes,
)
from ilr_validator.adapters.files.ilr_file import IlrFile
from ilr_validator.adapters.files.loose_schema import loose_schema
from ilr_validator.adapters.files.parts import PartChecker
from ilr_validator.adapters.files.refusals import FileRefusedError, UnreadableFileError
from ilr_validator.adapters.files.valid_file import write_valid_file
from ilr_validator.adapters.files.validation import (
    DEFAULT_PACK,
    REFUSED,
    Order,
    check_of_refused,
    checker_of,
    finding_of,
    gathered,
    opened,
    pack_of,
    prepared,
    report_facts,
)
from ilr_validator.adapters.reference.snapshot import Snapshot
from ilr_validator.adapters.reports import Spool, write_reports
from ilr_validator.adapters.storage.keys import ReferenceIndex
from ilr_validator.adapters.storage.scratch import Scratch
from ilr_validator.adapters.storage.vault import (
    UPLOAD,
    Folder,
    Vault,
    VaultSource,
    reports_folder,
)
from ilr_validator.application.check import ERROR, Check, Finding, PartResult
from ilr_validator.application.ports import CheckedPart, Merged, Prepared, Unfit
from ilr_validator.domain.validation import Shard, Validation
from ilr_validator.packs.pack import load
from ilr_validator.packs.record_model import load_record_model

INDEX: Final = "index"
VALID: Final = "valid.xml"
ARCHIVE: Final = "report.zip"
KEPT_OPEN: Final = 2
"""Files that stay open: the parts of one file mostly come one after the other."""


@dataclass(slots=True)
class _Opened:
    source: VaultSource
    checker: PartChecker


class _Whole(Spool):
    """A spool that also keeps the findings of the rules over the whole file."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.of_whole_file: list[Finding] = []

    def add(self, part: PartResult) -> None:
        if not part.size:
            self.of_whole_file += part.findings
        super().add(part)


class FileChecks:
    """Prepares files, checks their parts, and puts together what was found."""

    def __init__(
        self,
        *,
        vault: Vault,
        scratch: Scratch,
        index: ReferenceIndex,
        reference: Snapshot,
        new_id: Callable[[], UUID],
        application_version: str,
        largest: int,
        part_learners: int,
    ) -> None:
        self._vault = vault
        self._scratch = scratch
        self._index = index
        self._reference = reference
        self._new_id = new_id
        self._application_version = application_version
        self._largest = largest
        self._part_learners = part_learners
        self._open: OrderedDict[UUID, _Opened] = OrderedDict()

    def warm_up(self) -> None:
        """Load the rules of the present year, so that the first file does not wait for them."""
        pack = load(DEFAULT_PACK)
        load_record_model(pack.name)
        for is_part in (False, True):
            loose_schema(pack.name, is_part=is_part)

    def prepare(self, one: Validation) -> Prepared | Merged | Unfit:
        """Open a file, find its learners and write down where they are."""
        folder, order = self._folder(one), self._order(one)
        source = folder.source(UPLOAD)
        try:
            pack = pack_of(order, source)
        except UnreadableFileError:
            return Unfit("wrong-year")
        finally:
            source.close()
        try:
            content, _name = opened(order, source, folder, pack)
            checker = prepared(order, content, folder, pack)
        except UnreadableFileError:
            return Unfit("file-too-large")
        except FileRefusedError as error:
            with self._scratch.folder() as scratch, _Whole(scratch) as spool:
                check = check_of_refused(order, pack)
                return self._refused(one, order, check, spool, error, part=0)
        if checker.message.LearningProviderUKPRN[0] != one.ukprn:
            return Unfit("ukprn-mismatch")
        _write_index(folder, checker)
        return Prepared(
            academic_year=pack.name,
            return_name=checker.check.return_name,
            pack_version=pack.version,
            reference_digest=self._reference.digest,
            learners=checker.file.size,
            parts=list(checker.file.parts(self._part_learners)),
        )

    def check(self, one: Validation, shard: Shard) -> CheckedPart:
        """Check a part of a file that was prepared."""
        folder, checker = self._folder(one), self._checker(one)
        learners = shard.behind - shard.first
        try:
            part = checker.check_range(shard.first, shard.behind)
        except FileRefusedError as error:
            result = folder.key.seal(refusals_as_bytes(error), "part")
            return CheckedPart(result, learners, 0, 0, ())
        errors = sum(found.severity in {ERROR, REFUSED} for found in part.findings)
        return CheckedPart(
            result=folder.key.seal(part_as_bytes(part), "part"),
            learners=learners,
            errors=errors,
            warnings=len(part.findings) - errors,
            findings=finding_rows(
                part.findings,
                shard.number,
                seal=folder.key.seal_values,
                index=lambda reference: self._index.of(reference, ukprn=one.ukprn),
            ),
        )

    def merge(self, one: Validation, parts: Sequence[bytes]) -> Merged:
        """Judge the whole file and write the reports."""
        folder, checker, order = self._folder(one), self._checker(one), self._order(one)
        read = 0

        def in_order() -> Iterator[PartResult]:
            nonlocal read
            for sealed in parts:
                yield part_from_bytes(folder.key.open(sealed, "part"))
                read += 1

        with self._scratch.folder() as scratch, _Whole(scratch) as spool:
            try:
                has_error = gathered(checker, in_order(), spool, lambda _done, _all: None)
            except FileRefusedError as error:
                return self._refused(one, order, checker.check, spool, error, part=read)
            report_folder, kinds = self._write(folder, order, checker.check, spool, scratch)
            name = f"{reports_folder(report_folder)}/{VALID}"
            with folder.create(name) as out:
                write_valid_file(checker.file, has_error, out)
            return self._merged(
                one, checker.check, spool, spool.of_whole_file, len(parts),
                report_folder=report_folder, kinds=(*kinds, VALID),
            )  # fmt: skip

    def close(self) -> None:
        """Close the files that stayed open."""
        for one in self._open.values():
            one.source.close()
        self._open.clear()

    def _refused(
        self,
        one: Validation,
        order: Order,
        check: Check,
        spool: _Whole,
        error: FileRefusedError,
        *,
        part: int,
    ) -> Merged:
        found = [finding_of(refusal) for refusal in error.refusals]
        spool.add_findings(found)
        with self._scratch.folder() as scratch:
            folder, kinds = self._write(self._folder(one), order, check, spool, scratch)
        return self._merged(
            one, check, spool, found, part,
            report_folder=folder, kinds=kinds, refused_in=part,
        )  # fmt: skip

    def _merged(
        self,
        one: Validation,
        check: Check,
        spool: Spool,
        found: Sequence[Finding],
        part: int,
        *,
        report_folder: UUID,
        kinds: tuple[str, ...],
        refused_in: int | None = None,
    ) -> Merged:
        return Merged(
            report_folder=report_folder,
            report_kinds=kinds,
            academic_year=check.pack.name,
            return_name=check.return_name,
            pack_version=check.pack.version,
            errors=spool.errors,
            warnings=spool.warnings,
            not_run=dict(spool.not_run),
            findings=finding_rows(
                found,
                part,
                seal=self._folder(one).key.seal_values,
                index=lambda reference: self._index.of(reference, ukprn=one.ukprn),
            ),
            refused_in=refused_in,
            is_refused=refused_in is not None,
        )

    def _write(
        self, folder: Folder, order: Order, check: Check, spool: Spool, scratch: Path
    ) -> tuple[UUID, tuple[str, ...]]:
        """Write the reports and keep each of them encrypted, all of them together as well."""
        out = scratch / "reports"
        out.mkdir(mode=0o700)
        paths = write_reports(spool, report_facts(order, check), out)
        attempt = self._new_id()
        place = reports_folder(attempt)
        single = {
            "violations.csv": paths.violations,
            "summary.xlsx": paths.summary_workbook,
            "summary.json": paths.summary,
            "errors.json": paths.errors,
            "messages.json": paths.messages,
            "not-run.csv": paths.not_run,
            "schema-errors.csv": paths.schema_errors,
        }
        kinds = tuple(kind for kind, path in single.items() if path is not None)
        for kind in kinds:
            path = single[kind]
            if path is not None:
                _keep(folder, f"{place}/{kind}", path)
        with (
            folder.create(f"{place}/{ARCHIVE}") as target,
            zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for path in sorted(out.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(out))
        return attempt, (*kinds, ARCHIVE)

    def _checker(self, one: Validation) -> PartChecker:
        found = self._open.get(one.validation_id)
        if found is None:
            found = self._opened(one)
            self._open[one.validation_id] = found
            if len(self._open) > KEPT_OPEN:
                self._open.popitem(last=False)[1].source.close()
        self._open.move_to_end(one.validation_id)
        return found.checker

    def _opened(self, one: Validation) -> _Opened:
        folder = self._folder(one)
        with folder.reader(INDEX) as reader:
            head, _, starts = reader.read().partition(b"\n")
        known = orjson.loads(head)
        source = folder.source(known["source"])
        file = IlrFile(source, known["namespace"], known["header"], np.frombuffer(starts, "<i8"))
        return _Opened(source, checker_of(self._order(one), file, load(known["pack"])))

    def _folder(self, one: Validation) -> Folder:
        if one.wrapped_key is None:
            raise LookupError("the data of the validation was erased")
        return self._vault.folder(one.validation_id, one.wrapped_key)

    def _order(self, one: Validation) -> Order:
        if one.wrapped_key is None or one.sealed_file_name is None:
            raise LookupError("the data of the validation was erased")
        name = self._vault.open_name(one.validation_id, one.wrapped_key, one.sealed_file_name)
        return Order(
            path=Path(name),
            out=Path(),
            now=one.received_at,
            application_version=self._application_version,
            return_name=one.return_asked,
            reference=self._reference,
            largest=self._largest,
        )


def _write_index(folder: Folder, checker: PartChecker) -> None:
    file = checker.file
    head = {
        "pack": checker.check.pack.name,
        "namespace": file.namespace,
        "header": file.header,
        "source": getattr(file.source, "name", UPLOAD),
    }
    folder.put(INDEX, orjson.dumps(head) + b"\n" + file.starts.astype("<i8").tobytes())


def _keep(folder: Folder, name: str, path: Path) -> None:
    with path.open("rb") as plain, folder.create(name) as out:
        while piece := plain.read(1024 * 1024):
            out.write(piece)
