"""Learners of 2020-21 for the benchmark of rules: four kinds, three aims each, 2 % with faults."""

import random
from collections.abc import Iterator
from typing import Any, Final

FAULTY: Final = 0.02
POSTCODES: Final = [f"ZZ{number} {digit}ZZ" for number in range(1, 60) for digit in range(1, 10)]
NAMES: Final = ("Testa", "Sample", "Fictia", "Placehold", "Specimen", "Exampla")


def learners(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Make so many learners; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - a benchmark
    for number in range(count):
        learner = _learner(chance, number)
        if chance.random() < FAULTY:
            _plant(chance, learner)
        yield learner


def _learner(chance: random.Random, number: int) -> dict[str, Any]:
    kind = chance.choice((_apprentice, _adult, _young, _unfunded))
    reference = f"B{number:08}"
    return {
        "LearnRefNumber": reference,
        "ULN": _uln(number),
        "FamilyName": chance.choice(NAMES) + chr(97 + number % 26),
        "GivenNames": chance.choice(NAMES),
        "Ethnicity": 31,
        "Sex": chance.choice("FM"),
        "LLDDHealthProb": 2,
        "NINumber": f"AB{number % 1_000_000:06}A",
        "PriorAttain": 2,
        "PlanLearnHours": 600,
        "PlanEEPHours": 40,
        "MathGrade": "NONE",
        "EngGrade": "NONE",
        "PostcodePrior": chance.choice(POSTCODES),
        "Postcode": chance.choice(POSTCODES),
        "AddLine1": f"{number % 200} Example Road",
        "LearnerFAMs": [{"LearnFAMType": "NLM", "LearnFAMCode": 17}],
        "ProviderSpecLearnerMonitorings": [
            {"ProvSpecLearnMonOccur": "A", "ProvSpecLearnMon": f"T{number % 50}"}
        ],
        **kind(chance),
    }


def _uln(number: int) -> int:
    for base in range(100_000_000 + number * 11, 100_000_000 + number * 11 + 11):
        digits = [int(digit) for digit in str(base)]
        rest = sum(digit * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True))
        if rest % 11:
            return base * 10 + 10 - rest % 11
    raise AssertionError


def _aim(sequence: int, reference: str, **fields: Any) -> dict[str, Any]:
    return {
        "AimSeqNumber": sequence, "LearnAimRef": reference, "AimType": 3, "CompStatus": 1,
        "LearnStartDate": "2020-09-01", "LearnPlanEndDate": "2022-03-31",
        "DelLocPostCode": "ZZ1 1ZZ", "SWSupAimId": "0b0b0b0b-0000-4000-8000-00000000000a",
        **fields,
    }  # fmt: skip


def _fam(kind: str, code: str, **dates: str) -> dict[str, Any]:
    return {"LearnDelFAMType": kind, "LearnDelFAMCode": code, **dates}


def _employed() -> list[dict[str, Any]]:
    monitoring = [{"ESMType": "SEM", "ESMCode": 1}, {"ESMType": "EII", "ESMCode": 6},
                  {"ESMType": "LOE", "ESMCode": 3}]  # fmt: skip
    return [{"EmpStat": 10, "DateEmpStatApp": "2020-06-01", "EmpId": 154549452,
             "EmploymentStatusMonitorings": monitoring}]  # fmt: skip


def _apprentice(chance: random.Random) -> dict[str, Any]:
    fams = [_fam("SOF", "105"), _fam("LDM", "347")]
    contract = _fam("ACT", "1", LearnDelFAMDateFrom="2020-09-01")
    prices = [{"AFinType": "TNP", "AFinCode": code, "AFinAmount": 900 * code,
               "AFinDate": "2020-09-01"} for code in (1, 2)]  # fmt: skip
    common = {"FundModel": 36, "ProgType": 25, "StdCode": 10}
    born = f"{chance.randint(1985, 2000)}-03-14"
    return {
        "DateOfBirth": born,
        "LearnerEmploymentStatuses": _employed(),
        "LearningDeliveries": [
            _aim(1, "ZPROG001", AimType=1, PHours=400, EPAOrgID="EPA0001", AppFinRecords=prices,
                 LearningDeliveryFAMs=[*fams, contract], **common),
            _aim(2, "60000001", LearningDeliveryFAMs=fams, **common),
            _aim(3, "60000002", LearningDeliveryFAMs=fams, **common),
        ],
    }  # fmt: skip


def _adult(chance: random.Random) -> dict[str, Any]:
    fams = [_fam("SOF", "105"), _fam("FFI", "1"), _fam("LDM", "034")]
    return {
        "DateOfBirth": f"{chance.randint(1960, 1995)}-11-02",
        "LearnerEmploymentStatuses": _employed(),
        "LearningDeliveries": [
            _aim(sequence, f"6000001{sequence}", AimType=4, FundModel=35,
                 LearnPlanEndDate="2021-05-31", LearningDeliveryFAMs=fams)
            for sequence in (1, 2, 3)
        ],
    }  # fmt: skip


