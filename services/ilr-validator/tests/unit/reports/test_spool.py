"""The spool: official order, counts, what stays in memory and on disk."""

import stat
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from ilr_validator.adapters.reports import Spool, write_reports

from . import synthetic as make


def test_rules_come_back_errors_first_then_by_name_whatever_its_case(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        spool.add_findings(
            make.finding(-1, rule, severity)
            for rule, severity in (
                ("zebra_01", "E"), ("b_01", "W"), ("Ant_01", "E"), ("bee_01", "F"), ("A_01", "W"),
            )
        )  # fmt: skip
        assert [(one.severity, one.rule) for one in spool.groups()] == [
            ("E", "Ant_01"), ("F", "bee_01"), ("E", "zebra_01"), ("W", "A_01"), ("W", "b_01"),
        ]  # fmt: skip


def test_findings_of_a_rule_are_in_file_order_and_numbered(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        spool.add(make.part([make.finding(2), make.finding(0, aim=1), make.finding(0)], size=3))
        spool.add(make.part([make.finding(3)], first=3, size=1))
        found = list(spool.of_group(spool.groups()[0]))
    assert [(one.number, one.learner, one.aim) for one in found] == [
        (0, 0, -1), (1, 0, 1), (2, 2, -1), (3, 3, -1),
    ]  # fmt: skip


def test_whole_file_findings_join_their_learners_and_the_file_comes_last(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        spool.add(make.part([make.finding(0), make.finding(2)], size=3))
        spool.add(make.part([make.finding(4)], first=3, size=2))
        spool.add(
            make.part([make.finding(-1, "R_06"), make.finding(1, "R_06"), make.finding(4, "R_06")])
        )
        found = [(one.learner, spool.by_number()[one.group].rule) for one in spool.by_learner()]
    assert found == [
        (0, "ULN_04"), (1, "R_06"), (2, "ULN_04"), (4, "ULN_04"), (4, "R_06"), (-1, "R_06"),
    ]  # fmt: skip


def test_counts(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        warning = make.finding(1, "ESMType_01", "W")
        spool.add(make.part([make.finding(0), warning, warning], size=3, not_run={"X_01": 2}))
        spool.add(make.part([make.finding(3), make.finding(3, "B_01", "W")], first=3, size=1))
        spool.add(make.part([make.finding(2, "R_06")], not_run={"X_01": 1}))
        assert (spool.errors, spool.warnings, spool.learners, spool.aims) == (3, 3, 4, 8)
        assert spool.learners_with_errors == 3
        assert spool.learners_with_warnings == 2
        assert spool.learners_with_warnings_only == 1
        assert spool.not_run == {"X_01": 3}
        assert spool.first_fail is None
        # Learner 1 alone is valid; it has an aim of the first model and two of the second.
        assert spool.fund_model_counts() == ([1, 1], [3, 1], [1, 2], [3, 2])


def test_a_part_that_was_left_out_is_noticed(tmp_path: Path) -> None:
    with Spool(tmp_path) as spool:
        spool.add(make.part([], size=2))
        with pytest.raises(ValueError, match="file order"):
            spool.add(make.part([], first=3, size=1))


def test_what_is_on_disk_is_private_and_goes_also_after_an_error(tmp_path: Path) -> None:
    def spool_and_fail() -> None:
        with Spool(tmp_path) as spool:
            spool.add(make.part([make.finding(0)], size=1))
            list(spool.of_group(spool.groups()[0]))
            (folder,) = tmp_path.iterdir()
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
            raise LookupError

    with pytest.raises(LookupError):
        spool_and_fail()
    assert list(tmp_path.iterdir()) == []


def test_an_aim_number_that_no_file_may_have_is_left_to_the_field_values(tmp_path: Path) -> None:
    huge = make.finding(0, aim=10**30, parameters=(("AimSeqNumber", 10**30),))
    with Spool(tmp_path) as spool:
        spool.add(make.part([replace(huge, aim=0)], size=1))
        (one,) = spool.by_learner()
    assert one.aim_seq_number is None
    assert [tuple(pair) for pair in one.parameters] == [("AimSeqNumber", "1" + 30 * "0")]


def _peak_of(folder: Path, findings: int, *, has_html: bool) -> int:
    """Give the most memory that reports of so many findings take, two a learner."""
    folder.mkdir()
    a_part = 1_000
    tracemalloc.start()
    try:
        with Spool(folder) as spool:
            for first in range(0, findings // 2, a_part):
                learners = range(first, first + a_part)
                found = [
                    make.finding(learner, f"Rule_{(learner + turn) % 40:02}", "EW"[turn])
                    for learner in learners
                    for turn in (0, 1)
                ]
                spool.add(make.part(found, first=first, size=a_part))
            write_reports(spool, make.with_facts(has_html=has_html), folder)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("few", "many", "has_html"), [(20_000, 200_000, False), (8_000, 24_000, True)]
)
def test_memory_does_not_grow_with_the_findings(
    tmp_path: Path, *, few: int, many: int, has_html: bool
) -> None:
    # Both fill the buffers once; what then grows is a byte for each learner and a line for each page.
    before, after = (
        _peak_of(tmp_path / str(number), number, has_html=has_html) for number in (few, many)
    )
    assert after < before + 500_000
