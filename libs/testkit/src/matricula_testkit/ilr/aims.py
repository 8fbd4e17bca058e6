"""Aims of each funding model: marks, prices, placements and higher education where they belong.

A record without planted faults is meant to break no rule of 2025-26; what it names outside itself
stands in `catalogue`.
"""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from matricula_testkit.ilr import catalogue, higher_education, identifiers
from matricula_testkit.ilr.head import PREPARED

Record = dict[str, Any]
FUND_MODELS: Final = (10, 11, 25, 35, 36, 37, 38, 81, 82, 99)
APPRENTICESHIP: Final = 36
BOOTCAMP: Final = 37
_YEAR_START: Final = date(2025, 8, 1)
# 28 is left out: it says that somebody was in custody
_WITHDRAW_REASONS: Final = (2, 3, 7, 29, 40, 43, 44, 98)
_ADULT_SOURCE: Final = "105"
_YOUNG_SOURCE: Final = "107"
_FEW_DAYS: Final = 3
_LEAST_DAYS: Final = 45
"""An aim lasts so long at least before it may have ended."""


def funding_model(index: int, rng: Random) -> int:
    """Return each funding model once for the first ten learners, then at random by weight."""
    if index < len(FUND_MODELS):
        return FUND_MODELS[index]
    return rng.choices(FUND_MODELS, (8, 8, 18, 4, 20, 5, 20, 3, 4, 10))[0]


def start_date(fund_model: int, rng: Random) -> date:
    """Return a start; adult skills (35) and community learning (10) are carried over."""
    if fund_model == 35:
        return date(2023, 9, 4) + timedelta(days=rng.randrange(200))
    if fund_model == 10:
        return date(2024, 2, 5) + timedelta(days=rng.randrange(120))
    return _YEAR_START + timedelta(days=rng.randrange(150))


def deliveries(fund_model: int, *, rng: Random, index: int, start: date) -> list[Record]:
    """Return the aims of a learner, numbered from 1."""
    aims = _BUILDERS[fund_model](fund_model, rng, start)
    if fund_model not in _PROGRAMMES and rng.random() < 0.34:
        aims.append(_SECOND.get(fund_model, _plain_second)(fund_model, rng, start))
    number = rng.randrange(1_000_000)
    for sequence, aim in enumerate(aims, start=1):
        aim["AimSeqNumber"] = sequence
        if number % 17 == 0:
            aim["SWSupAimId"] = f"{index:08x}-0000-4000-8000-{sequence:012x}"
        if number % 19 == 0 and aim["AimType"] != 1:
            aim["PartnerUKPRN"] = catalogue.PARTNERS[number % len(catalogue.PARTNERS)]
        if number % 7 == 0:
            aim["ProviderSpecDeliveryMonitoring"] = [
                {"ProvSpecDelMonOccur": "A", "ProvSpecDelMon": f"Group {number % 40}"}
            ]
    if number % 12 == 0:
        _finish(aims[-1], rng, start)
    return aims


def _aim(
    fund_model: int, rng: Random, start: date, choice: tuple[catalogue.LearningAim, ...],
    *, source: str, aim_type: int = 4,
) -> Record:  # fmt: skip
    number = rng.randrange(1_000_000)
    return {
        "LearnAimRef": choice[number % len(choice)].reference,
        "AimType": aim_type,
        "LearnStartDate": start.isoformat(),
        "LearnPlanEndDate": (start + timedelta(days=60 + number % 500)).isoformat(),
        "FundModel": fund_model,
        "DelLocPostCode": identifiers.postcode(number),
        "CompStatus": 1,
        "LearningDeliveryFAM": [_fam("SOF", source)],
    }


def _adult_aim(fund_model: int, rng: Random, start: date) -> Record:
    aim = _aim(fund_model, rng, start, catalogue.ADULT, source=_ADULT_SOURCE)
    aim["LSDPostcode"] = identifiers.postcode(rng.randrange(10_000))
    aim["LearningDeliveryFAM"].append(_fam("FFI", "2"))
    if rng.random() < 0.1:
        aim["PriorLearnFundAdj"] = rng.randrange(10, 90)
    if rng.random() < 0.03:
        aim["OrigLearnStartDate"] = (start - timedelta(days=90)).isoformat()
        aim["LearningDeliveryFAM"].append(_fam("RES", "1"))
    return aim


