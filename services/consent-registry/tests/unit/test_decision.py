"""Who may send what on which day: a table written from P-025, P-038 and P-052.

An import is refused when no live agreement covers that source and that data set.
"""

from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from consent_registry.domain.agreement import Agreement, AgreementState, PartnerRole
from consent_registry.domain.decision import Decision, Question, decide
from consent_registry.domain.lawful_basis import LawfulBasis
from matricula_chassis.clock import london_date

TODAY = date(2026, 3, 2)
YESTERDAY, TOMORROW = date(2026, 3, 1), date(2026, 3, 3)
NO_AGREEMENT, NOT_COVERED = "no-live-agreement", "agreement-does-not-cover-data-set"
PROTECTED = {
    "special_category": ("art6_1_e", "art9_2_g", "sch1_para6"),
    "criminal_offence": ("art6_1_e", "art10", "sch1_para6"),
}


def agreement(number: int = 1, **changes: Any) -> Agreement:
    values = {
        "agreement_id": UUID(int=number),
        "ukprn": 10_000_001,
        "partner_id": "partner-one",
        "partner_role": PartnerRole.PROCESSOR,
        "data_sets": ("ilr",),
        "purposes": ("ilr_return",),
        "data_classes": ("ordinary",),
        "measures": (),
        "starts_on": date(2025, 8, 1),
        "ends_on": None,
        "review_on": None,
        "state": AgreementState.ACTIVE,
        **changes,
    }
    return Agreement(**values)


def basis(number: int = 1, **changes: Any) -> LawfulBasis:
    data_class = changes.get("data_class", "ordinary")
    values = {
        "basis_id": UUID(int=number),
        "ukprn": 10_000_001,
        "purpose": "ilr_return",
        "data_class": data_class,
        "conditions": PROTECTED.get(data_class, ("art6_1_e",)),
        "starts_on": date(2025, 8, 1),
        **changes,
    }
    return LawfulBasis(**values)


def question(**changes: Any) -> Question:
    values = {
        "partner_id": "partner-one",
        "ukprn": 10_000_001,
        "data_set": "ilr",
        "purpose": "ilr_return",
        "on": TODAY,
        **changes,
    }
    return Question(**values)


def answer(agreements: list[Agreement], **asked: Any) -> tuple[bool, str | None]:
    found = decide(question(**asked), agreements, [basis()])
    return found.allowed, found.problem


@pytest.mark.parametrize(
    ("agreements", "problem"),
    [
        pytest.param([], NO_AGREEMENT, id="none"),
        pytest.param([{"state": AgreementState.DRAFT}], NO_AGREEMENT, id="draft"),
        pytest.param([{"state": AgreementState.TERMINATED}], NO_AGREEMENT, id="terminated"),
        pytest.param([{"ends_on": YESTERDAY}], NO_AGREEMENT, id="ended yesterday"),
        pytest.param([{"ends_on": TODAY}], None, id="ends today"),
        pytest.param([{"starts_on": TODAY}], None, id="starts today"),
        pytest.param([{"starts_on": TOMORROW}], NO_AGREEMENT, id="starts tomorrow"),
        pytest.param([{"data_sets": ("attendance",)}], NOT_COVERED, id="another data set"),
        pytest.param([{"purposes": ("quality_audit",)}], NOT_COVERED, id="another purpose"),
        pytest.param(
            [{"data_sets": ("attendance",)}, {"purposes": ("sar",)}],
            NOT_COVERED,
            id="one names the data set, another the purpose",
        ),
        pytest.param(
            [{"ends_on": YESTERDAY}, {"data_sets": ("attendance",)}],
            NOT_COVERED,
            id="the fitting one has ended, the live one does not fit",
        ),
        pytest.param(
            [{"state": AgreementState.TERMINATED}, {"ends_on": YESTERDAY}, {}],
            None,
            id="one of three fits",
        ),
        pytest.param([{}, {"state": AgreementState.DRAFT}], None, id="a draft takes nothing away"),
        pytest.param(
            [{"data_sets": ("attendance", "ilr"), "purposes": ("sar", "ilr_return")}],
            None,
            id="among others",
        ),
    ],
)
def test_who_may_send_what(agreements: list[dict[str, Any]], problem: str | None) -> None:
    made = [agreement(number, **one) for number, one in enumerate(agreements, 1)]
    for order in permutations(made):
        assert answer(list(order)) == (problem is None, problem)


