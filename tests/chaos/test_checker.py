"""The checker of the fault tests sees what it is for."""

from collections import Counter

from tests.chaos.catalogue import EVERY_FAULT, jobs
from tests.chaos.job import unlike_fresh
from tests.chaos.table import PLATFORM, VALIDATOR, Row, page, sections
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


def test_a_page_keeps_the_table_that_was_not_measured() -> None:
    facts = {"learners": 1, "live": 2, "validated": 3, "parts": 4}
    old = {PLATFORM: [Row("kill", "live", recoveries=[1.0])], VALIDATOR: [Row("stop", "parts")]}
    before = page(old, before="", facts=facts, environ={})
    new = {VALIDATOR: [Row("stop", "parts", recoveries=[2.0])]}
    after = page(new, before=before, facts=facts, environ={"MATRICULA_CHAOS_SHARED": "1"})
    kept, remade = dict(sections(before)), dict(sections(after))
    assert remade[PLATFORM] == kept[PLATFORM]
    assert "| stop | parts | 1 | 0 | 0 | 0 | 2.0 | 2.0 |" in remade[VALIDATOR]
    assert "shared" in remade[VALIDATOR]
    assert list(remade) == [PLATFORM, VALIDATOR]


def test_a_finding_that_a_fresh_check_does_not_make_is_counted() -> None:
    nobody = unlike_fresh(result(), ukprn=10_500_001)
    assert nobody > 0
    assert unlike_fresh(result(("breaks", "S0000000001", 1)), ukprn=10_500_001) == nobody + 1


def test_faults_of_one_process_at_one_point_are_told_apart() -> None:
    assert len({(one.label, one.moment) for one in EVERY_FAULT}) == len(EVERY_FAULT)
