"""Builds one synthetic learner from a seed and a number; the same two always give the same one.

A record is the NDJSON shape: ILR names, lists for entities that may repeat. It holds text, int and
float values and no class `criminal_offence`.
"""

from datetime import date, timedelta
from random import Random
from typing import Any, Final

from matricula_testkit.ilr import aims, people

Record = dict[str, Any]
_YOUNG: Final = frozenset({25, 82})
_EMPLOYED: Final = frozenset({36, 81})


def learner(seed: int, index: int) -> Record:
    """Return learner number `index` (from 0) of the sample with this seed."""
    rng = Random(seed * 1_000_003 + index)
    fund_model = aims.funding_model(index, rng)
    start = aims.start_date(fund_model, rng)
    is_young = fund_model in _YOUNG
    record = people.core(
        rng, seed=seed, index=index, ages=(16, 18) if is_young else (19, 64), on=start
    )
    marks: list[Record] = []
    if is_young:
        record |= _study_programme(rng, marks)
    record |= people.contact(rng, index=index)
    record["PriorAttain"] = people.prior_attainment(rng, on=start - timedelta(days=30))
    if record["LLDDHealthProb"] == 1:
        record["LLDDandHealthProblem"] = people.health_problems(rng)
        if rng.random() < 0.2:
            marks += [_mark("EHC", 1), _mark("SEN", 1)] if is_young else [_mark("DLA", 1)]
            record["ALSCost"] = rng.randrange(500, 19_000)
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
    if any("LearningDeliveryHE" in aim for aim in deliveries):
        record["LearnerHE"] = _higher_education(rng)
    record["LearningDelivery"] = deliveries
    return record


def _study_programme(rng: Random, marks: list[Record]) -> Record:
    marks.append(_mark("EDF", 1))
    if rng.random() < 0.1:
        marks.append(_mark("HNS", 1))
    if rng.random() < 0.2:
        marks += [_mark("FME", 2), _mark("LSR", 36)]
    return {
        "PlanLearnHours": rng.randrange(100, 900),
        "PlanEEPHours": rng.randrange(10, 200),
        "MathGrade": rng.choice(("3", "4", "5", "2", "NONE")),
        "EngGrade": rng.choice(("3", "4", "5", "2", "NONE")),
    }


def _higher_education(rng: Random) -> Record:
    number = rng.randrange(1_000_000)
    he: Record = {}
    if number % 2:
        he["UCASPERID"] = f"{number:010d}"
    he["TTACCOM"] = number % 9 + 1
    if number % 3 == 0:
        he["LearnerHEFinancialSupport"] = [{"FINTYPE": number % 4 + 1, "FINAMOUNT": number % 9_000}]
    return he


def _mark(kind: str, code: int) -> Record:
    return {"LearnFAMType": kind, "LearnFAMCode": code}


def birth_after(record: Record) -> date:
    """Return the day after the latest start of the learner's aims."""
    starts = [date.fromisoformat(aim["LearnStartDate"]) for aim in record["LearningDelivery"]]
    return max(starts) + timedelta(days=1)