def test_of_several_fitting_agreements_the_newest_counts_whatever_their_order() -> None:
    old = agreement(9, starts_on=date(2025, 8, 1), data_classes=("ordinary", "special_category"))
    new = agreement(2, starts_on=date(2026, 1, 1))
    same_day = agreement(3, starts_on=date(2026, 1, 1))
    future = agreement(4, starts_on=TOMORROW)
    for order in permutations([old, new, same_day, future]):
        chosen = decide(question(), list(order), []).agreement
        assert chosen is not None
        assert chosen.agreement_id == same_day.agreement_id


@pytest.mark.parametrize(
    ("instant", "is_allowed"),
    [
        # Summer time: 23:00 UTC is midnight in London.
        (datetime(2026, 7, 31, 22, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 7, 31, 23, 0, 0, tzinfo=UTC), False),
        (datetime(2026, 6, 30, 22, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 6, 30, 23, 0, 0, tzinfo=UTC), True),
    ],
)
def test_days_are_those_of_london_in_summer_time(instant: datetime, *, is_allowed: bool) -> None:
    july = agreement(starts_on=date(2026, 7, 1), ends_on=date(2026, 7, 31))
    assert answer([july], on=london_date(instant))[0] is is_allowed


@pytest.mark.parametrize(
    ("instant", "is_allowed"),
    [
        (datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 2, 1, 0, 0, 0, tzinfo=UTC), False),
    ],
)
def test_days_are_those_of_london_in_winter(instant: datetime, *, is_allowed: bool) -> None:
    january = agreement(starts_on=date(2026, 1, 1), ends_on=date(2026, 1, 31))
    assert answer([january], on=london_date(instant))[0] is is_allowed


def test_only_bases_of_the_purpose_that_hold_on_the_day_are_named() -> None:
    bases = [
        basis(1),
        basis(2, data_class="special_category", starts_on=TOMORROW),
        basis(3, data_class="criminal_offence", ends_on=YESTERDAY),
        basis(4, data_class="special_category", purpose="sar"),
    ]
    assert set(_bases(bases)) == {"ordinary"}
    assert set(_bases(bases, on=TOMORROW)) == {"ordinary", "special_category"}
    assert set(_bases(bases, on=YESTERDAY)) == {"ordinary", "criminal_offence"}
    assert set(_bases(bases, purpose="sar")) == {"special_category"}


def test_of_several_bases_of_a_class_the_newest_counts_whatever_their_order() -> None:
    bases = [basis(1), basis(2, starts_on=YESTERDAY), basis(3, starts_on=TOMORROW)]
    for order in permutations(bases):
        assert _bases(list(order))["ordinary"].basis_id == UUID(int=2)


def test_a_missing_basis_is_told_and_does_not_replace_the_agreement() -> None:
    assert decide(question(), [agreement()], []).allowed
    refused = decide(question(), [], [basis()])
    assert not refused.allowed
    assert set(refused.bases) == {"ordinary"}


def test_every_answer_explains_itself() -> None:
    live = agreement(7)
    over = agreement(8, state=AgreementState.TERMINATED)
    allowed = decide(question(), [live, over], [basis(5)])
    assert dict(allowed.why) == {
        "rule": "intake-1",
        "asked": {
            "partner_id": "partner-one",
            "ukprn": 10_000_001,
            "data_set": "ilr",
            "purpose": "ilr_return",
            "on": "2026-03-02",
        },
        "agreements_found": 2,
        "agreements_live": 1,
        "agreement_id": str(UUID(int=7)),
        "bases": {"ordinary": str(UUID(int=5))},
        "result": "allowed",
    }
    refused = decide(question(), [over], [])
    assert refused.why["result"] == NO_AGREEMENT
    assert refused.why["agreement_id"] is None


def _bases(bases: list[LawfulBasis], **asked: Any) -> dict[str, LawfulBasis]:
    decision: Decision = decide(question(**asked), [agreement()], bases)
    return dict(decision.bases)
