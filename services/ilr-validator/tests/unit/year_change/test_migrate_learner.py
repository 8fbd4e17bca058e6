"""One learner into the new year: what goes, what stays behind, what a person must decide."""

from typing import Any

import pytest

from ilr_validator.packs.errors import PackError
from ilr_validator.packs.migrations.entities import Entity
from ilr_validator.packs.migrations.migrate import Decision, Migrated, migrate_learner
from ilr_validator.packs.migrations.plan import load_plan

OPEN = {"LearnStartDate": "2024-09-01", "LearnPlanEndDate": "2026-07-31", "CompStatus": "1"}
CLOSED = OPEN | {"LearnActEndDate": "2025-03-01", "CompStatus": "2", "Outcome": "1"}


def entity(name: str, children: tuple[Entity, ...] = (), **fields: str) -> Entity:
    return Entity(name, fields, list(children))


def aim(number: int, *children: Entity, **fields: str) -> Entity:
    return Entity("LearningDelivery", {"AimSeqNumber": str(number)} | OPEN | fields, list(children))


def closed(number: int, *children: Entity, **fields: str) -> Entity:
    return aim(number, *children, **(CLOSED | fields))


def fam(kind: str, code: str, **fields: str) -> Entity:
    own = {"LearnDelFAMType": kind, "LearnDelFAMCode": code}
    return Entity("LearningDeliveryFAM", own | fields)


def migrated(*children: Entity, to: str = "2025-26", **fields: str) -> Migrated:
    learner = entity("Learner", children, LearnRefNumber="L1", **fields)
    return migrate_learner(learner, load_plan(to))


def new(result: Migrated) -> Entity:
    assert result.learner is not None
    return result.learner


def aims_of(result: Migrated) -> list[dict[str, str]]:
    return [one.fields for one in new(result).of("LearningDelivery")]


def fams_of(result: Migrated) -> list[str]:
    return [
        f"{one.fields['LearnDelFAMType']}{one.fields['LearnDelFAMCode']}"
        for each in new(result).of("LearningDelivery")
        for one in each.of("LearningDeliveryFAM")
    ]


def told(result: Migrated) -> set[tuple[str, str, str]]:
    return {(one.field or one.entity, one.was, one.what) for one in result.decisions}


def test_a_learner_without_an_aim_that_goes_on_stays_behind() -> None:
    result = migrated(closed(1), closed(2))
    assert result.learner is None
    assert result.counts == {"aims left behind": 2, "learners left behind": 1}


def test_aims_are_numbered_anew_in_their_old_order() -> None:
    result = migrated(aim(6), aim(2), closed(4), aim(3), aim(5))
    assert [one["AimSeqNumber"] for one in aims_of(result)] == ["4", "1", "2", "3"]
    assert result.counts["aims left behind"] == 1


def test_closed_aims_of_a_programme_go_with_it() -> None:
    programme = {"ProgType": "25", "StdCode": "7"}
    result = migrated(
        aim(1, AimType="1", **programme),
        closed(2, AimType="3", **programme),
        closed(3, AimType="3", ProgType="25", StdCode="8"),
    )
    assert [one["AimSeqNumber"] for one in aims_of(result)] == ["1", "2"]


def test_a_programme_on_a_break_goes_and_another_aim_on_a_break_is_told() -> None:
    on_break = {"CompStatus": "6", "LearnActEndDate": "2025-05-01"}
    result = migrated(
        aim(1, AimType="1", ProgType="25", **on_break), aim(2, AimType="4", **on_break), aim(3)
    )
    assert [one["AimSeqNumber"] for one in aims_of(result)] == ["1", "2"]
    [decision] = [one for one in result.decisions if one.field == "CompStatus"]
    assert (decision.aim, decision.new_aim, decision.what) == ("2", "", "check")


def test_an_aim_whose_outcome_is_not_yet_known_goes() -> None:
    result = migrated(closed(1, Outcome="8"))
    assert len(aims_of(result)) == 1
    assert told(result) == {("Outcome", "8", "check")}


