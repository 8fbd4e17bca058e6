"""What was found in a part survives being written down, kind of value for kind of value."""

from collections import Counter

import numpy as np
import pytest

from ilr_validator.adapters.checking.finding_rows import finding_rows
from ilr_validator.adapters.checking.part_form import (
    part_as_bytes,
    part_from_bytes,
    refusals_as_bytes,
)
from ilr_validator.adapters.files.refusals import FileRefusedError, Refusal
from ilr_validator.application.check import AimDetails, Finding, LearnerDetails, PartResult
from ilr_validator.domain.findings import first_position

NOBODY = LearnerDetails(None, None, None, None, None)
AIM = AimDetails("ZPROG001", None, "36", None, None, None, None, None)


def finding(learner: int, rule: str, severity: str = "E", aim: int = -1) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        message="x",
        learner=learner,
        aim=aim,
        learn_ref_number=f"L{learner}",
        aim_seq_number=None if aim < 0 else aim + 1,
        parameters=(("A", "text"), ("B", 3), ("C", 2.5), ("D", None)),
        learner_details=NOBODY,
        aim_details=AIM if aim >= 0 else None,
    )


def part(found: list[Finding]) -> PartResult:
    return PartResult(
        first=10,
        size=2,
        aims=3,
        findings=found,
        has_error=np.array([True, False]),
        has_warning=np.array([False, True]),
        references=["L10", None],
        ulns=np.array([np.nan, 9_999_999_999]),
        fund_models=np.array([[1, 0], [0, 65_535]], np.uint16),
        not_run=Counter({"Rule_01": 2}),
    )


def test_a_part_is_read_as_it_was_written() -> None:
    before = part([finding(10, "Rule_02", aim=0), finding(11, "Rule_01", "W")])
    after = part_from_bytes(part_as_bytes(before))
    assert after.findings == before.findings
    for name in ("has_error", "has_warning", "fund_models"):
        assert np.array_equal(getattr(after, name), getattr(before, name))
        assert getattr(after, name).dtype == getattr(before, name).dtype
    for name in ("first", "size", "aims", "references", "not_run", "is_as_written"):
        assert getattr(after, name) == getattr(before, name)


def test_a_refusal_is_raised_again_where_it_is_read() -> None:
    refusal = Refusal("Schema", "The XML is malformed.", 17, "ULN", (("Message", "m"),))
    with pytest.raises(FileRefusedError) as raised:
        part_from_bytes(refusals_as_bytes(FileRefusedError(refusal)))
    assert raised.value.refusals == (refusal,)


def test_rows_stand_in_the_order_of_the_file_whatever_the_order_of_rules() -> None:
    found = [finding(3, "B_01"), finding(-1, "A_01"), finding(2, "C_01"), finding(3, "A_01")]

    def rows(these: list[Finding]) -> list[tuple[int, str, int | None]]:
        made = finding_rows(these, 4, seal=lambda *_: b"", index=len)
        return [(row.position, row.rule, row.learner_position) for row in made]

    start = first_position(4)
    assert rows(found) == rows(found[::-1])
    assert rows(found) == [
        (start + 1, "C_01", 3),
        (start + 2, "A_01", 4),
        (start + 3, "B_01", 4),
        (start + 4, "A_01", None),
    ]
