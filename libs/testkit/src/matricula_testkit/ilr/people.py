"""Who the synthetic learners are: names that nobody can take for a person's, dates, contact."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from matricula_testkit.ilr import catalogue, identifiers

_WORDS: Final = (
    "Alpha", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India", "Juliett",
    "Kilo", "Lima", "Mike", "November", "Oscar", "Papa", "Quebec", "Romeo", "Sierra", "Tango",
    "Uniform", "Victor", "Whiskey", "Xray", "Yankee", "Zulu",
)  # fmt: skip
_FAMILIES: Final = (
    "Testcase", "Sample", "Synthetic", "Fixture", "O'Sample", "Test-Case", "Prøve", "Échantillon",
    "Próbka", "Δοκιμή",
)  # fmt: skip
_ETHNICITIES: Final = (31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 98, 99)
_PRIOR_LEVELS: Final = (1, 2, 3, 4, 5, 6, 97, 98, 99)
_CATEGORIES: Final = (4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 93, 94, 95, 96, 97, 98, 99)

Record = dict[str, Any]


def birth_date(rng: Random, *, youngest: int, oldest: int, on: date) -> date:
    """Return a birth date of somebody between two ages on a day."""
    return on - timedelta(days=rng.randrange(youngest * 366, oldest * 365))


def name(index: int) -> tuple[str, str]:
    """Return given and family names; no pair repeats within 456,976 learners."""
    words = []
    number = index
    for _ in range(3):
        number, place = divmod(number, len(_WORDS))
        words.append(_WORDS[place])
    family, extra = _FAMILIES[index % len(_FAMILIES)], number % len(_WORDS)
    return f"{words[0]} {words[1]}", f"{family} {words[2]} {_WORDS[extra]}"


def core(rng: Random, *, seed: int, index: int, ages: tuple[int, int], on: date) -> Record:
    """Return the fields of a learner up to Email, in the order of the record."""
    given, family = name(index)
    number = rng.randrange(1_000_000)
    has_health_problem = rng.choice((1, 2, 2, 2, 2, 9))
    record: Record = {"LearnRefNumber": identifiers.learn_ref_number(seed, index)}
    if number % 20 == 0:
        record["PrevLearnRefNumber"] = f"P{index:07d}"
        record["PrevUKPRN"] = _one_of(catalogue.EARLIER_PROVIDERS, number)
    if number % 97 == 0:
        record["PMUKPRN"] = _one_of(catalogue.EARLIER_PROVIDERS, number + 1)
    if number % 11 == 0:
        record["CampId"] = _one_of(catalogue.CAMPUSES, number)
    temporary = number % 101 == 0
    record |= {
        "ULN": identifiers.TEMPORARY_ULN if temporary else identifiers.uln(seed, index),
        "FamilyName": family,
        "GivenNames": given,
        "DateOfBirth": birth_date(rng, youngest=ages[0], oldest=ages[1], on=on).isoformat(),
        "Ethnicity": rng.choice(_ETHNICITIES),
        "Sex": "MF"[number % 2],
        "LLDDHealthProb": has_health_problem,
    }
    if number % 2 == 0:
        record["NINumber"] = identifiers.national_insurance_number(index)
    if number % 41 == 0:
        record["Accom"] = 5
    return record


def _one_of(choice: Sequence[Any], number: int) -> Any:
    return choice[number % len(choice)]


def contact(rng: Random, *, index: int) -> Record:
    """Return the postcodes, address lines, telephone and e-mail of a learner."""
    number = rng.randrange(1_000_000)
    record: Record = {
        "PostcodePrior": identifiers.postcode(number) if number % 23 else "ZZ99 9ZZ",
        "Postcode": identifiers.postcode(number + 3),
        "AddLine1": f"{number % 200 + 1} Testcase Street",
    }
    if number % 3 == 0:
        record["AddLine2"] = "Flat 1 (rear), Sample House"
    if number % 5 == 0:
        record["AddLine3"] = "Fixture-on-Sea"
    if number % 15 == 0:
        record["AddLine4"] = "Testshire"
    if number % 4:
        record["TelNo"] = identifiers.telephone(number)
    if number % 6:
        record["Email"] = f"learner{index:07d}@example.org"
    return record


def prior_attainment(rng: Random, *, on: date) -> list[Record]:
    """Return one or two levels achieved before, with the dates from which they apply."""
    found = [
        {
            "PriorLevel": rng.choice(_PRIOR_LEVELS),
            "DateLevelApp": (on - timedelta(days=rng.randrange(1, 900))).isoformat(),
        }
    ]
    if rng.random() < 0.1:
        found.append({"PriorLevel": rng.choice(_PRIOR_LEVELS), "DateLevelApp": on.isoformat()})
    return found


def health_problems(rng: Random) -> list[Record]:
    """Return one to three categories, one of them marked as the primary one."""
    categories = rng.sample(_CATEGORIES, rng.choice((1, 1, 1, 2, 3)))
    return [
        {"LLDDCat": categories[0], "PrimaryLLDD": 1},
        *({"LLDDCat": one} for one in categories[1:]),
    ]


def employment(rng: Random, *, number: int, before: date, employed: bool) -> list[Record]:
    """Return one or two employment statuses, the first from before learning began."""
    first: Record = {
        "EmpStat": 10 if employed else rng.choice((11, 12, 98)),
        "DateEmpStatApp": (before - timedelta(days=rng.randrange(1, 400))).isoformat(),
    }
    if employed:
        first["EmpId"] = (
            identifiers.UNKNOWN_EMPLOYER if number % 29 == 0 else identifiers.employer(number)
        )
        first["EmploymentStatusMonitoring"] = [
            {"ESMType": "EII", "ESMCode": rng.choice((5, 6, 7, 8))},
            {"ESMType": "LOE", "ESMCode": rng.choice((1, 2, 3, 4))},
        ]
    elif first["EmpStat"] != 98:
        first["EmploymentStatusMonitoring"] = [{"ESMType": "LOU", "ESMCode": rng.choice((1, 2, 3))}]
    rows = [first]
    if number % 13 == 0:
        later: Record = {"EmpStat": 10} if employed else {"EmpStat": 11}
        later["DateEmpStatApp"] = (before + timedelta(days=30)).isoformat()
        if employed:
            later["EmpId"] = first["EmpId"]
            later["EmploymentStatusMonitoring"] = [
                {
                    "ESMType": "EII",
                    "ESMCode": 5 + first["EmploymentStatusMonitoring"][0]["ESMCode"] % 4,
                },
                {"ESMType": "LOE", "ESMCode": 1},
            ]
        else:
            later["EmploymentStatusMonitoring"] = [{"ESMType": "LOU", "ESMCode": 4}]
        rows.append(later)
    return rows