def test_an_aim_that_should_have_ended_long_ago_is_told() -> None:
    assert told(migrated(aim(1, LearnPlanEndDate="2023-07-31"))) == {
        ("LearnPlanEndDate", "given", "check")
    }
    assert told(migrated(aim(1, LearnPlanEndDate="2023-08-01"))) == set()


@pytest.mark.parametrize(
    "field",
    ["PrevLearnRefNumber", "PrevUKPRN", "Accom", "ALSCost", "PlanLearnHours", "PlanEEPHours",
     "MathGrade", "EngGrade"],
)  # fmt: skip
@pytest.mark.parametrize("year", ["2025-26", "2026-27"])
def test_what_is_entered_each_year_is_left_out_and_its_value_not_repeated(
    field: str, year: str
) -> None:
    result = migrated(aim(1), to=year, **{field: "12345"})
    assert field not in new(result).fields
    assert (field, "given", "enter") in told(result)


def test_learner_fams_of_one_year_are_left_out_and_others_copied() -> None:
    kinds = ("HNS", "LSR", "SEN", "EDF", "MCF", "ECF", "FME", "EHC", "DLA", "NLM", "PPE")
    rows = [entity("LearnerFAM", LearnFAMType=kind, LearnFAMCode="1") for kind in kinds]
    result = migrated(*rows, aim(1))
    kept = [one.fields["LearnFAMType"] for one in new(result).of("LearnerFAM")]
    assert kept == ["EHC", "DLA", "NLM", "PPE"]
    assert ("LearnerFAM", "HNS 1", "enter") in told(result)


def test_higher_education_fields() -> None:
    support = entity("LearnerHEFinancialSupport", FINTYPE="1", FINAMOUNT="5")
    he = entity(
        "LearningDeliveryHE", SOC2000="1234", UCASAPPID="AB12", DOMICILE="XF", NETFEE="9000",
        GROSSFEE="9000", TYPEYR="1",
    )  # fmt: skip
    result = migrated(entity("LearnerHE", (support,), TTACCOM="1"), aim(1, he))
    assert list(new(result).of("LearnerHE")) == []
    [left] = next(iter(new(result).of("LearningDelivery"))).children
    assert left.fields == {
        "SOC": "1234", "UCASSCHEMECODE": "AB12", "PERMADDCOUNTRY": "XF", "TYPEYR": "1",
    }  # fmt: skip
    assert {("TTACCOM", "given", "enter"), ("NETFEE", "given", "enter")} <= told(result)


def test_what_2025_26_has_no_more() -> None:
    preference = entity("ContactPreference", ContPrefType="RUI", ContPrefCode="1")
    result = migrated(preference, aim(1, ProgType="02", FworkCode="1", PwayCode="2"))
    assert list(new(result).of("ContactPreference")) == []
    assert not aims_of(result)[0].keys() & {"ProgType", "FworkCode", "PwayCode"}
    assert told(result) == {("ProgType", "02", "decide")}
    assert result.counts["drop: FworkCode"] == 1


def test_monitoring_codes_go_only_while_they_are_valid() -> None:
    codes = (fam("LDM", "358"), fam("LDM", "318"), fam("LDM", "378"), fam("LDM", "777"))
    result = migrated(aim(1, *codes, fam("SOF", "105"), fam("FFI", "1")))
    assert fams_of(result) == ["LDM378", "LDM777", "SOF105", "FFI1"]
    assert told(result) == {
        ("LearningDeliveryFAM", "LDM 358", "decide"),
        ("LearnDelFAMCode", "LDM 318", "decide"),
        ("LearnDelFAMCode", "LDM 777", "check"),
    }


def test_the_provision_type_goes_with_learners_who_continue() -> None:
    programme = {"ProgType": "30"}
    result = migrated(aim(1, fam("ASL", "1"), **programme), closed(2, fam("ASL", "2"), **programme))
    assert fams_of(result) == ["ASL1"]


def act(start: str, end: str | None = None) -> Entity:
    dates = {"LearnDelFAMDateFrom": start} | ({"LearnDelFAMDateTo": end} if end else {})
    return fam("ACT", "1", **dates)


