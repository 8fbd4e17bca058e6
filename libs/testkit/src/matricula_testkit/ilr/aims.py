"""Aims of each funding model: marks, prices, placements and higher education where they belong.

Plausible, not complete: the record model decides what is right here, not the funding rules.
"""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from matricula_testkit.ilr import identifiers

Record = dict[str, Any]
FUND_MODELS: Final = (10, 11, 25, 35, 36, 37, 38, 81, 82, 99)
_YEAR_START: Final = date(2025, 8, 1)
_OPEN_END_DAYS: Final = 250  # aims whose plan ends within the year up to the preparation date
# 28 is left out: it says that somebody was in custody
_WITHDRAW_REASONS: Final = (2, 3, 7, 29, 40, 43, 44, 98)
_AIMS: Final = ("60312345", "60198765", "50110011", "Z0001234", "Z0007777", "6000001X")


def funding_model(index: int, rng: Random) -> int:
    """Return each funding model once for the first ten learners, then at random by weight."""
    if index < len(FUND_MODELS):
        return FUND_MODELS[index]
    return rng.choices(FUND_MODELS, (8, 8, 18, 4, 20, 5, 20, 3, 4, 10))[0]


def start_date(fund_model: int, rng: Random) -> date:
    """Return a start; adult skills (35) and other adult (81) are carried over from years before."""
    if fund_model == 35:
        return date(2023, 9, 4) + timedelta(days=rng.randrange(200))
    if fund_model == 81:
        return date(2024, 2, 5) + timedelta(days=rng.randrange(120))
    return _YEAR_START + timedelta(days=rng.randrange(150))


def deliveries(fund_model: int, *, rng: Random, index: int, start: date) -> list[Record]:
    """Return the aims of a learner, numbered from 1."""
    aims = [_BUILDERS.get(fund_model, _adult_aim)(fund_model, rng, start)]
    if fund_model in (36, 81):
        aims.append(_component(fund_model, rng, start))
    elif rng.random() < 0.34:
        aims.append(_aim(fund_model, rng, start))
    number = rng.randrange(1_000_000)
    for sequence, aim in enumerate(aims, start=1):
        aim["AimSeqNumber"] = sequence
        if number % 17 == 0:
            aim["SWSupAimId"] = f"{index:08x}-0000-4000-8000-{sequence:012x}"
        if number % 19 == 0:
            aim["PartnerUKPRN"] = 10_000_000 + number % 700
        if number % 7 == 0:
            aim["ProviderSpecDeliveryMonitoring"] = [
                {"ProvSpecDelMonOccur": "A", "ProvSpecDelMon": f"Group {number % 40}"}
            ]
    if number % 12 == 0:
        _finish(aims[-1], rng, start)
    return aims


def _aim(fund_model: int, rng: Random, start: date, *, aim_type: int = 4) -> Record:
    number = rng.randrange(1_000_000)
    aim: Record = {
        "LearnAimRef": _AIMS[number % len(_AIMS)],
        "AimType": aim_type,
        "LearnStartDate": start.isoformat(),
        "LearnPlanEndDate": (start + timedelta(days=60 + number % 500)).isoformat(),
        "FundModel": fund_model,
        "DelLocPostCode": identifiers.postcode(number),
        "CompStatus": 1,
        "LearningDeliveryFAM": [_fam("SOF", "105" if fund_model in (35, 38, 11, 10) else "107")],
    }
    if number % 31 == 0:
        aim["OrigLearnStartDate"] = (start - timedelta(days=90)).isoformat()
        aim["LearningDeliveryFAM"].append(_fam("RES", "1"))
    return aim


def _adult_aim(fund_model: int, rng: Random, start: date) -> Record:
    aim = _aim(fund_model, rng, start)
    aim["LSDPostcode"] = identifiers.postcode(rng.randrange(10_000))
    aim["LearningDeliveryFAM"].append(_fam("FFI", rng.choice("12")))
    if rng.random() < 0.2:
        aim["LearningDeliveryFAM"].append(_fam("LDM", rng.choice(("363", "376", "328"))))
    if rng.random() < 0.1:
        aim["AddHours"] = rng.randrange(10, 200)
        aim["PriorLearnFundAdj"] = rng.randrange(10, 90)
    return aim


def _community_aim(fund_model: int, rng: Random, start: date) -> Record:
    aim = _aim(fund_model, rng, start)
    aim["LearningDeliveryFAM"].append(_fam("ASL", rng.choice("1234")))
    if fund_model == 11:
        aim["TLOut"] = rng.choice((1, 2, 3))
    return aim


def _young_aim(fund_model: int, rng: Random, start: date) -> Record:
    aim = _aim(fund_model, rng, start, aim_type=5)
    aim["LearningDeliveryFAM"].append(_fam("HHS", rng.choice(("1", "2", "3", "98"))))
    if rng.random() < 0.15:
        placement: Record = {
            "WorkPlaceStartDate": (start + timedelta(days=20)).isoformat(),
            "WorkPlaceHours": rng.randrange(30, 300),
            "WorkPlaceMode": rng.choice((1, 2)),
            "WorkPlaceEmpId": identifiers.employer_id(rng.randrange(1_000_000)),
        }
        if rng.random() < 0.5:
            placement["WorkPlaceEndDate"] = (start + timedelta(days=60)).isoformat()
        aim["LearningDeliveryWorkPlacement"] = [placement]
    return aim


