"""The short form: every kind of fault once during the job, several to a job."""

from collections.abc import Sequence

import pytest
from tests.chaos import catalogue
from tests.chaos.catalogue import Fault
from tests.chaos.full_disk import NoMountError
from tests.chaos.job import LEARNERS, Laboratory, Report

pytestmark = [
    pytest.mark.stack,
    pytest.mark.xdist_group("stack"),
    pytest.mark.timeout(900),
]
# One process meets two of its points, one after another: each start is armed with the next.
CRASHES = (
    *catalogue.UNITS_OF_WORK[0::4],
    *catalogue.RELAYS[1:],
    *catalogue.CONSUMERS[1:3],
    *catalogue.CONSUMERS[4:],
    *catalogue.SEALER[2:5:2],
)
VALIDATOR = (*catalogue.VALIDATOR_KILLS[3:7:3], *catalogue.VALIDATOR_CRASHES[2:6:3])


def same(report: Report, undisturbed: Report) -> None:
    """Assert that nothing was lost, doubled, buried or left over."""
    missing = undisturbed.result.facts - report.result.facts
    extra = report.result.facts - undisturbed.result.facts
    assert (missing, extra) == ({}, {})
    assert (report.unsealed, report.doubled_in_log, report.dead_letters) == (0, 0, 0)
    assert report.unlike_fresh == 0
    assert 500 not in report.refused


async def test_the_undisturbed_job_leaves_what_it_should(undisturbed: Report) -> None:
    kinds = [fact[0] for fact in undisturbed.result.facts.elements()]  # type: ignore[index]
    live = kinds.count("learner")
    assert kinds.count("staged") == LEARNERS
    assert kinds.count("history") == live == LEARNERS - 12
    assert kinds.count("use") == 1
    assert kinds.count("event") > live
    assert kinds.count("checked") >= live
    assert kinds.count("found") > 100 < kinds.count("breaks")
    assert ("event", "ilr.validation.finished.v1", "", 4) in undisturbed.result.facts
    assert undisturbed.unlike_fresh == 0
    assert undisturbed.unsealed == undisturbed.doubled_in_log == undisturbed.dead_letters == 0


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(catalogue.KILLS, id="kill_each_process"),
        pytest.param(CRASHES, id="die_at_crash_points"),
        pytest.param(catalogue.SERVERS[:2], id="restart_and_kill_postgresql"),
        pytest.param(catalogue.SERVERS[2:3], id="restart_kafka"),
        pytest.param(VALIDATOR, id="strike_each_process_of_the_validator"),
        pytest.param([catalogue.PAUSE], id="pause_a_worker_whose_part_another_takes_over"),
    ],
)
async def test_the_result_is_the_undisturbed_one_after(
    laboratory: Laboratory, undisturbed: Report, faults: Sequence[Fault]
) -> None:
    same(await laboratory.job(faults), undisturbed)


async def test_an_upload_goes_on_once_a_full_disk_has_space_again(
    laboratory: Laboratory, undisturbed: Report
) -> None:
    try:
        report = await laboratory.job([catalogue.FULL_DISK])
    except NoMountError:
        pytest.skip("not run: this account may not mount a small file system")
    same(report, undisturbed)
    assert report.refused[507] >= 3