def _young(chance: random.Random) -> dict[str, Any]:
    fams = [_fam("SOF", "107")]
    return {
        "DateOfBirth": f"{chance.randint(2002, 2003)}-10-20",
        "LearningDeliveries": [
            _aim(sequence, f"6000002{sequence}", AimType=5 if sequence == 1 else 4, FundModel=25,
                 LearnPlanEndDate="2021-07-09", LearningDeliveryFAMs=fams)
            for sequence in (1, 2, 3)
        ],
    }  # fmt: skip


def _unfunded(chance: random.Random) -> dict[str, Any]:
    return {
        "DateOfBirth": f"{chance.randint(1970, 1998)}-07-07",
        "LearnerEmploymentStatuses": _employed(),
        "LearningDeliveries": [
            _aim(sequence, f"6000003{sequence}", AimType=4, FundModel=99,
                 LearnPlanEndDate="2021-06-30", LearningDeliveryFAMs=[_fam("LDM", "118")])
            for sequence in (1, 2, 3)
        ],
    }  # fmt: skip


AIMS: Final = (
    "ZPROG001", "60000001", "60000002",
    *(f"6000001{n}" for n in (1, 2, 3)), *(f"6000002{n}" for n in (1, 2, 3)),
    *(f"6000003{n}" for n in (1, 2, 3)),
)  # fmt: skip
CATEGORIES: Final = (
    "ADULT_SKILLS", "APPRENTICESHIPS", "1619_EFA", "ANY", "OLASS_ADULT",
)  # fmt: skip
PADDING: Final = 10_000
"""Further aims in the snapshot, so that it has a size worth looking things up in."""


def reference(count: int) -> dict[str, list[dict[str, Any]]]:
    """Give the rows of reference data that so many learners need."""
    ever = {"EffectiveFrom": "2010-08-01", "EffectiveTo": None}
    aims = [*AIMS, *(f"7{number:07}" for number in range(PADDING))]
    started = {"StartDate": "2010-08-01", "EndDate": None, "LastNewStartDate": None}
    return {
        "lars_learning_deliveries": [
            {"LearnAimRef": aim, "LearnAimRefType": "0006", "NotionalNVQLevelv2": "2", **ever,
             "FrameworkCommonComponent": -2, "SectorSubjectAreaTier1": 1, "LearnDirectClassSystemCode1": "NUL"}
            for aim in aims
        ],
        "lars_validities": [
            {"LearnAimRef": aim, "ValidityCategory": category, **started}
            for aim in aims
            for category in CATEGORIES
        ],
        "lars_categories": [{"LearnAimRef": aim, "CategoryRef": 1, **ever} for aim in aims],
        "lars_annual_values": [
            {"LearnAimRef": aim, "BasicSkills": 0, "BasicSkillsType": None, **ever} for aim in aims
        ],
        "lars_standards": [{"StandardCode": 10, "NotionalEndLevel": "3", **ever}],
        "lars_standard_validities": [
            {"StandardCode": 10, "ValidityCategory": "APPRENTICESHIPS", **started}
        ],
        "lars_standard_fundings": [
            {"StandardCode": 10, "FundingCategory": "StandardTblazer",
             "CoreGovContributionCap": 9000, **ever}
        ],
        "organisations": [{"UKPRN": 10_000_001, "LegalOrgType": "PLBG", "PartnerUKPRN": 0}],
        "postcodes": [{"Postcode": postcode} for postcode in POSTCODES],
        "ons_postcodes": [{"Postcode": postcode, **ever} for postcode in POSTCODES],
        "contract_allocations": [
            {"ContractAllocationNumber": stream, "DeliveryUKPRN": 10_000_001,
             "FundingStreamPeriodCode": stream, "StartDate": "2017-05-01"}
            for stream in ("LEVY1799", "NONLEVY2019", "AEBC-19TRN2021", "AEBC-ASCL2021",
                           "16-18NLAP2018", "ANLAP2018", "AEB-AS2021", "1619ED2021")
        ],
        "assessment_organisations": [{"EPAOrgID": "EPA0001", "StandardCode": 10, **ever}],
        "employers": [{"EmpId": 154549452}],
        "ulns": [{"ULN": _uln(number)} for number in range(count)],
    }  # fmt: skip


def _plant(chance: random.Random, learner: dict[str, Any]) -> None:
    aim = chance.choice(learner["LearningDeliveries"])
    fault = chance.randrange(5)
    if fault == 0:
        learner["ULN"] += 1
    elif fault == 1:
        aim["LearnActEndDate"] = "2020-08-01"
    elif fault == 2:
        learner["Ethnicity"] = 55
    elif fault == 3:
        aim["LearningDeliveryFAMs"] = []
    else:
        aim["CompStatus"] = 3
