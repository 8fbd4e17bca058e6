"""What is known of organisations, campuses, contracts and postcodes."""

from collections.abc import Callable

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.packs.queries import contracts, organisations, postcodes

Build = Callable[..., Batch]
UKPRN = 10_000_001
BOTH = np.array([True, True])


def test_organisations_are_partners_or_residential_where_they_say_so(learners: Build) -> None:
    b = learners(
        *({"PrevUKPRN": ukprn} for ukprn in (1, 2, 3, 4, None)),
        reference={
            "organisations": [
                {"UKPRN": 1, "PartnerUKPRN": 1, "LongTermResid": 0, "LegalOrgType": "USDC"},
                {"UKPRN": 2, "PartnerUKPRN": 0, "LongTermResid": 1},
                {"UKPRN": 3},
            ]
        },
    )
    every, ukprns = np.ones(5, bool), b.learners.PrevUKPRN
    table = b.learners
    exists = organisations.exists(b, table, every, ukprns)
    assert exists.tolist() == [True, True, True, False, False]
    assert np.flatnonzero(organisations.is_partner(b, table, every, ukprns)).tolist() == [0]
    residential = organisations.is_long_term_residential(b, table, every, ukprns)
    assert np.flatnonzero(residential).tolist() == [1]
    assert organisations.legal_type(b, table, every, ukprns).at(0) == "USDC"
    assert organisations.legal_type(b, table, every, ukprns).at(3) is None
    is_college = organisations.legal_type_is(b, table, every, ukprns, "USDC", "UHEO")
    assert np.flatnonzero(is_college).tolist() == [0]
    assert not organisations.legal_type_is(b, table, every, ukprns, "usdc").any()


def test_the_provider_is_the_same_for_every_row(aims: Build) -> None:
    b = aims({}, {})
    assert organisations.provider(b, b.aims).tolist() == [UKPRN, UKPRN]


def test_campuses_belong_to_providers(learners: Build) -> None:
    b = learners(
        {"CampId": "camp1"},
        {"CampId": "OTHER"},
        reference={"campuses": [{"CampusIdentifier": "CAMP1", "MasterUKPRN": UKPRN}]},
    )
    assert organisations.campus_exists(b, BOTH).tolist() == [True, False]
    assert organisations.campus_is_of(b, BOTH, UKPRN).tolist() == [True, False]
    assert not organisations.campus_is_of(b, BOTH, 2).any()


def test_contracts_are_found_by_number_and_by_provider(aims: Build) -> None:
    b = aims(
        {"ConRefNumber": "esf-1"},
        {"ConRefNumber": ""},
        reference={
            "contract_allocations": [
                {"ContractAllocationNumber": "ESF-1", "DeliveryUKPRN": 2},
                {"ContractAllocationNumber": "ESF-2", "DeliveryUKPRN": UKPRN},
                {"ContractAllocationNumber": "", "DeliveryUKPRN": UKPRN},
            ],
            "contract_eligibilities": [{"ContractAllocationNumber": "ESF-1", "MinAge": 19}],
        },
    )
    assert contracts.contract_exists(b, BOTH).tolist() == [True, False]
    rows, table = contracts.contract_rows(b, BOTH)
    assert rows.tolist() == [0, 2]
    assert table.ContractAllocationNumber.at(0) == "ESF-1"
    rows, found = contracts.eligibility(b, BOTH)
    assert rows.tolist() == [0, -1]
    assert found.MinAge.tolist() == [19]
    provider = organisations.provider(b, b.aims)
    aim_rows, own, _ = contracts.contracts_of(b, b.aims, np.array([True, False]), provider)
    assert (aim_rows.tolist(), own.tolist()) == ([0, 0], [1, 2])


def test_a_funding_relationship_is_a_contract_of_the_provider(aims: Build) -> None:
    def has(*contract: tuple[str, int | None], ukprn: float = UKPRN) -> list[bool]:
        rows = [{"FundingStreamPeriodCode": code, "DeliveryUKPRN": own} for code, own in contract]
        b = aims({}, {}, reference={"contract_allocations": rows}, ukprn=ukprn)
        where = np.array([True, False])
        found = contracts.has_relationship(b, b.aims, where, "APPS2021", "ESF1420")
        return [bool(one) for one in found]

    assert has(("apps2021", UKPRN)) == [True, False]
    assert has(("APPS2021", None)) == [True, False]
    assert has(("APPS2021", 2)) == [False, False]
    assert has(("APPS2021", 2), ukprn=np.nan) == [True, False]
    assert has(("OTHER", UKPRN), ("ESF1420", 2)) == [False, False]
    assert has() == [False, False]


def test_postcodes_exist_whatever_the_letter_case(learners: Build) -> None:
    b = learners(
        *({"Postcode": postcode} for postcode in ("aa1 1aa", "ZZ1 1ZZ", " ", None)),
        reference={
            "postcodes": [{"Postcode": "AA1 1AA"}, {"Postcode": " "}],
            "ons_postcodes": [{"Postcode": "ZZ1 1ZZ"}],
        },
    )
    every, own = np.ones(4, bool), b.learners.Postcode
    assert np.flatnonzero(postcodes.exists(b, b.learners, every, own)).tolist() == [0]
    assert np.flatnonzero(postcodes.ons_exists(b, b.learners, every, own)).tolist() == [1]


def test_blank_postcodes_and_contracts_ask_nothing(learners: Build) -> None:
    b = learners({"Postcode": " ", "LearningDeliveries": [{"ConRefNumber": ""}]}, {"Postcode": "A"})
    postcodes.exists(b, b.learners, np.array([True, False]), b.learners.Postcode)
    contracts.contract_exists(b, np.array([True]))
    assert not b.not_run.any()
    postcodes.exists(b, b.learners, BOTH, b.learners.Postcode)
    assert b.not_run.tolist() == [False, True]
