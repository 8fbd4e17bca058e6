"""Identifiers of synthetic learners: right where they should be, wrong where they should be."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matricula_testkit.ilr import identifiers

seeds = st.integers(0, 439)
indexes = st.integers(0, 999_999)


def passes_uln_check(number: int) -> bool:
    # The other form of the rule: all ten digits weighted 10 to 1 leave 10.
    digits = [int(one) for one in str(number)]
    return (
        sum(digit * weight for digit, weight in zip(digits, range(10, 0, -1), strict=True)) % 11
        == 10
    )


def passes_employer_check(number: int) -> bool:
    # All nine digits weighted 9 to 1 leave nothing.
    digits = [int(one) for one in str(number)]
    return (
        sum(digit * weight for digit, weight in zip(digits, range(9, 0, -1), strict=True)) % 11 == 0
    )


@pytest.mark.parametrize("number", [1_000_000_035, 1_000_000_027, 9_999_999_999])
def test_the_second_form_of_the_rule_agrees_with_known_numbers(number: int) -> None:
    body, last = divmod(number, 10)
    assert (identifiers.uln_check_digit(body) == last) == passes_uln_check(number)


@given(seeds, indexes)
def test_a_learners_uln_passes_its_check_and_is_never_the_temporary_one(
    seed: int, index: int
) -> None:
    number = identifiers.uln(seed, index)
    assert 1_000_000_000 <= number < identifiers.TEMPORARY_ULN
    assert passes_uln_check(number)


@given(seeds, indexes, st.integers(0, 100))
def test_a_broken_uln_is_in_range_and_fails_its_check(seed: int, index: int, variant: int) -> None:
    number = identifiers.bad_uln(seed, index, variant=variant)
    assert 1_000_000_000 <= number < identifiers.TEMPORARY_ULN
    assert not passes_uln_check(number)


def test_ulns_and_reference_numbers_differ_between_learners_and_between_seeds() -> None:
    ulns = {identifiers.uln(seed, index) for seed in (1, 2, 3) for index in range(5_000)}
    assert len(ulns) == 15_000
    broken = {identifiers.bad_uln(1, index, variant=1) for index in range(5_000)}
    assert len(broken) == 5_000
    assert not ulns & broken
    references = {identifiers.learn_ref_number(s, index) for s in (1, 2) for index in range(5_000)}
    assert len(references) == 10_000
    assert all(re.fullmatch(r"[A-Za-z0-9 ]{1,12}", one) for one in references)


@given(st.integers(0, 10_000_000))
def test_employer_ids_pass_and_broken_ones_fail_their_check(number: int) -> None:
    assert passes_employer_check(identifiers.employer_id(number))
    wrong = identifiers.bad_employer_id(number)
    assert len(str(wrong)) == 9
    assert not passes_employer_check(wrong)
    assert wrong != identifiers.UNKNOWN_EMPLOYER


@given(st.integers(0, 1_000_000))
def test_postcodes_and_insurance_numbers_are_well_formed_and_belong_to_nobody(number: int) -> None:
    postcode = identifiers.postcode(number)
    assert re.fullmatch(r"ZZ[0-9] [0-9][ABD-HJLNP-UWXYZ]{2}", postcode)
    insurance = identifiers.national_insurance_number(number)
    assert re.fullmatch(r"ZZ[0-9]{6}[A-D]", insurance)
    assert identifiers.telephone(number).startswith("07700900")


@given(st.integers(0, 200_000_000))
def test_student_support_numbers_are_well_formed_and_belong_to_nobody(number: int) -> None:
    found = identifiers.student_support_number(number)
    assert re.fullmatch(r"TEST[0-9]{8}[A-HJ-NPR-Z]", found)
    # By hand: T=16, E=4, S=15 weighted 13 to 10 give 581, 6 over 25 times 23; 22 less 6 is T.
    assert identifiers.student_support_number(0) == "TEST00000000T"


def test_employers_of_synthetic_learners_are_few_and_known() -> None:
    known = set(identifiers.employers())
    assert {identifiers.employer(number) for number in range(3_000)} == known
