"""Twenty rules of 2020-21 as plain Python for one learner: the baseline of the benchmark.

The data are slotted objects with dates as dates and null as None, as a plain port would have them.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

POSTCODE: Final = re.compile(r"^[A-Z]{1,2}[0-9][0-9A-Z]?\s[0-9][ABD-HJLNP-UWXYZ]{2}$")
NINUMBER: Final = re.compile(r"^[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]{1}[0-9]{6}[A-D]{0,1}$")
ETHNICITIES: Final = frozenset({*range(31, 48), 98, 99})
APPRENTICESHIPS: Final = frozenset({2, 3, 20, 21, 22, 23, 25})
TEMPORARY: Final = 9_999_999_999


class Plain:
    """A learner, aim, or the like: fields as attributes, None where absent."""

    __slots__ = ("__dict__",)

    def __init__(self, record: Mapping[str, Any]) -> None:
        for name, value in record.items():
            setattr(self, name, _plain(value))

    def __getattr__(self, name: str) -> Any:
        return () if name.endswith("s") and name[0].isupper() and "FAM" in name else None


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [Plain(one) for one in value]
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        return date.fromisoformat(value)
    return value


def _has(aim: Plain, kind: str, code: str | None = None) -> bool:
    return any(
        fam.LearnDelFAMType.upper() == kind and (code is None or fam.LearnDelFAMCode == code)
        for fam in aim.LearningDeliveryFAMs or ()
    )


def learn_act_end_date_01(one: Plain) -> list[int]:
    return [a.AimSeqNumber for a in one.LearningDeliveries
            if a.LearnActEndDate is not None and a.LearnActEndDate < a.LearnStartDate]  # fmt: skip


def learn_plan_end_date_02(one: Plain) -> list[int]:
    return [a.AimSeqNumber for a in one.LearningDeliveries
            if a.LearnPlanEndDate < a.LearnStartDate]  # fmt: skip


def learn_start_date_05(one: Plain) -> list[int]:
    return [a.AimSeqNumber for a in one.LearningDeliveries
            if one.DateOfBirth is not None and a.LearnStartDate <= one.DateOfBirth]  # fmt: skip


def comp_status_02(one: Plain) -> list[int]:
    return [a.AimSeqNumber for a in one.LearningDeliveries
            if a.LearnActEndDate is not None and a.CompStatus == 1]  # fmt: skip


def comp_status_03(one: Plain) -> list[int]:
    return [a.AimSeqNumber for a in one.LearningDeliveries
            if a.LearnActEndDate is None and a.CompStatus != 1]  # fmt: skip


def withdraw_reason_03(one: Plain) -> list[int]:
    return [a.AimSeqNumber for a in one.LearningDeliveries
            if a.CompStatus == 3 and a.WithdrawReason is None]  # fmt: skip


def outcome_09(one: Plain) -> list[int]:
    return [a.AimSeqNumber for a in one.LearningDeliveries
            if a.Outcome == 8 and a.CompStatus != 2 and a.ProgType != 25
            and a.FundModel != 36]  # fmt: skip


def p_hours_01(one: Plain) -> list[int]:
    return [a.AimSeqNumber for a in one.LearningDeliveries
            if a.LearnStartDate >= date(2019, 8, 1) and a.PHours is None
            and a.FundModel == 36 and a.AimType == 1]  # fmt: skip


def learn_del_fam_type_01(one: Plain) -> list[int]:
    return [a.AimSeqNumber for a in one.LearningDeliveries
            if a.FundModel in (10, 25, 35, 36, 70, 81, 82) and not _has(a, "SOF")]  # fmt: skip


def learn_del_fam_type_02(one: Plain) -> list[int]:
    return [a.AimSeqNumber for a in one.LearningDeliveries
            if a.FundModel == 35 and not _has(a, "FFI")]  # fmt: skip


def fund_model_06(one: Plain) -> list[int]:
    return [a.AimSeqNumber for a in one.LearningDeliveries
            if a.FundModel == 36 and a.ProgType not in APPRENTICESHIPS]  # fmt: skip


def prog_type_01(one: Plain) -> list[int]:
    return [a.AimSeqNumber for a in one.LearningDeliveries
            if a.AimType in (1, 3) and a.ProgType is None]  # fmt: skip


def std_code_01(one: Plain) -> list[int]:
    return [a.AimSeqNumber for a in one.LearningDeliveries
            if a.ProgType == 25 and a.StdCode is None]  # fmt: skip


def del_loc_post_code_11(one: Plain) -> list[int]:
    return [a.AimSeqNumber for a in one.LearningDeliveries
            if a.DelLocPostCode is not None and not _has(a, "LDM", "034")
            and not POSTCODE.match(a.DelLocPostCode)]  # fmt: skip


def r07(one: Plain) -> list[int]:
    seen: set[int] = set()
    twice = []
    for aim in one.LearningDeliveries:
        if aim.AimSeqNumber in seen:
            twice.append(aim.AimSeqNumber)
        seen.add(aim.AimSeqNumber)
    return twice


def ethnicity_01(one: Plain) -> list[None]:
    return [] if one.Ethnicity in ETHNICITIES else [None]


def uln_04(one: Plain) -> list[None]:
    if one.ULN == TEMPORARY:
        return []
    digits = [int(digit) for digit in str(one.ULN)]
    rest = sum(digit * weight for digit, weight in zip(digits[:9], range(10, 1, -1), strict=True))
    return [] if rest % 11 and 10 - rest % 11 == digits[9] else [None]


def ni_number_01(one: Plain) -> list[None]:
    return [] if one.NINumber is None or NINUMBER.match(one.NINumber) else [None]


def postcode_15(one: Plain) -> list[None]:
    return [] if one.Postcode is None or POSTCODE.match(one.Postcode) else [None]


def date_of_birth_01(one: Plain) -> list[int]:
    return [a.AimSeqNumber for a in one.LearningDeliveries
            if one.DateOfBirth is None and a.FundModel in (25, 35, 36, 70, 81, 82)
            and not _has(a, "LDM", "034")]  # fmt: skip


PLAIN_RULES: Final[Mapping[str, Callable[[Plain], list[Any]]]] = {
    "LearnActEndDate_01": learn_act_end_date_01, "LearnPlanEndDate_02": learn_plan_end_date_02,
    "LearnStartDate_05": learn_start_date_05, "CompStatus_02": comp_status_02,
    "CompStatus_03": comp_status_03, "WithdrawReason_03": withdraw_reason_03,
    "Outcome_09": outcome_09, "PHours_01": p_hours_01,
    "LearnDelFAMType_01": learn_del_fam_type_01, "LearnDelFAMType_02": learn_del_fam_type_02,
    "FundModel_06": fund_model_06, "ProgType_01": prog_type_01, "StdCode_01": std_code_01,
    "DelLocPostCode_11": del_loc_post_code_11, "R07": r07, "Ethnicity_01": ethnicity_01,
    "ULN_04": uln_04, "NINumber_01": ni_number_01, "Postcode_15": postcode_15,
    "DateOfBirth_01": date_of_birth_01,
}  # fmt: skip