def _other_adult_aim(fund_model: int, rng: Random, start: date) -> Record:
    aim = _adult_aim(fund_model, rng, start)
    aim["LearningDeliveryFAM"].append(_fam("LDM", "331"))
    return aim


def _community_aim(fund_model: int, rng: Random, start: date) -> Record:
    aim = _aim(fund_model, rng, start, catalogue.COMMUNITY, source=_ADULT_SOURCE)
    aim["LearningDeliveryFAM"].append(_fam("ACL", rng.choice("1234567")))
    aim["LSDPostcode"] = identifiers.postcode(rng.randrange(10_000))
    if fund_model == 10:
        aim["LearningDeliveryFAM"].append(_fam("ASL", rng.choice("1234")))
        aim["LearnPlanEndDate"] = (_YEAR_START + timedelta(days=rng.randrange(300))).isoformat()
        return aim
    aim["PHours"] = rng.randrange(10, 90)
    aim["LearningDeliveryFAM"].append(_fam("LDM", rng.choice(("399", "400", "401"))))
    return aim


def _young_aim(fund_model: int, rng: Random, start: date) -> Record:
    aim_type = 5 if fund_model == 25 else 4
    choice = catalogue.STUDY
    aim = _aim(fund_model, rng, start, choice, source=_YOUNG_SOURCE, aim_type=aim_type)
    if fund_model == 82:
        aim["LearningDeliveryFAM"].append(_fam("LDM", "331"))
    return aim


def _work_experience(fund_model: int, rng: Random, start: date) -> Record:
    choice = (catalogue.WORK_EXPERIENCE,)
    aim = _aim(fund_model, rng, start, choice, source=_YOUNG_SOURCE)
    placement: Record = {
        "WorkPlaceStartDate": (start + timedelta(days=20)).isoformat(),
        "WorkPlaceHours": rng.randrange(30, 300),
        "WorkPlaceMode": rng.choice((1, 2)),
        "WorkPlaceEmpId": identifiers.employer(rng.randrange(1_000_000)),
    }
    if rng.random() < 0.5:
        placement["WorkPlaceEndDate"] = (start + timedelta(days=40)).isoformat()
    aim["LearningDeliveryWorkPlacement"] = [placement]
    if fund_model == 82:
        aim["LearningDeliveryFAM"].append(_fam("LDM", "331"))
    return aim


