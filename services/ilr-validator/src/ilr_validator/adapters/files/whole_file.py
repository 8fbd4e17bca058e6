"""Rules over the whole file: their batch holds the header and the keys of all learners, no more."""

from collections.abc import Sequence

import numpy as np

from ilr_validator.adapters.files.parts import PartChecker
from ilr_validator.application.check import Finding, learner_details
from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import PARENTS, Learners, Message
from ilr_validator.engine.run import findings, run
from ilr_validator.engine.tables import Column, Table
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Numbers
from ilr_validator.packs.raw import date_in


def message_of(values: dict[str, str]) -> Message:
    """Build the row of the message from the header's fields."""
    texts = {
        name: Text.of([values.get(name)])
        for name in ("Collection", "Year", "ProtectiveMarking", "SoftwareSupplier",
                     "SoftwarePackage", "Release", "SerialNo")
    }  # fmt: skip
    numbers = {
        name: np.array([float(values.get(name, "nan"))])
        for name in ("UKPRN", "LearningProviderUKPRN")
    }
    prepared = values.get("FilePreparationDate")
    moments = {"FilePreparationDate": np.array([date_in(prepared) if prepared else np.nan])}
    return Message({**texts, **numbers, **moments}, 1)


def whole_file_findings(
    checker: PartChecker, references: Sequence[str | None], ulns: Numbers
) -> tuple[list[Finding], list[str]]:
    """Evaluate the rules over the whole file; give findings and the rules that were not run."""
    check = checker.check
    batch = Batch(_tables(checker.message, references, ulns), check.surroundings)
    rules = [rule for rule in check.pack.rules.values() if rule.scope == "message"]
    found: list[Finding] = []
    not_run: list[str] = []
    for outcome in run(batch, rules):
        if outcome.not_run is not None:
            not_run.append(outcome.rule.name)
        for one in findings(batch, outcome):
            details = None
            if one.learner >= 0:
                details = learner_details(checker.raw(one.learner, one.learner + 1), 0)
            found.append(
                Finding(
                    rule=one.rule.name,
                    severity=check.severity(one.rule.name),
                    message=check.message(one.rule.name, one.rule.message),
                    learner=one.learner,
                    aim=-1,
                    learn_ref_number=one.learn_ref_number,
                    aim_seq_number=None,
                    parameters=one.parameters,
                    learner_details=details,
                    aim_details=None,
                )
            )
    return found, not_run


def _tables(
    message: Message, references: Sequence[str | None], ulns: Numbers
) -> dict[type[Table], Table]:
    columns: dict[str, Column] = {"LearnRefNumber": Text.of(references), "ULN": ulns}
    built: dict[type[Table], Table] = {Message: message}
    for kind, parent in PARENTS.items():
        if kind is Learners:
            built[kind] = Learners(columns, len(references), up=message)
        elif parent is not None:
            built[kind] = kind({}, 0, up=built[parent])
    return built
