"""Synthetic learners: the same for the same seed, plausible, and without criminal offence data."""

from collections import Counter
from datetime import date

from matricula_contracts.fields import data_classes_of
from matricula_testkit.ilr import aims, identifiers, people
from matricula_testkit.ilr.learners import learner

MANY = [learner(1, index) for index in range(3_000)]


def deliveries() -> list[dict[str, object]]:
    return [aim for record in MANY for aim in record["LearningDelivery"]]


def test_the_same_seed_and_number_give_the_same_learner() -> None:
    assert learner(7, 11) == learner(7, 11)
    assert learner(7, 11) != learner(8, 11)


def test_there_are_about_one_and_a_half_aims_a_learner() -> None:
    assert 1.4 < len(deliveries()) / len(MANY) < 1.6


def test_ten_learners_already_show_every_funding_model() -> None:
    found = [learner(5, index)["LearningDelivery"][0]["FundModel"] for index in range(10)]
    assert sorted(found) == sorted(aims.FUND_MODELS)
    assert {aim["FundModel"] for aim in deliveries()} == set(aims.FUND_MODELS)


def test_no_learner_carries_criminal_offence_data_and_most_carry_special_category_data() -> None:
    classes = Counter(one for record in MANY for one in data_classes_of("Learner", record))
    assert set(classes) == {"ordinary", "special_category"}
    assert classes["special_category"] > len(MANY) // 2
    assert classes["special_category"] < len(MANY), "some carry ordinary data only"


def test_aims_are_numbered_from_one_and_no_date_lies_before_its_start() -> None:
    for record in MANY:
        numbers = [aim["AimSeqNumber"] for aim in record["LearningDelivery"]]
        assert numbers == list(range(1, len(numbers) + 1))
        for aim in record["LearningDelivery"]:
            start = date.fromisoformat(aim["LearnStartDate"])
            assert start <= date.fromisoformat(aim["LearnPlanEndDate"])
            assert start <= date.fromisoformat(aim.get("LearnActEndDate", "9999-12-31"))
            assert date.fromisoformat(record["DateOfBirth"]) < start


def test_optional_parts_of_the_record_all_occur() -> None:
    found = Counter(name for record in MANY for name in record)
    for name in ("PriorAttain", "LLDDandHealthProblem", "LearnerFAM", "LearnerHE", "NINumber"):
        assert found[name] > 0
    below = Counter(name for aim in deliveries() for name in aim)
    for name in ("LearningDeliveryHE", "AppFinRecord", "LearningDeliveryWorkPlacement", "TLOut"):
        assert below[name] > 0
    assert any(record["ULN"] == identifiers.TEMPORARY_ULN for record in MANY)


def test_names_say_that_nobody_is_meant() -> None:
    given = {one for _, one in zip(range(300), map(people.name, range(300)), strict=True)}
    assert len(given) == 300
    words = {"Testcase", "Sample", "Synthetic", "Fixture", "O'Sample", "Test-Case"}
    latin = [family for _, family in given if family.isascii()]
    assert all(family.split()[0] in words for family in latin)
    assert len(latin) < len(given), "names that need more than ASCII occur"
