"""JSON for services and the front end in the official shapes, and the list of rules not run."""

import csv
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from ilr_validator.adapters.reports.facts import NotRun, ReportFacts
from ilr_validator.adapters.reports.private_files import open_private, open_private_text
from ilr_validator.adapters.reports.spool import Group, Spool, Stored


class ErrorsJson:
    """Writes an array of findings, one line each."""

    def __init__(self, path: Path) -> None:
        self._file = open_private(path)
        self._before = b"[\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._file.write(b"[]\n" if self._before == b"[\n" else b"\n]\n")
        self._file.close()

    def write(self, group: Group, one: Stored) -> None:
        """Write one finding."""
        entry = {
            "LearnerReferenceNumber": one.learn_ref_number,
            "AimSequenceNumber": one.aim_seq_number,
            "RuleName": group.rule,
            "Severity": group.severity,
            "ValidationErrorParameters": [
                {"PropertyName": name, "Value": value} for name, value in one.parameters
            ],
        }
        self._file.write(self._before)
        self._file.write(orjson.dumps(entry))
        self._before = b",\n"


def write_messages(path: Path, spool: Spool) -> None:
    """Write the message of each rule that fired, once."""
    messages = {group.rule: group.message for group in spool.groups()}
    _write_json(
        path, [{"RuleName": rule, "Message": message} for rule, message in messages.items()]
    )


def write_summary(
    path: Path, spool: Spool, facts: ReportFacts, not_run: list[NotRun], *, is_schema_error: bool
) -> None:
    """Write the front-end summary: the official names, and `details` beside them."""
    _write_json(
        path,
        {
            "TotalLearners": spool.learners,
            "TotalErrors": spool.errors,
            "TotalWarnings": spool.warnings,
            "TotalWarningLearners": spool.learners_with_warnings,
            "TotalErrorLearners": spool.learners_with_errors,
            "ErrorMessage": spool.first_fail,
            "IsSchemaError": is_schema_error,
            "details": _details(spool, facts, not_run),
        },
    )


def _details(spool: Spool, facts: ReportFacts, not_run: list[NotRun]) -> dict[str, Any]:
    return {
        "pack": facts.pack,
        "packVersion": facts.pack_version,
        "isProvisional": facts.is_provisional,
        "return": facts.return_name,
        "applicationVersion": facts.application_version,
        "generatedAt": facts.local_time.isoformat(timespec="seconds"),
        "reference": {
            "hash": facts.reference_hash,
            "versions": dict(sorted(facts.reference_versions.items())),
        },
        "learnersWithWarningsOnly": spool.learners_with_warnings_only,
        "notRun": [one._asdict() for one in not_run],
        "findingsByRule": [
            {
                "rule": group.rule,
                "severity": group.severity,
                "message": group.message,
                "findings": group.count,
                "learners": group.learners,
            }
            for group in spool.groups()
        ],
    }


def write_not_run(path: Path, not_run: list[NotRun]) -> None:
    """Write the rules that could not be judged, for how many learners, and why."""
    with open_private_text(path, newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("Rule Name", "Learners", r"Error\Warning", "Reason"))
        rows.writerows((one.rule, one.learners, one.severity, one.reason) for one in not_run)


def _write_json(path: Path, content: Any) -> None:
    with open_private(path) as file:
        file.write(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
