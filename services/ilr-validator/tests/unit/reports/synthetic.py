"""Findings about people who do not exist, made by number."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np

from ilr_validator.adapters.reports import ReportFacts
from ilr_validator.application.check import AimDetails, Finding, LearnerDetails, PartResult

FACTS = ReportFacts(
    ukprn=99999999,
    provider_name="Nowhere College",
    file_name="ILR-99999999-2526-20260701-120000-01.xml",
    pack="2025-26",
    pack_version="3",
    return_name="R11",
    generated_at=datetime(2026, 7, 1, 11, 30, 5, tzinfo=UTC),
    application_version="0.0.0",
    preparation_date=date(2026, 7, 1),
    reference_hash="0123abcd",
    reference_versions={"lars": "2026-06-30", "postcodes": "May 2026"},
    severities={"ULN_04": "E", "LearnAimRef_01": "E", "ESMType_01": "W"},
    not_run_reasons={"LearnAimRef_01": "no table lars_learning_deliveries"},
    not_implemented=frozenset({"Nobody_01"}),
    fund_models=(35, 36),
    entities={"ULN": "Learner", "LearnStartDate": "LearningDelivery"},
    errors_by_return={"R09": 40, "R10": 12},
)
AIM = AimDetails("60000000", "sw-1", "35", "99999998", "dA", "dB", "dC", "dD")


def person(number: int) -> LearnerDetails:
    return LearnerDetails(
        f"{9_000_000_000 + number}", f"Testperson{number}", "Fake", f"mA{number}", None
    )


def finding(
    learner: int = 0,
    rule: str = "ULN_04",
    severity: str = "E",
    *,
    aim: int = -1,
    parameters: Sequence[tuple[str, object]] = (("ULN", 1234567890),),
    message: str | None = None,
    details: LearnerDetails | None = None,
) -> Finding:
    is_someone = learner >= 0
    return Finding(
        rule=rule,
        severity=severity,
        message=message or f"Something is wrong with {rule}.",
        learner=learner,
        aim=aim,
        learn_ref_number=f"L{learner:06}" if is_someone else None,
        aim_seq_number=aim + 1 if aim >= 0 else None,
        parameters=tuple(parameters),
        learner_details=(details or person(learner)) if is_someone else None,
        aim_details=AIM if aim >= 0 else None,
    )


def part(
    findings: Iterable[Finding],
    *,
    first: int = 0,
    size: int = 0,
    not_run: dict[str, int] | None = None,
) -> PartResult:
    """Each learner has an aim of funding model 35, and each second one two of model 36."""
    models = np.ones((size, 2), np.uint16)
    models[:, 1] = np.where(np.arange(first, first + size) % 2, 2, 0)
    return PartResult(
        first=first,
        size=size,
        aims=int(models.sum()),
        findings=list(findings),
        has_error=np.zeros(size, bool),
        has_warning=np.zeros(size, bool),
        references=[],
        ulns=np.zeros(0),
        fund_models=models,
        not_run=Counter(not_run or {}),
    )


def with_facts(**changes: object) -> ReportFacts:
    return replace(FACTS, **changes)  # type: ignore[arg-type]