def _programme(fund_model: int, rng: Random, start: date) -> Record:
    aim = _aim(fund_model, rng, start, aim_type=1)
    total = rng.randrange(3_000, 15_000)
    aim |= {
        "LearnAimRef": "ZPROG001",
        "ProgType": 25,
        "StdCode": rng.randrange(1, 700),
        "LearnPlanEndDate": (start + timedelta(days=380 + rng.randrange(400))).isoformat(),
        "PHours": rng.randrange(280, 900),
        "EPAOrgID": f"EPA{rng.randrange(10_000):04d}",
        "ConRefNumber": f"AB{rng.randrange(10_000):04d}",
        "AppFinRecord": [
            _financial("TNP", 1, start, total),
            _financial("TNP", 2, start, total // 5),
            _financial("PMR", 1, start + timedelta(days=28), total // 20),
        ],
    }
    if fund_model == 36:
        aim["OTJActHours"] = rng.randrange(1, 300)
        aim["LearningDeliveryFAM"].append(_fam("ACT", "1", start))
    if rng.random() < 0.08:
        aim["LearningDeliveryHE"] = _higher_education(rng)
    return aim


def _component(fund_model: int, rng: Random, start: date) -> Record:
    aim = _aim(fund_model, rng, start, aim_type=3)
    aim |= {"ProgType": 25, "StdCode": rng.randrange(1, 700)}
    return aim


def _bootcamp(fund_model: int, rng: Random, start: date) -> Record:
    aim = _aim(fund_model, rng, start, aim_type=1)
    aim |= {"LearnAimRef": "ZPROG001", "ProgType": 32, "OtherFundAdj": rng.randrange(50, 100)}
    support = _fam("LSF", "1", start)
    support["LearnDelFAMDateTo"] = (start + timedelta(days=56)).isoformat()
    aim["LearningDeliveryFAM"].append(support)
    return aim


def _non_funded(fund_model: int, rng: Random, start: date) -> Record:
    aim = _aim(fund_model, rng, start)
    if rng.random() < 0.4:
        aim["LearningDeliveryHE"] = _higher_education(rng)
        aim["LearningDeliveryFAM"] = [_fam("SOF", "1")]
    else:
        aim["LearningDeliveryFAM"] = [_fam("ADL", "1")]
    return aim


def _higher_education(rng: Random) -> Record:
    number = rng.randrange(1_000_000)
    he: Record = {"QUALENT3": "P41", "SOC": 2136, "SEC": number % 9 + 1}
    if number % 2 == 0:
        he = {"SSN": f"TEST{number:08d}A", **he, "UCASSCHEMECODE": f"TC{number % 100:02d}"}
    he |= {
        "TYPEYR": number % 5 + 1,
        "MODESTUD": (1, 2, 31, 99)[number % 4],
        "FUNDLEV": 20,
        "FUNDCOMP": number % 3 + 1,
        "STULOAD": (number % 1000 + 1) / 10,
        "YEARSTU": number % 4 + 1,
        "MSTUFEE": number % 5 + 1,
        "PCOLAB": (number % 999 + 1) / 10,
        "SPECFEE": number % 6,
        "NETFEE": number % 9_250,
        "GROSSFEE": 9_250,
        "PERMADDCOUNTRY": "XF",
        "ELQ": number % 3 + 1,
        "HEPostCode": identifiers.postcode(number),
    }
    return he


def _finish(aim: Record, rng: Random, start: date) -> None:
    planned = date.fromisoformat(aim["LearnPlanEndDate"])
    ended = min(planned, start + timedelta(days=30 + rng.randrange(_OPEN_END_DAYS)))
    aim["LearnActEndDate"] = ended.isoformat()
    if rng.random() < 0.3:
        aim |= {"CompStatus": 3, "WithdrawReason": rng.choice(_WITHDRAW_REASONS), "Outcome": 3}
    else:
        aim |= {"CompStatus": 2, "Outcome": 1, "OutGrade": rng.choice(("PA", "D", "M", "A", "B"))}
        if aim["FundModel"] in (36, 81):
            aim["AchDate"] = ended.isoformat()


def _fam(kind: str, code: str, start: date | None = None) -> Record:
    row: Record = {"LearnDelFAMType": kind, "LearnDelFAMCode": code}
    if start is not None:
        row["LearnDelFAMDateFrom"] = start.isoformat()
    return row


def _financial(kind: str, code: int, on: date, amount: int) -> Record:
    return {"AFinType": kind, "AFinCode": code, "AFinDate": on.isoformat(), "AFinAmount": amount}


_BUILDERS: Final[dict[int, Callable[[int, Random, date], Record]]] = {
    10: _community_aim,
    11: _community_aim,
    25: _young_aim,
    36: _programme,
    37: _bootcamp,
    81: _programme,
    82: _young_aim,
    99: _non_funded,
}
