"""Plants faults in learner records. Each function changes one record and nothing else.

What a fault is called and when it applies is settled by the product; here is only how to make one.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from matricula_testkit.ilr import identifiers
from matricula_testkit.ilr.learners import birth_after

Record = dict[str, Any]
Plant = Callable[[Record, int, int], None]
"""(record, seed, variant): `variant` chooses among the ways to break it."""


def _no_such_day(record: Record) -> None:
    record["LearningDelivery"][-1]["LearnStartDate"] = "2025-02-30"


def _space_in_number(record: Record) -> None:
    record["PlanLearnHours"] = "12 34"


def _missing_field(record: Record) -> None:
    del record["Sex"]


def _aim_number_too_high(record: Record) -> None:
    record["LearningDelivery"][-1]["AimSeqNumber"] = 99


def _not_an_address(record: Record) -> None:
    record["Email"] = "learner.example.org"


def _too_many_digits(record: Record) -> None:
    record["Ethnicity"] = 311


def _digit_in_name(record: Record) -> None:
    record["FamilyName"] = "Testcase 4"


def _text_too_long(record: Record) -> None:
    record["ProviderSpecLearnerMonitoring"] = [
        {"ProvSpecLearnMonOccur": "A", "ProvSpecLearnMon": "X" * 21}
    ]


def _too_many_rows(record: Record) -> None:
    record["LearnerFAM"] = [{"LearnFAMType": "NLM", "LearnFAMCode": 17}] * 18


def _character_not_allowed(record: Record) -> None:
    record["AddLine1"] = "1 Testcasé Street"


def _word_for_number(record: Record) -> None:
    record["LearningDelivery"][-1]["FundModel"] = "thirty-six"


def _written_out_date(record: Record) -> None:
    record["DateOfBirth"] = "1 May 2000"


_SCHEMA_ELSEWHERE: Final = (
    _space_in_number,
    _missing_field,
    _not_an_address,
    _digit_in_name,
    _text_too_long,
    _character_not_allowed,
)
_SCHEMA: Final = (
    *_SCHEMA_ELSEWHERE,
    _no_such_day,
    _aim_number_too_high,
    _too_many_digits,
    _too_many_rows,
    _word_for_number,
    _written_out_date,
)


def break_schema(record: Record, _seed: int, variant: int) -> None:
    """Break the record model in one of twelve ways."""
    _SCHEMA[variant % len(_SCHEMA)](record)


def break_schema_elsewhere(record: Record, _seed: int, variant: int) -> None:
    """Break the record model in a field that no other check reads."""
    _SCHEMA_ELSEWHERE[variant % len(_SCHEMA_ELSEWHERE)](record)


def break_uln(record: Record, seed: int, variant: int) -> None:
    """Give the learner a ULN whose check digit is wrong or cannot exist."""
    index = int(record["LearnRefNumber"][4:])
    record["ULN"] = identifiers.bad_uln(seed, index, variant=variant)


def break_employer_id(record: Record, _seed: int, variant: int) -> None:
    """Give an employment status or a work placement an employer id with a wrong check digit."""
    wrong = identifiers.bad_employer_id(variant * 31 + int(record["LearnRefNumber"][4:]))
    aim = record["LearningDelivery"][0]
    if variant % 2:
        aim.setdefault("LearningDeliveryWorkPlacement", []).append(
            {
                "WorkPlaceStartDate": aim["LearnStartDate"],
                "WorkPlaceHours": 40,
                "WorkPlaceMode": 1,
                "WorkPlaceEmpId": wrong,
            }
        )
    else:
        record.setdefault("LearnerEmploymentStatus", []).append(
            {"EmpStat": 10, "DateEmpStatApp": "2025-09-01", "EmpId": wrong}
        )


def repeat_aim_number(record: Record, _seed: int, _variant: int) -> None:
    """Give two aims of the learner one sequence number."""
    aims = record["LearningDelivery"]
    if len(aims) == 1:
        aims.append({**aims[0], "LearnAimRef": "60312345"})
    aims[-1]["AimSeqNumber"] = aims[0]["AimSeqNumber"]


def turn_dates_round(record: Record, _seed: int, variant: int) -> None:
    """Put a planned end, an actual end or the start of learning before its time."""
    aim = record["LearningDelivery"][0]
    before = (date.fromisoformat(aim["LearnStartDate"]) - timedelta(days=1)).isoformat()
    if variant % 3 == 0:
        aim["LearnPlanEndDate"] = before
    elif variant % 3 == 1:
        aim |= {"LearnActEndDate": before, "CompStatus": 2, "Outcome": 1}
    else:
        record["DateOfBirth"] = birth_after(record).isoformat()


def put_in_custody(record: Record, _seed: int, _variant: int) -> None:
    """Mark an aim with LDM 034: criminal offence data, which no agreement of the demo covers."""
    record["LearningDelivery"][0].setdefault("LearningDeliveryFAM", []).append(
        {"LearnDelFAMType": "LDM", "LearnDelFAMCode": "034"}
    )


SINGLE: Final[Mapping[str, Plant]] = {
    "schema": break_schema,
    "uln_check_digit": break_uln,
    "employer_id_check_digit": break_employer_id,
    "duplicate_aim_sequence": repeat_aim_number,
    "dates_inconsistent": turn_dates_round,
    "criminal_offence": put_in_custody,
}
"""Faults that stand in one record alone, by the name they are planned under."""
BESIDE_OTHERS: Final[Mapping[str, Plant]] = {**SINGLE, "schema": break_schema_elsewhere}
"""The same for a record with several faults: none of them hides another."""
REASONS: Final[Mapping[str, tuple[str, ...]]] = {
    "criminal_offence": ("no_lawful_basis", "not_covered_by_agreement"),
}
"""Faults whose name is not the reason that is expected."""
EARLIER_AND_LATER: Final = frozenset({"duplicate_learner", "duplicate_uln"})
"""Faults between two records of the file."""
SECOND_FILE: Final = "conflicts_with_person"
"""The fault that needs somebody on record: planted in a second file."""
ALIASES: Final[Mapping[str, str]] = {
    "not_covered_by_agreement": "criminal_offence",
    "no_lawful_basis": "criminal_offence",
}
"""Reasons that come from one fault."""
KINDS: Final = (*SINGLE, *sorted(EARLIER_AND_LATER), SECOND_FILE)
"""Every fault that can be asked for."""
EVERYTHING: Final = (
    *(f"{kind}:2" for kind in KINDS if kind != "schema"),
    "schema:12",
    "schema+uln_check_digit:1",
    "uln_check_digit+employer_id_check_digit+dates_inconsistent:1",
    "duplicate_uln+uln_check_digit:1",
    "duplicate_learner+duplicate_uln:1",
    "duplicate_learner+criminal_offence:1",
    "duplicate_aim_sequence+schema:1",
)
"""What `all` stands for: each kind, and kinds that meet in one record."""
