"""A lawful basis: which conditions each data class needs, and the days on which it is in force.

The table is written from UK GDPR Articles 6, 9 and 10 and DPA 2018 Schedule 1, not from the code.
"""

from datetime import date, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from consent_registry.domain.lawful_basis import CONDITIONS, DATA_CLASSES, LawfulBasis
from matricula_chassis.errors import Conflict, Invalid
from matricula_contracts import policy as policy_contract

FIRST, LAST = date(2026, 1, 10), date(2026, 7, 31)
DAY = timedelta(days=1)
SIX, NINE, TEN, SCHEDULE = "art6_1_e", "art9_2_g", "art10", "sch1_para6"


def basis(**changes: Any) -> LawfulBasis:
    values = {
        "basis_id": UUID(int=1),
        "ukprn": 10_000_001,
        "purpose": "ilr_return",
        "data_class": "ordinary",
        "conditions": (SIX,),
        "starts_on": FIRST,
        "ends_on": LAST,
        **changes,
    }
    return LawfulBasis(**values)


def codes(data_class: str, conditions: tuple[str, ...]) -> list[str]:
    try:
        basis(data_class=data_class, conditions=conditions)
    except Invalid as refused:
        return [fault.code for fault in refused.faults if fault.pointer == "/conditions"]
    return []


@pytest.mark.parametrize(("six", "nine", "ten", "schedule"), list(product([True, False], repeat=4)))
@pytest.mark.parametrize("data_class", ["ordinary", "special_category", "criminal_offence"])
def test_each_class_needs_its_own_conditions(
    data_class: str, *, six: bool, nine: bool, ten: bool, schedule: bool
) -> None:
    given = tuple(
        name
        for name, is_given in ((SIX, six), (NINE, nine), (TEN, ten), (SCHEDULE, schedule))
        if is_given
    )
    needs = {
        "ordinary": [six],
        "special_category": [six, nine, schedule],
        "criminal_offence": [six, ten, schedule],
    }
    missing = needs[data_class].count(False)
    assert codes(data_class, given) == ["condition_missing"] * missing


@pytest.mark.parametrize("letter", ["a", "b", "c", "d", "e", "ea", "f"])
def test_every_condition_of_article_6_is_enough_for_ordinary_data(letter: str) -> None:
    assert codes("ordinary", (f"art6_1_{letter}",)) == []


@pytest.mark.parametrize("unknown", ["art6", "art6_1_g", "ART6_1_E", "consent", ""])
def test_a_condition_that_is_not_listed_is_refused(unknown: str) -> None:
    assert codes("ordinary", (SIX, unknown)) == ["unknown_condition"]


def test_the_classes_are_those_of_the_policy() -> None:
    named = {
        data_class
        for purpose in policy_contract.DOCUMENT["purposes"].values()
        for data_class in purpose["classes"]
    }
    assert set(DATA_CLASSES) == named


def test_every_condition_says_which_clause_it_is() -> None:
    assert all(text.startswith(("UK GDPR Article", "DPA 2018")) for text in CONDITIONS.values())


@pytest.mark.parametrize(
    ("day", "holds"),
    [(FIRST - DAY, False), (FIRST, True), (LAST, True), (LAST + DAY, False)],
)
def test_a_basis_holds_from_its_first_to_its_last_day(day: date, *, holds: bool) -> None:
    assert basis().is_in_force(day) is holds


def test_a_basis_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        basis(ends_on=FIRST - DAY)
    assert [fault.pointer for fault in refused.value.faults] == ["/ends_on"]


def test_ending_a_basis_sets_its_last_day_and_counts_the_version_up() -> None:
    ended = basis(ends_on=None).ended(FIRST + DAY)
    assert (ended.ends_on, ended.version) == (FIRST + DAY, 2)
    assert ended.is_in_force(FIRST + DAY)
    assert not ended.is_in_force(FIRST + 2 * DAY)


def test_an_end_that_was_set_may_be_brought_forward_but_not_put_off() -> None:
    assert basis().ended(LAST - DAY).ends_on == LAST - DAY
    for day in (LAST, LAST + DAY):
        with pytest.raises(Conflict) as refused:
            basis().ended(day)
        assert refused.value.problem == "basis-state-conflict"


def test_a_basis_that_is_ended_before_its_first_day_never_holds() -> None:
    withdrawn = basis().ended(FIRST - DAY)
    assert not any(withdrawn.is_in_force(FIRST + n * DAY) for n in range(-3, 400))
    with pytest.raises(Conflict):
        withdrawn.ended(FIRST - DAY)
