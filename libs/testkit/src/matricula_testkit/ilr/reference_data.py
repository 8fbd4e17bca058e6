"""Writes a small set of reference data in which everything is known that synthetic learners name.

Nothing of it is real. `python -m matricula_testkit.ilr.reference_data FOLDER` writes the tables as
ilr-validator reads them; the copy that it ships is made so.
"""

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from matricula_testkit.ilr import catalogue, identifiers

Row = Mapping[str, Any]
PROVIDERS: Final = tuple(range(10_000_001, 10_000_011))
FROM: Final = "2015-08-01"
VALIDITIES: Final = (
    "ANY", "ADULT_SKILLS", "APPRENTICESHIPS", "COMM_LEARN", "TAILORED_LEARNING", "1416_EFA",
    "1619_EFA", "ADV_LEARN_LOAN", "MCA_GLA",
)  # fmt: skip
STREAMS: Final = (
    "APPS2526", "LEVY1799", "NONLEVY2019", "ASFC-ASCL2526", "ASFC-FCFJ2526", "STFIG2526",
    "ASF2023-AS2526", "ALLB2526", "ALLBC2526", "16-18NLAP2018", "ANLAP2018",
)  # fmt: skip
POSTCODES: Final = 1_260
"""How many postcodes `identifiers.postcode` knows."""
EMPTY: Final[Mapping[str, str]] = {
    "lars_frameworks": "LearnAimRef",
    "lars_framework_common_components": "FworkCode",
    "contract_deliverables": "ContractAllocationNumber",
    "contract_eligibilities": "ContractAllocationNumber",
    "contract_employment_statuses": "ContractAllocationNumber",
    "contract_local_authorities": "ContractAllocationNumber",
    "contract_enterprise_partnerships": "ContractAllocationNumber",
    "contract_subject_areas": "ContractAllocationNumber",
    "prior_year_learners": "LearnRefNumber",
}
"""Tables that are known and hold nothing."""


def tables() -> dict[str, list[Row]]:
    """Return the rows of every table."""
    return {
        **_learning_aims(),
        **_standards(),
        **_places(),
        **_organisations(),
        **{name: [] for name in EMPTY},
        "employers": [{"EmpId": one} for one in identifiers.employers()],
        "assessment_organisations": [
            {"EPAOrgID": one, "StandardCode": code, "EffectiveFrom": FROM}
            for one in catalogue.ASSESSMENT_ORGANISATIONS
            for code in catalogue.STANDARDS
        ],
    }


def _learning_aims() -> dict[str, list[Row]]:
    aims = catalogue.AIMS
    return {
        "lars_learning_deliveries": [
            {
                "LearnAimRef": aim.reference,
                "LearnAimRefType": aim.kind,
                "EffectiveFrom": FROM,
                "NotionalNVQLevel": aim.level,
                "NotionalNVQLevelv2": aim.level,
                "SectorSubjectAreaTier1": 1,
                "SectorSubjectAreaTier2": 1.1,
                "LearnAimRefTitle": f"Synthetic aim {aim.reference}",
                "AwardOrgCode": "TEST",
                "GuidedLearningHours": 60,
            }
            for aim in aims
        ],
        "lars_validities": [
            {"LearnAimRef": aim.reference, "ValidityCategory": category, "StartDate": FROM}
            for aim in aims
            for category in VALIDITIES
        ],
        "lars_categories": [
            {"LearnAimRef": aim.reference, "CategoryRef": category, "EffectiveFrom": FROM}
            for aim in aims
            for category in aim.categories
        ],
        "lars_annual_values": [
            {"LearnAimRef": aim.reference, "BasicSkills": 0, "EffectiveFrom": FROM} for aim in aims
        ],
        "lars_aim_facts": [
            {
                "LearnAimRef": aim.reference,
                "Fact": "LearningDeliveryGenre",
                "Value": "TEST",
                "EffectiveFrom": FROM,
            }
            for aim in aims
        ],
    }


def _standards() -> dict[str, list[Row]]:
    codes = catalogue.STANDARDS
    return {
        "lars_standards": [
            {
                "StandardCode": code,
                "StandardSectorCode": 1,
                "NotionalEndLevel": 3,
                "ApprenticeshipStandardTypeCode": "A0002",
                "EffectiveFrom": FROM,
            }
            for code in codes
        ],
        "lars_standard_fundings": [
            {
                "StandardCode": code,
                "FundingCategory": "StandardTblazer",
                "EffectiveFrom": FROM,
                "CoreGovContributionCap": 27_000,
            }
            for code in codes
        ],
        "lars_standard_validities": [
            {"StandardCode": code, "ValidityCategory": "APP_STANDARDS", "StartDate": FROM}
            for code in codes
        ],
    }


def _places() -> dict[str, list[Row]]:
    known = sorted({identifiers.postcode(number) for number in range(POSTCODES)})
    return {
        "postcodes": [{"Postcode": one} for one in (*known, "ZZ99 9ZZ")],
        "ons_postcodes": [
            {
                "Postcode": one,
                "LocalAuthority": "E06999999",
                "Lep1": "E37999999",
                "Nuts": "TLZ99",
                "EffectiveFrom": "1980-01-01",
            }
            for one in known
        ],
        "devolved_postcodes": [
            {"Postcode": one, "Area": "TEST", "SourceOfFunding": 105, "EffectiveFrom": FROM}
            for one in known
        ],
    }


def _organisations() -> dict[str, list[Row]]:
    others = (*catalogue.PARTNERS, *catalogue.EARLIER_PROVIDERS)
    return {
        "organisations": [
            *(_organisation(one, kind="UGFE") for one in PROVIDERS),
            *(_organisation(one, kind="PLBG") for one in others),
        ],
        "ofs_providers": [{"UKPRN": one, "HEFundingFieldsRequired": 1} for one in PROVIDERS],
        "short_term_funding_initiatives": [
            {"UKPRN": one, "LdmCode": "382", "Reason": "TEST", "EffectiveFrom": FROM}
            for one in PROVIDERS
        ],
        "campuses": [
            {"CampusIdentifier": campus, "MasterUKPRN": one}
            for one in PROVIDERS
            for campus in catalogue.CAMPUSES
        ],
        "contract_allocations": [
            {
                "ContractAllocationNumber": f"TEST-{one}-{stream}",
                "DeliveryUKPRN": one,
                "FundingStreamPeriodCode": stream,
                "StartDate": "2025-08-01",
                "EndDate": "2026-07-31",
            }
            for one in PROVIDERS
            for stream in STREAMS
        ],
        "skills_bootcamp_contracts": [{"ILRContractRefNumber": catalogue.BOOTCAMP_CONTRACT}],
    }


def _organisation(ukprn: int, *, kind: str) -> Row:
    return {"UKPRN": ukprn, "LegalOrgType": kind, "PartnerUKPRN": 1, "LongTermResid": 0}


def write(folder: Path, lists: Iterable[str] = ()) -> None:
    """Write the tables; the code lists named are said to be complete in this small world."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables().items():
        header = list(dict.fromkeys(field for row in rows for field in row)) or [EMPTY[name]]
        _write(
            folder / f"{name}.csv", header, ([row.get(one, "") for one in header] for row in rows)
        )
    columns = ["list", "code", "from", "to", "complete"]
    _write(folder / "code_lists.csv", columns, ([name, "", "", "", "Y"] for name in lists))
    versions = dict.fromkeys(tables(), "synthetic")
    text = json.dumps(versions, indent=2, sort_keys=True) + "\n"
    (folder / "versions.json").write_text(text, encoding="utf-8")


def _write(path: Path, header: Sequence[str], rows: Iterator[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2:])
