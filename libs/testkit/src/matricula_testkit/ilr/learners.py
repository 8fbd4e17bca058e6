"""Builds one synthetic learner from a seed and a number; the same two always give the same one.

A record is the NDJSON shape: ILR names, lists for entities that may repeat. It holds text, int and
float values and no class `criminal_offence`.
"""

from datetime import date, timedelta
from random import Random
from typing import Any, Final

from matricula_testkit.ilr import aims, higher_education, identifiers, people

Record = dict[str, Any]
_GRADES: Final = ("3", "4", "5", "2", "6")
_LOW_GRADES: Final = frozenset({"2", "3"})
_TEMPORARY_ULN: Final = 38
"""The funding model of learners without a number of their own: they come for a few days only."""
_YOUNG: Final = frozenset({25, 82})
_EMPLOYED: Final = frozenset({aims.APPRENTICESHIP})


def learner(seed: int, index: int) -> Record:
    """Return learner number `index` (from 0) of the sample with this seed."""
    rng = Random(seed * 1_000_003 + index)
    fund_model = aims.funding_model(index, rng)
    start = aims.start_date(fund_model, rng)
    is_young = fund_model in _YOUNG
    record = people.core(
        rng, seed=seed, index=index, ages=(16, 18) if is_young else (20, 64), on=start
    )
    _identify(record, fund_model, seed=seed, index=index)
    marks: list[Record] = []
    record |= _study_programme(rng, marks) if is_young else _adult_hours(rng, fund_model)
    record |= people.contact(rng, index=index)
    record["PriorAttain"] = people.prior_attainment(rng, on=start - timedelta(days=30))
    if record["LLDDHealthProb"] == 1:
        record["LLDDandHealthProblem"] = people.health_problems(rng)
        _add_support(record, marks, rng, is_young=is_young)
    if marks:
        record["LearnerFAM"] = marks
    if rng.random() < 0.25:
        record["ProviderSpecLearnerMonitoring"] = [
            {"ProvSpecLearnMonOccur": "A", "ProvSpecLearnMon": f"Tutor group {index % 60}"}
        ]
    if not is_young:
        record["LearnerEmploymentStatus"] = people.employment(
            rng,
            number=seed % 1_000 * 1_000 + index,
            before=start,
            employed=fund_model in _EMPLOYED or rng.random() < 0.5,
        )
    deliveries = aims.deliveries(fund_model, rng=rng, index=index, start=start)
    if record["ULN"] == identifiers.TEMPORARY_ULN:
        aims.make_short(deliveries)
    if any("LearningDeliveryHE" in aim for aim in deliveries):
        record["LearnerHE"] = higher_education.of_learner(rng)
    record["LearningDelivery"] = deliveries
    return record


def _identify(record: Record, fund_model: int, *, seed: int, index: int) -> None:
    """Give the numbers that the funding model asks for."""
    if record["ULN"] == identifiers.TEMPORARY_ULN and fund_model != _TEMPORARY_ULN:
        record["ULN"] = identifiers.uln(seed, index)
    if fund_model == aims.APPRENTICESHIP:
        record["NINumber"] = identifiers.national_insurance_number(index)


def _adult_hours(rng: Random, fund_model: int) -> Record:
    return {} if fund_model == aims.APPRENTICESHIP else {"PlanLearnHours": rng.randrange(20, 300)}


def _add_support(record: Record, marks: list[Record], rng: Random, *, is_young: bool) -> None:
    """Give some learners with a health problem a plan or an allowance, and its cost."""
    if rng.random() >= 0.2:
        return
    if is_young:
        marks += [_mark("EHC", 1), _mark("HNS", 1)]
        record["ALSCost"] = rng.randrange(6_001, 19_000)
    else:
        marks.append(_mark("DLA", 1))


def _study_programme(rng: Random, marks: list[Record]) -> Record:
    """Return hours and grades; a grade below 4 brings the mark of disadvantage funding."""
    grades = {"MathGrade": rng.choice(_GRADES), "EngGrade": rng.choice(_GRADES)}
    for code, grade in enumerate(grades.values(), start=1):
        if grade in _LOW_GRADES:
            marks.append(_mark("EDF", code))
    if rng.random() < 0.2:
        marks += [_mark("FME", 2), _mark("LSR", 36)]
    return {
        "PlanLearnHours": rng.randrange(500, 800),
        "PlanEEPHours": rng.randrange(40, 200),
        **grades,
    }


def _mark(kind: str, code: int) -> Record:
    return {"LearnFAMType": kind, "LearnFAMCode": code}


def birth_after(record: Record) -> date:
    """Return the day after the latest start of the learner's aims."""
    starts = [date.fromisoformat(aim["LearnStartDate"]) for aim in record["LearningDelivery"]]
    return max(starts) + timedelta(days=1)