def _apprenticeship(fund_model: int, rng: Random, start: date) -> list[Record]:
    choice = (catalogue.PROGRAMME,)
    programme = _aim(fund_model, rng, start, choice, source=_ADULT_SOURCE, aim_type=1)
    component = _aim(
        fund_model, rng, start, (catalogue.COMPONENT,), source=_ADULT_SOURCE, aim_type=3
    )
    total = rng.randrange(3_000, 15_000)
    shared = {
        "ProgType": 25,
        "StdCode": rng.choice(catalogue.STANDARDS),
        "LearnPlanEndDate": (start + timedelta(days=380 + rng.randrange(400))).isoformat(),
        "ConRefNumber": rng.choice(catalogue.AGREEMENTS),
    }
    programme |= shared | {
        "PHours": rng.randrange(400, 900),
        "OTJActHours": rng.randrange(1, 300),
        "EPAOrgID": rng.choice(catalogue.ASSESSMENT_ORGANISATIONS),
        "AppFinRecord": [
            _financial("TNP", 1, start, total),
            _financial("TNP", 2, start, total // 5),
            _financial("PMR", 1, start + timedelta(days=28), total // 20),
        ],
    }
    component |= shared
    programme["LearningDeliveryFAM"].append(_fam("ACT", "1", start))
    return [programme, component]


def _bootcamp(fund_model: int, rng: Random, start: date) -> list[Record]:
    programme = _aim(
        fund_model, rng, start, (catalogue.PROGRAMME,), source=_ADULT_SOURCE, aim_type=1
    )
    subject = _aim(fund_model, rng, start, (catalogue.BOOTCAMP,), source=_ADULT_SOURCE, aim_type=3)
    shared = {
        "ProgType": 32,
        "ConRefNumber": catalogue.BOOTCAMP_CONTRACT,
        "LearnPlanEndDate": (start + timedelta(days=60 + rng.randrange(40))).isoformat(),
    }
    for aim in (programme, subject):
        aim.update(shared)
        aim["LearningDeliveryFAM"].append(_fam("FFI", "1"))
    return [programme, subject]


def _non_funded(fund_model: int, rng: Random, start: date) -> list[Record]:
    if rng.random() < 0.4:
        aim = _aim(fund_model, rng, start, (catalogue.HIGHER,), source="1")
        aim["LearningDeliveryHE"] = higher_education.of_aim(rng)
    else:
        aim = _aim(fund_model, rng, start, catalogue.COMMUNITY, source="998")
    return [aim]


def _plain_second(fund_model: int, rng: Random, start: date) -> Record:
    return _BUILDERS[fund_model](fund_model, rng, start)[0]


def _finish(aim: Record, rng: Random, start: date) -> None:
    """End an aim, where it began long enough before the file was prepared."""
    latest = min(date.fromisoformat(aim["LearnPlanEndDate"]), PREPARED.date() - timedelta(days=1))
    if aim.get("ProgType") or latest < max(start + timedelta(days=_LEAST_DAYS), _YEAR_START):
        return
    span = (latest - max(start + timedelta(days=_LEAST_DAYS), _YEAR_START)).days
    ended = latest - timedelta(days=rng.randrange(span + 1))
    aim["LearnActEndDate"] = ended.isoformat()
    if aim["FundModel"] == 11:
        aim["TLOut"] = rng.choice((1, 2, 3))
    if rng.random() < 0.3:
        aim |= {"CompStatus": 3, "WithdrawReason": rng.choice(_WITHDRAW_REASONS), "Outcome": 3}
    else:
        aim |= {"CompStatus": 2, "Outcome": 1, "OutGrade": "PA"}


def make_short(aims: list[Record]) -> None:
    """Let aims last a few days only, as nobody needs a number of their own for."""
    for aim in aims:
        start = date.fromisoformat(aim["LearnStartDate"])
        aim["LearnPlanEndDate"] = (start + timedelta(days=_FEW_DAYS)).isoformat()
        for name in ("LearnActEndDate", "WithdrawReason", "Outcome", "OutGrade"):
            aim.pop(name, None)
        aim["CompStatus"] = 1


def _fam(kind: str, code: str, start: date | None = None) -> Record:
    row: Record = {"LearnDelFAMType": kind, "LearnDelFAMCode": code}
    if start is not None:
        row["LearnDelFAMDateFrom"] = start.isoformat()
    return row


def _financial(kind: str, code: int, on: date, amount: int) -> Record:
    return {"AFinType": kind, "AFinCode": code, "AFinDate": on.isoformat(), "AFinAmount": amount}


def _alone(build: Callable[[int, Random, date], Record]) -> Callable[..., list[Record]]:
    return lambda fund_model, rng, start: [build(fund_model, rng, start)]


_PROGRAMMES: Final = frozenset({APPRENTICESHIP, BOOTCAMP})
_BUILDERS: Final[dict[int, Callable[[int, Random, date], list[Record]]]] = {
    10: _alone(_community_aim),
    11: _alone(_community_aim),
    25: _alone(_young_aim),
    35: _alone(_adult_aim),
    APPRENTICESHIP: _apprenticeship,
    BOOTCAMP: _bootcamp,
    38: _alone(_adult_aim),
    81: _alone(_other_adult_aim),
    82: _alone(_young_aim),
    99: _non_funded,
}
_SECOND: Final[dict[int, Callable[[int, Random, date], Record]]] = {
    25: _work_experience,
    82: _work_experience,
}
