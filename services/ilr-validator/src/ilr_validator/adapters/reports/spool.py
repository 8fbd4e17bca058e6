"""Keeps findings on disk until the reports are written, once by rule and once by learner.

They are personal data: the folder is readable by its owner alone and goes with the spool.
"""

import heapq
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, NamedTuple, Self, TypeAlias

import numpy as np
import orjson

from ilr_validator.adapters.reports.private_files import open_private
from ilr_validator.application.check import Finding, LearnerDetails, PartResult

NO_LEARNER: Final = -1
BEHIND_ALL: Final = 1 << 62
"""Where findings that name no learner of the file stand in its order."""
NOBODY: Final = LearnerDetails(None, None, None, None, None)
HAS_ERROR: Final = 1
HAS_WARNING: Final = 2
WARNING: Final = "W"
FAIL: Final = "F"
BUFFERED: Final = 1_000_000
"""Bytes held back before they are appended to the files of their rules."""
LARGEST_NUMBER: Final = 2**53
"""Larger ones cannot be exchanged as JSON numbers."""
LEARNERS_A_CHUNK: Final = 5_000
HEADLINES: Final = {"Schema": "The file does not have the structure of the year's ILR."}
"""What stands for a rule whose findings have a message each."""

Counts: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"


class Stored(NamedTuple):
    """A finding as it comes back from disk. Values are text, or None where there is none."""

    group: int
    number: int
    """Its place among the findings of its rule, from 0."""
    learner: int
    aim: int
    learn_ref_number: str | None
    aim_seq_number: int | None
    parameters: list[tuple[str, str | None]]
    learner_details: list[str | None]
    aim_details: list[str | None] | None
    own_message: str | None


class Group:
    """The findings of one rule at one severity: what they share, and how many there are."""

    def __init__(self, number: int, severity: str, rule: str, message: str) -> None:
        self.number = number
        self.severity = severity
        self.rule = rule
        self.message = message
        self.count = 0
        self.learners = 0
        self.last_learner = NO_LEARNER
        self.held = bytearray()

    @property
    def is_error(self) -> bool:
        """Say whether a learner with such a finding is left out of the valid file."""
        return self.severity != WARNING

    @property
    def order(self) -> tuple[bool, tuple[str, str], str]:
        """Give its place in official order: errors first, then by rule."""
        return not self.is_error, rule_order(self.rule), self.severity


def rule_order(rule: str) -> tuple[str, str]:
    """Give the key by which rules are sorted: in capitals, as the official comparison does."""
    return rule.upper(), rule


class FundModelCounts(NamedTuple):
    """For each funding model of the pack the learners and aims without and with an error."""

    valid_learners: list[int]
    invalid_learners: list[int]
    valid_aims: list[int]
    invalid_aims: list[int]


