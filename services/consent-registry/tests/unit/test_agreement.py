"""An agreement: its states, and the days on which it is live."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_registry.domain.agreement import Agreement, AgreementState, PartnerRole
from matricula_chassis.errors import Conflict, Invalid

FIRST, LAST = date(2026, 1, 10), date(2026, 7, 31)
DAY = timedelta(days=1)


def agreement(**changes: Any) -> Agreement:
    values = {
        "agreement_id": UUID(int=1),
        "ukprn": 10_000_001,
        "partner_id": "partner-one",
        "partner_role": PartnerRole.PROCESSOR,
        "data_sets": ("ilr",),
        "purposes": ("ilr_return",),
        "data_classes": ("ordinary",),
        "measures": (),
        "starts_on": FIRST,
        "ends_on": LAST,
        "review_on": None,
        "state": AgreementState.ACTIVE,
        **changes,
    }
    return Agreement(**values)


@pytest.mark.parametrize(
    ("day", "is_live"),
    [
        (FIRST - DAY, False),
        (FIRST, True),
        (FIRST + DAY, True),
        (LAST - DAY, True),
        (LAST, True),
        (LAST + DAY, False),
    ],
)
def test_an_active_agreement_is_live_from_its_first_to_its_last_day(
    day: date, *, is_live: bool
) -> None:
    assert agreement().is_live(day) is is_live


def test_an_agreement_without_end_stays_live() -> None:
    assert agreement(ends_on=None).is_live(date.max)
    assert not agreement(ends_on=None).is_live(FIRST - DAY)


def test_an_agreement_may_last_one_day() -> None:
    one = agreement(starts_on=FIRST, ends_on=FIRST)
    assert [one.is_live(FIRST + n * DAY) for n in (-1, 0, 1)] == [False, True, False]


@pytest.mark.parametrize("state", [AgreementState.DRAFT, AgreementState.TERMINATED])
@given(day=st.dates())
def test_only_an_active_agreement_is_ever_live(state: AgreementState, day: date) -> None:
    assert not agreement(state=state, starts_on=date.min, ends_on=None).is_live(day)


def test_an_agreement_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        agreement(ends_on=FIRST - DAY)
    assert [(one.pointer, one.code) for one in refused.value.faults] == [
        ("/ends_on", "before_start")
    ]


def test_a_new_agreement_is_a_draft_of_version_one() -> None:
    values = {
        name: getattr(agreement(), name)
        for name in Agreement.__slots__
        if name not in {"state", "version", "registered_by"}
    }
    one = Agreement(**values)
    assert (one.state, one.version) == (AgreementState.DRAFT, 1)


def test_a_draft_is_activated_and_an_active_one_terminated_one_version_each() -> None:
    draft = agreement(state=AgreementState.DRAFT)
    active = draft.activated()
    ended = active.terminated()
    assert (active.state, active.version) == (AgreementState.ACTIVE, 2)
    assert (ended.state, ended.version) == (AgreementState.TERMINATED, 3)
    assert draft.state is AgreementState.DRAFT


@pytest.mark.parametrize(
    ("state", "step"),
    [
        (AgreementState.ACTIVE, "activated"),
        (AgreementState.TERMINATED, "activated"),
        (AgreementState.DRAFT, "terminated"),
        (AgreementState.TERMINATED, "terminated"),
    ],
)
def test_every_other_step_is_a_conflict(state: AgreementState, step: str) -> None:
    with pytest.raises(Conflict) as refused:
        getattr(agreement(state=state), step)()
    assert refused.value.problem == "agreement-state-conflict"
    assert refused.value.context == {"state": state.value}
