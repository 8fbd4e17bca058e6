"""Higher education records of synthetic learners and aims."""

from random import Random
from typing import Any

from matricula_testkit.ilr import catalogue, identifiers

Record = dict[str, Any]


def of_aim(rng: Random) -> Record:
    """Return the higher education record of an aim."""
    number = rng.randrange(1_000_000)
    he: Record = {"QUALENT3": "P41", "SOC": 2136, "SEC": number % 9 + 1}
    if number % 2 == 0:
        he = {"SSN": identifiers.student_support_number(number), **he}
    he |= {
        "UCASSCHEMECODE": f"TC{number % 100:02d}",
        "TYPEYR": 1,
        "MODESTUD": 3,
        "FUNDLEV": 20,
        "FUNDCOMP": number % 3 + 1,
        "STULOAD": (number % 1000 + 1) / 10,
        "YEARSTU": number % 4 + 1,
        "MSTUFEE": number % 2 + 1,
        "PCOLAB": (number % 999 + 1) / 10,
        "SPECFEE": 0,
        "NETFEE": number % 9_250,
        "GROSSFEE": 9_250,
        "PERMADDCOUNTRY": catalogue.DOMICILE,
        "ELQ": number % 3 + 1,
        "HEPostCode": identifiers.postcode(number),
    }
    return he


def of_learner(rng: Random) -> Record:
    """Return the higher education record of a learner."""
    number = rng.randrange(1_000_000)
    he: Record = {}
    if number % 2:
        he["UCASPERID"] = f"{number:010d}"
    he["TTACCOM"] = (1, 2, 4, 5, 6, 7, 8, 9)[number % 8]
    if number % 3 == 0:
        he["LearnerHEFinancialSupport"] = [{"FINTYPE": number % 4 + 1, "FINAMOUNT": number % 9_000}]
    return he