class Spool:
    """Takes what was found part by part, in file order; gives it back by rule and by learner.

    In memory stay the rules that fired and one byte for each learner of the file.
    """

    def __init__(self, folder: Path) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix=".spool-", dir=folder)
        self._folder = Path(self._temporary.name)
        self._groups: dict[tuple[str, str], Group] = {}
        self._held = 0
        self._runs: list[BinaryIO] = []
        self._last_place = 0
        self._flags = bytearray()
        self._fund_models = open_private(self._folder / "fund-models")
        self._width = 0
        self.learners = 0
        self.aims = 0
        self.errors = 0
        self.warnings = 0
        self.not_run: Counter[str] = Counter()
        self.first_fail: str | None = None
        """The message of the first finding for which the file is refused."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove what is on disk."""
        self._fund_models.close()
        for run in self._runs:
            run.close()
        self._temporary.cleanup()

    @property
    def learners_with_errors(self) -> int:
        """Count the learners that have an error; findings that name no learner add none."""
        return self._flags.count(HAS_ERROR) + self._flags.count(HAS_ERROR | HAS_WARNING)

    @property
    def learners_with_warnings(self) -> int:
        """Count the learners that have a warning, be there an error or not."""
        return self._flags.count(HAS_WARNING) + self._flags.count(HAS_ERROR | HAS_WARNING)

    @property
    def learners_with_warnings_only(self) -> int:
        """Count the learners that have a warning and no error."""
        return self._flags.count(HAS_WARNING)

    def add(self, part: PartResult) -> None:
        """Take the result of the next part, or of the rules over the whole file (size 0).

        Raises ValueError where a part was left out or comes too late.
        """
        if part.size and part.first != self.learners:
            raise ValueError("parts must come in file order, each once")
        self.learners += part.size
        self.aims += part.aims
        self.not_run.update(part.not_run)
        self._flags.extend(bytes(max(0, self.learners - len(self._flags))))
        if part.size:
            self._width = part.fund_models.shape[1]
            self._fund_models.write(part.fund_models.astype("<u2").tobytes())
        self.add_findings(part.findings)

    def add_findings(self, found: Iterable[Finding]) -> None:
        """Take findings alone, for example those that stop a file."""
        ordered = sorted(
            found,
            key=lambda one: (_place(one.learner), one.aim, one.severity, one.rule),
        )
        if not ordered:
            return
        run = self._run(_place(ordered[0].learner))
        self._last_place = _place(ordered[-1].learner)
        for finding in ordered:
            group = self._group(finding)
            line = _line(finding, group)
            self._count(finding, group)
            group.held += line
            self._held += len(line)
            run.write(line)
        if self._held > BUFFERED:
            self._append_held()

    def _run(self, place: int) -> BinaryIO:
        """Give the file for findings by learner: a new one where their order starts again."""
        if not self._runs or place < self._last_place:
            self._runs.append(open_private(self._folder / f"learners-{len(self._runs)}"))
        return self._runs[-1]

    def _group(self, finding: Finding) -> Group:
        key = finding.severity, finding.rule
        group = self._groups.get(key)
        if group is None:
            message = HEADLINES.get(finding.rule, finding.message)
            group = self._groups[key] = Group(len(self._groups), *key, message)
        return group

    def _count(self, finding: Finding, group: Group) -> None:
        group.count += 1
        if group.is_error:
            self.errors += 1
        else:
            self.warnings += 1
        if group.severity == FAIL and self.first_fail is None:
            self.first_fail = finding.message
        if finding.learner == NO_LEARNER:
            return
        if finding.learner != group.last_learner:
            group.learners += 1
            group.last_learner = finding.learner
        if finding.learner >= len(self._flags):
            self._flags.extend(bytes(finding.learner + 1 - len(self._flags)))
        self._flags[finding.learner] |= HAS_ERROR if group.is_error else HAS_WARNING

    def _append_held(self) -> None:
        for group in self._groups.values():
            if group.held:
                with open_private(self._path(group), "ab") as file:
                    file.write(group.held)
                group.held = bytearray()
        self._held = 0

    def _path(self, group: Group) -> Path:
        return self._folder / f"rule-{group.number}"

    def groups(self) -> list[Group]:
        """Give the rules that fired, in official order."""
        return sorted(self._groups.values(), key=lambda group: group.order)

    def by_number(self) -> list[Group]:
        """Give the rules that fired by the number that stands in a finding."""
        return list(self._groups.values())

    def of_group(self, group: Group) -> Iterator[Stored]:
        """Give the findings of a rule in file order."""
        self._append_held()
        with self._path(group).open("rb") as file:
            yield from _stored(file)

    def by_learner(self) -> Iterator[Stored]:
        """Give all findings in the order of the learners, those that name none last."""
        for run in self._runs:
            run.flush()
        with ExitStack() as stack:
            files = [stack.enter_context(Path(run.name).open("rb")) for run in self._runs]
            yield from heapq.merge(*map(_stored, files), key=_place_of)

    def fund_model_counts(self) -> FundModelCounts:
        """Count learners and aims by funding model, without and with an error."""
        self._fund_models.flush()
        width = self._width
        sums = [np.zeros(width, np.int64) for _ in FundModelCounts._fields]
        start = 0
        with Path(self._fund_models.name).open("rb") as file:
            while data := file.read(LEARNERS_A_CHUNK * width * 2):
                aims = np.frombuffer(data, "<u2").reshape(-1, width).astype(np.int64)
                flags = np.frombuffer(bytes(self._flags[start : start + len(aims)]), np.uint8)
                is_invalid = (flags & HAS_ERROR).astype(bool)
                start += len(aims)
                for place, those in enumerate((aims[~is_invalid], aims[is_invalid])):
                    sums[place] += (those > 0).sum(axis=0)
                    sums[place + 2] += those.sum(axis=0)
        return FundModelCounts(*(total.tolist() for total in sums))


def _place(learner: int) -> int:
    return BEHIND_ALL if learner == NO_LEARNER else learner


def _place_of(stored: Stored) -> int:
    return _place(stored.learner)


def _stored(file: BinaryIO) -> Iterator[Stored]:
    for line in file:
        yield Stored(*orjson.loads(line))


def _line(finding: Finding, group: Group) -> bytes:
    parameters = [(name, _text(value)) for name, value in finding.parameters]
    aim = finding.aim_details
    sequence = finding.aim_seq_number
    if sequence is not None and sequence > LARGEST_NUMBER:
        sequence = None  # what the file says stands among the field values
    message = None if finding.message == group.message else finding.message
    return orjson.dumps(
        (
            group.number, group.count, finding.learner, finding.aim, finding.learn_ref_number,
            sequence, parameters, tuple(finding.learner_details or NOBODY),
            None if aim is None else tuple(aim), message,
        ),
        option=orjson.OPT_APPEND_NEWLINE,
    )  # fmt: skip


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
