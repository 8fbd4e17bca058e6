"""The plan of faults, against an oracle that looks at nothing but the finished records."""

from collections import defaultdict
from datetime import date
from typing import Any

import pytest

from matricula_contracts.fields import data_classes_of
from matricula_testkit.ilr import faults, identifiers
from matricula_testkit.ilr.learners import learner
from matricula_testkit.ilr.plan import Plan, TooFewLearnersError, UnknownFaultError, parse

Record = dict[str, Any]


def planted(
    text: str, *, learners: int = 400, seed: int = 3
) -> list[tuple[Record, frozenset[str]]]:
    plan = Plan(parse(text), learners=learners, seed=seed)
    found = []
    for index in range(learners):
        record = learner(seed, index)
        found.append((record, plan.apply(index, record)))
    return found


def _is_after(first: object, second: object) -> bool:
    try:
        return date.fromisoformat(str(first)) > date.fromisoformat(str(second))
    except ValueError:
        return False


def _has_bad_uln(record: Record) -> bool:
    number: int = record["ULN"]
    if number == identifiers.TEMPORARY_ULN:
        return False
    return identifiers.uln_check_digit(number // 10) != number % 10


def _employer_ids(record: Record) -> list[int]:
    statuses = record.get("LearnerEmploymentStatus", [])
    found = [row["EmpId"] for row in statuses if "EmpId" in row]
    for aim in record["LearningDelivery"]:
        placements = aim.get("LearningDeliveryWorkPlacement", [])
        found += [row["WorkPlaceEmpId"] for row in placements if "WorkPlaceEmpId" in row]
    return [one for one in found if one != identifiers.UNKNOWN_EMPLOYER]


def _dates_are_inconsistent(record: Record) -> bool:
    return any(
        _is_after(aim["LearnStartDate"], aim["LearnPlanEndDate"])
        or _is_after(aim["LearnStartDate"], aim.get("LearnActEndDate"))
        or _is_after(record["DateOfBirth"], aim["LearnStartDate"])
        for aim in record["LearningDelivery"]
    )


def oracle(records: list[Record]) -> list[set[str]]:
    """Every reason but `schema`, from the records alone."""
    references: defaultdict[str, list[int]] = defaultdict(list)
    owners: defaultdict[int, set[str]] = defaultdict(set)
    for place, record in enumerate(records):
        references[record["LearnRefNumber"]].append(place)
        owners[record["ULN"]].add(record["LearnRefNumber"])
    found = []
    for place, record in enumerate(records):
        numbers = [aim["AimSeqNumber"] for aim in record["LearningDelivery"]]
        is_criminal = "criminal_offence" in data_classes_of("Learner", record)
        shares_uln = len(owners[record["ULN"]]) > 1
        checks = {
            "duplicate_learner": references[record["LearnRefNumber"]][0] < place,
            "duplicate_uln": shares_uln and record["ULN"] != identifiers.TEMPORARY_ULN,
            "uln_check_digit": _has_bad_uln(record),
            "employer_id_check_digit": any(
                identifiers.employer_check_digit(one // 10) != one % 10
                for one in _employer_ids(record)
            ),
            "duplicate_aim_sequence": len(set(numbers)) < len(numbers),
            "dates_inconsistent": _dates_are_inconsistent(record),
            "not_covered_by_agreement": is_criminal,
            "no_lawful_basis": is_criminal,
        }
        found.append({reason for reason, applies in checks.items() if applies})
    return found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "all",
        *(kind for kind in faults.KINDS if kind != faults.SECOND_FILE),
        "duplicate_uln+uln_check_digit:3,duplicate_learner+duplicate_uln:3",
        "duplicate_learner+criminal_offence+dates_inconsistent:4",
        "duplicate_aim_sequence+schema:6,employer_id_check_digit+dates_inconsistent+schema:6",
    ],
)
@pytest.mark.parametrize("seed", [1, 2, 9])
def test_the_reasons_promised_are_those_that_the_finished_records_have(
    text: str, seed: int
) -> None:
    found = planted(text, seed=seed)
    promised = [set(reasons) - {"schema"} for _, reasons in found]
    assert promised == oracle([record for record, _ in found])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("schema:3", {("schema",): 3}),
        ("duplicate_uln:2", {("duplicate_uln",): 4}),
        ("duplicate_learner:5", {("duplicate_learner",): 5}),
        ("not_covered_by_agreement:2", {("no_lawful_basis", "not_covered_by_agreement"): 2}),
        (
            "duplicate_learner+duplicate_uln:1",
            {("duplicate_learner", "duplicate_uln"): 1, ("duplicate_uln",): 1},
        ),
        (
            "duplicate_uln+uln_check_digit:1",
            {("duplicate_uln", "uln_check_digit"): 2},
        ),
    ],
)
def test_as_many_records_are_faulty_as_were_asked_for(
    text: str, expected: dict[tuple[str, ...], int]
) -> None:
    counted: defaultdict[tuple[str, ...], int] = defaultdict(int)
    for _, reasons in planted(text):
        if reasons:
            counted[tuple(sorted(reasons))] += 1
    assert counted == expected


def test_asking_for_everything_plants_every_reason_but_the_one_of_the_second_file() -> None:
    reasons = set().union(*(found for _, found in planted("all")))
    assert reasons == {
        *(kind for kind in faults.SINGLE if kind != "criminal_offence"),
        *("duplicate_learner", "duplicate_uln", "no_lawful_basis", "not_covered_by_agreement"),
    }
    assert Plan(parse("all"), learners=400, seed=1).conflicts == 2


def test_learners_without_a_fault_are_the_same_as_in_a_clean_sample() -> None:
    for index, (record, reasons) in enumerate(planted("all")):
        if not reasons:
            assert record == learner(3, index)


def test_the_same_seed_plants_the_same_faults_and_another_seed_others() -> None:
    first, again, other = (planted("all", seed=seed) for seed in (3, 3, 4))
    assert first == again
    assert [bool(one) for _, one in first] != [bool(one) for _, one in other]


@pytest.mark.parametrize(
    "text", ["typo:2", "schema:x", "schema:-1", "conflicts_with_person+schema:1", "schema:1.5"]
)
def test_a_fault_that_cannot_be_planted_is_named(text: str) -> None:
    with pytest.raises(UnknownFaultError) as refused:
        parse(text)
    assert refused.value.asked == text


def test_a_sample_too_small_for_its_faults_says_how_many_are_needed() -> None:
    with pytest.raises(TooFewLearnersError) as refused:
        Plan(parse("duplicate_uln:3,conflicts_with_person:2"), learners=7, seed=1)
    assert (refused.value.learners, refused.value.needed) == (7, 8)


def test_a_shared_uln_is_never_the_temporary_one_which_nobody_shares() -> None:
    for record, reasons in planted("duplicate_uln:190"):
        assert "duplicate_uln" not in reasons or record["ULN"] != identifiers.TEMPORARY_ULN


def test_people_for_the_second_file_are_taken_from_those_without_a_fault() -> None:
    plan = Plan(parse("all"), learners=60, seed=1)
    faulty = {index for index in range(60) if plan.apply(index, learner(1, index))}
    untouched = list(plan.untouched())
    assert faulty.isdisjoint(untouched)
    assert len(set(untouched)) == len(untouched) > 10


def test_one_reason_and_its_twin_are_one_fault() -> None:
    both = parse("not_covered_by_agreement+no_lawful_basis:2")
    assert both == parse("no_lawful_basis:2") == parse("criminal_offence:2")
