"""What the stand-ins for organisations, contracts, postcodes and other registers answered, as rows.

As with LARS: true gets a row that makes it true, false an empty table.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from tests.conformance.ilr_recorded_request import ALWAYS, Request, Row, key

ORGANISATIONS: Final = "organisations"
CONTRACTS: Final = "contract_allocations"
ELIGIBILITIES: Final = "contract_eligibilities"


def row_if(table: str, row: Callable[[Sequence[Any]], Row]) -> Callable[..., None]:
    """Answer "is there one?" with a row, or with an empty table."""

    def told(request: Request, args: Sequence[Any], answer: Any) -> None:
        request.table(table)
        if answer:
            request.add(table, **row(args))

    return told


def organisation_is(name: str, value: Callable[[Sequence[Any]], Any]) -> Callable[..., None]:
    """Answer "is the organisation so?" in the one row of the organisation."""

    def told(request: Request, args: Sequence[Any], answer: Any) -> None:
        request.table(ORGANISATIONS)
        if answer:
            request.only(ORGANISATIONS, UKPRN=args[0])[name] = value(args)

    return told


def organisation(request: Request, args: Sequence[Any], answer: Row | None) -> None:
    request.table(ORGANISATIONS)
    request.table("short_term_funding_initiatives")
    if answer is not None:
        own = request.only(ORGANISATIONS, UKPRN=args[0])
        own.update({name: _number(value) for name, value in answer.items() if name[0] != "S"})
        for row in answer.get("ShortTermFundingInitiatives") or ():
            request.add("short_term_funding_initiatives", **(row | {"UKPRN": args[0]}))


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


# Contracts.


def contract(request: Request, args: Sequence[Any], answer: Row | None) -> None:
    request.table(CONTRACTS)
    if answer is not None:
        number = key(args[0])
        own = request.only(CONTRACTS, ContractAllocationNumber=number)
        own.update(_without(answer, "EsfEligibilityRule", "ContractAllocationNumber"))
        eligibility(request, args, answer.get("EsfEligibilityRule"))


def contracts(request: Request, args: Sequence[Any], answer: Sequence[Row] | None) -> None:
    request.file.setdefault("ukprn", args[0])
    request.table(CONTRACTS)
    for row in answer or ():
        request.add(CONTRACTS, **(_without(row, "EsfEligibilityRule") | {"DeliveryUKPRN": args[0]}))


def eligibility(request: Request, args: Sequence[Any], answer: Row | None) -> None:
    request.table(ELIGIBILITIES)
    if answer is not None:
        own = request.only(ELIGIBILITIES, ContractAllocationNumber=key(args[0]))
        values = _without(answer, *CHILDREN, "TenderSpecReference", "LotReference")
        own.update({name: _number(value) for name, value in values.items()})
        for name, table in CHILDREN.items():
            children(table)(request, args, answer.get(name) or ())


def children(table: str) -> Callable[..., None]:
    """Answer with what a contract admits, one row each."""

    def told(request: Request, args: Sequence[Any], answer: Sequence[Row]) -> None:
        request.table(table)
        default = {"Code": 0} if table == "contract_employment_statuses" else {}
        for row in answer:
            request.add(table, **(default | row | {"ContractAllocationNumber": key(args[0])}))

    return told


CHILDREN: Final[Mapping[str, str]] = {
    "EmploymentStatuses": "contract_employment_statuses",
    "LocalAuthorities": "contract_local_authorities",
    "LocalEnterprisePartnerships": "contract_enterprise_partnerships",
    "SectorSubjectAreaLevels": "contract_subject_areas",
}


def _without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


# Postcodes.


def postcodes(table: str) -> Callable[..., None]:
    """Answer with the areas of a postcode, one row each."""

    def told(request: Request, args: Sequence[Any], answer: Sequence[Row] | None) -> None:
        request.table(table)
        for row in answer or ():
            values = {"EffectiveFrom": ALWAYS} | row | {"Postcode": key(args[0])}
            request.add(table, **values)

    return told


def assessor(args: Sequence[Any]) -> Row:
    organisation_id, standard, date = args
    return {
        "EPAOrgID": organisation_id,
        "StandardCode": standard,
        "EffectiveFrom": date,
        "EffectiveTo": date,
    }


ANSWERS: Final[dict[tuple[str, str], Callable[[Request, Sequence[Any], Any], None]]] = {
    ("IOrganisationDataService", "LegalOrgTypeMatchForUkprn"): organisation_is(
        "LegalOrgType", lambda args: args[1]
    ),
    ("IOrganisationDataService", "IsPartnerUkprn"): organisation_is("PartnerUKPRN", lambda _: 1),
    ("IOrganisationDataService", "IsLongTermResForUkprn"): organisation_is(
        "LongTermResid", lambda _: 1
    ),
    ("IOrganisationDataService", "GetOrganisationFor"): organisation,
    ("IOrganisationDataService", "CampIdExists"): row_if(
        "campuses", lambda args: {"CampusIdentifier": args[0]}
    ),
    ("IOrganisationDataService", "CampIdMatchForUkprn"): row_if(
        "campuses", lambda args: {"CampusIdentifier": args[0], "MasterUKPRN": args[1]}
    ),
    ("IFCSDataService", "GetContractAllocationFor"): contract,
    ("IFCSDataService", "GetContractAllocationsFor"): contracts,
    ("IFCSDataService", "GetEligibilityRuleFor"): eligibility,
    ("IFCSDataService", "GetEligibilityRuleEmploymentStatusesFor"): children(
        CHILDREN["EmploymentStatuses"]
    ),
    ("IFCSDataService", "GetEligibilityRuleLocalAuthoritiesFor"): children(
        CHILDREN["LocalAuthorities"]
    ),
    ("IFCSDataService", "GetEligibilityRuleEnterprisePartnershipsFor"): children(
        CHILDREN["LocalEnterprisePartnerships"]
    ),
    ("IFCSDataService", "GetEligibilityRuleSectorSubjectAreaLevelsFor"): children(
        CHILDREN["SectorSubjectAreaLevels"]
    ),
    ("IFCSDataService", "ConRefNumberExists"): row_if(
        CONTRACTS, lambda args: {"ContractAllocationNumber": args[0]}
    ),
    ("IFCSDataService", "FundingRelationshipFCTExists"): row_if(
        CONTRACTS, lambda args: {"FundingStreamPeriodCode": args[0][0]}
    ),
    ("IPostcodesDataService", "PostcodeExists"): row_if(
        "postcodes", lambda args: {"Postcode": args[0]}
    ),
    ("IPostcodesDataService", "ONSPostcodeExists"): row_if(
        "ons_postcodes", lambda args: {"Postcode": args[0], "EffectiveFrom": ALWAYS}
    ),
    ("IPostcodesDataService", "GetONSPostcodes"): postcodes("ons_postcodes"),
    ("IPostcodesDataService", "GetDevolvedPostcodes"): postcodes("devolved_postcodes"),
    ("IEmployersDataService", "IsValid"): row_if("employers", lambda args: {"EmpId": args[0]}),
    ("IULNDataService", "Exists"): row_if("ulns", lambda args: {"ULN": args[0]}),
    ("IEPAOrganisationDataService", "IsValidEpaOrg"): row_if("assessment_organisations", assessor),
}
