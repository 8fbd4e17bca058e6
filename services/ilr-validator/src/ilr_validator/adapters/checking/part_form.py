"""What was found in a part, as bytes and back. Values keep their kind: a number stays a number."""

import zlib
from collections import Counter
from typing import Any, Final

import numpy as np
import orjson

from ilr_validator.adapters.files.refusals import FileRefusedError, Refusal
from ilr_validator.application.check import AimDetails, Finding, LearnerDetails, PartResult

_LEVEL: Final = 1


def part_as_bytes(part: PartResult) -> bytes:
    """Write down what was found."""
    form = {
        "first": part.first,
        "size": part.size,
        "aims": part.aims,
        "findings": [_written(one) for one in part.findings],
        "has_error": part.has_error.tolist(),
        "has_warning": part.has_warning.tolist(),
        "references": part.references,
        "ulns": part.ulns.tolist(),
        "fund_models": part.fund_models.tolist(),
        "not_run": dict(part.not_run),
        "is_as_written": part.is_as_written,
    }
    return zlib.compress(orjson.dumps(form, option=orjson.OPT_SERIALIZE_NUMPY), _LEVEL)


def refusals_as_bytes(error: FileRefusedError) -> bytes:
    """Write down why a part makes the whole file refused."""
    form = {
        "refusals": [
            (one.rule, one.message, one.line, one.field, one.parameters) for one in error.refusals
        ]
    }
    return zlib.compress(orjson.dumps(form), _LEVEL)


def part_from_bytes(written: bytes) -> PartResult:
    """Read what was found; raises FileRefusedError where the part makes the file refused."""
    form: dict[str, Any] = orjson.loads(zlib.decompress(written))
    if "refusals" in form:
        raise FileRefusedError(
            *(
                Refusal(rule, message, line, field, tuple(map(tuple, parameters)))
                for rule, message, line, field, parameters in form["refusals"]
            )
        )
    size = form["size"]
    return PartResult(
        first=form["first"],
        size=size,
        aims=form["aims"],
        findings=[_read(one) for one in form["findings"]],
        has_error=np.array(form["has_error"], bool),
        has_warning=np.array(form["has_warning"], bool),
        references=form["references"],
        ulns=np.array(form["ulns"], np.float64),
        fund_models=np.array(form["fund_models"], np.uint16).reshape(size, -1),
        not_run=Counter(form["not_run"]),
        is_as_written=form["is_as_written"],
    )


def _written(one: Finding) -> tuple[Any, ...]:
    learner, aim = one.learner_details, one.aim_details
    return (
        one.rule, one.severity, one.message, one.learner, one.aim, one.learn_ref_number,
        one.aim_seq_number, one.parameters, None if learner is None else tuple(learner),
        None if aim is None else tuple(aim),
    )  # fmt: skip


def _read(form: list[Any]) -> Finding:
    rule, severity, message, learner, aim, reference, number, parameters, person, delivery = form
    return Finding(
        rule=rule,
        severity=severity,
        message=message,
        learner=learner,
        aim=aim,
        learn_ref_number=reference,
        aim_seq_number=number,
        parameters=tuple((name, value) for name, value in parameters),
        learner_details=None if person is None else LearnerDetails(*person),
        aim_details=None if delivery is None else AimDetails(*delivery),
    )
