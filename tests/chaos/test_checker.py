"""The checker of the fault tests sees what it is for."""

from collections import Counter

from tests.chaos.catalogue import EVERY_FAULT, jobs
from tests.chaos.table import Row
from tests.chaos.truth import Result

ONE, TWO = ("learner", "S0000000001", 1), ("learner", "S0000000002", 1)


def result(*facts: tuple[str, str, int]) -> Result:
    return Result(Counter(facts))


def test_a_missing_fact_is_lost() -> None:
    assert result(ONE).lost_against(result(ONE, TWO)) == 1
    assert result(ONE).doubled_against(result(ONE, TWO)) == 0


def test_an_effect_that_happened_twice_is_doubled() -> None:
    assert result(ONE, TWO, TWO).doubled_against(result(ONE, TWO)) == 1
    assert result(ONE, TWO, TWO).lost_against(result(ONE, TWO)) == 0


def test_a_changed_fact_is_both() -> None:
    changed = result(ONE, ("learner", "S0000000002", 2))
    assert changed.lost_against(result(ONE, TWO)) == changed.doubled_against(result(ONE, TWO)) == 1


def test_each_fault_stands_in_one_job_and_no_process_twice_in_a_job() -> None:
    shared_out = jobs(EVERY_FAULT, together=5)
    assert sorted(f.label + f.moment for job in shared_out for f in job) == sorted(
        f.label + f.moment for f in EVERY_FAULT
    )
    for job in shared_out:
        assert len({fault.unit for fault in job}) == len(job) <= 5


def test_a_fault_that_never_ran_says_so() -> None:
    row = Row("full disk", "upload", not_run="no mount")
    assert "*not run*: no mount" in row.line()
    assert Row("kill", "live", unfinished=1).is_clean is False