@pytest.mark.parametrize(
    ("end", "kept", "is_told"),
    [("2025-07-31", None, False), ("2025-07-30", "2025-07-30", True), (None, None, False)],
)
def test_the_contract_of_an_open_aim_has_no_end(
    end: str | None, kept: str | None, *, is_told: bool
) -> None:
    result = migrated(aim(1, act("2023-09-01", "2024-08-31"), act("2024-09-01", end)))
    [first, last] = next(iter(new(result).of("LearningDelivery"))).children
    assert first.fields["LearnDelFAMDateTo"] == "2024-08-31"
    assert last.fields.get("LearnDelFAMDateTo") == kept
    assert (("LearnDelFAMDateTo", "given", "check") in told(result)) == is_told


def test_the_contract_of_a_closed_aim_keeps_its_end() -> None:
    result = migrated(closed(1, act("2024-09-01", "2025-07-31"), Outcome="8"))
    [contract] = next(iter(new(result).of("LearningDelivery"))).children
    assert contract.fields["LearnDelFAMDateTo"] == "2025-07-31"


def status(day: str) -> Entity:
    return entity("LearnerEmploymentStatus", EmpStat="10", DateEmpStatApp=day)


@pytest.mark.parametrize(
    ("original", "kept"),
    [
        (None, ["2024-01-01", "2024-09-01", "2025-01-01"]),
        ("2023-06-01", ["2020-01-01", "2024-01-01", "2024-09-01", "2025-01-01"]),
    ],
)
def test_employment_directly_before_the_earliest_start_and_later_goes(
    original: str | None, kept: list[str]
) -> None:
    days = ("2018-01-01", "2020-01-01", "2024-01-01", "2024-09-01", "2025-01-01")
    fields = {"OrigLearnStartDate": original} if original else {}
    result = migrated(*map(status, days), aim(1, **fields), closed(2, LearnStartDate="2017-01-01"))
    found = [one.fields["DateEmpStatApp"] for one in new(result).of("LearnerEmploymentStatus")]
    assert found == kept


def test_what_is_known_of_2026_27() -> None:
    problem = entity("LLDDandHealthProblem", LLDDCat="1")
    hours = entity("EmploymentStatusMonitoring", ESMType="EII", ESMCode="2")
    employed = entity(
        "LearnerEmploymentStatus", (hours,), EmpStat="10", DateEmpStatApp="2024-01-01"
    )
    he = entity("LearningDeliveryHE", FUNDCOMP="1", TYPEYR="1")
    codes = (fam("ASL", "1"), fam("LDM", "374"), fam("SOF", "108"))
    result = migrated(
        problem, employed, aim(1, *codes, he, FundModel="10"), aim(2, FundModel="35"),
        aim(3, FundModel="37"), to="2026-27",
    )  # fmt: skip
    assert told(result) == {
        ("LLDDandHealthProblem", "1", "decide"),
        ("EmploymentStatusMonitoring", "EII 2", "decide"),
        ("FundModel", "10", "check"),
        ("FundModel", "35", "check"),
        ("LearningDeliveryFAM", "ASL 1", "decide"),
        ("LearnDelFAMCode", "LDM 374", "decide"),
        ("LearningDeliveryFAM", "SOF 108", "check"),
        ("NINumber", "", "enter"),
    }
    assert fams_of(result) == ["SOF108"]
    assert result.counts["drop: FUNDCOMP"] == 1


def test_nothing_is_asked_where_the_number_is_there() -> None:
    assert told(migrated(aim(1, FundModel="37"), to="2026-27", NINumber="AB123456C")) == set()


def test_only_known_years_can_be_migrated_to() -> None:
    with pytest.raises(PackError):
        load_plan("2024-25")


def test_decisions_hold_no_values_but_codes() -> None:
    values: dict[str, Any] = {"PrevLearnRefNumber": "SECRET1", "MathGrade": "GRADE9"}
    result = migrated(aim(1), **values)
    assert all(isinstance(one, Decision) for one in result.decisions)
    assert not any(value in str(result.decisions) for value in values.values())
