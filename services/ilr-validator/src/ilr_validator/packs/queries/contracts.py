"""What is known of the provider's contracts (`FCSDataService`).

Asked only for the rows of `where`.
"""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.reference import ContractEligibilities, Contracts
from ilr_validator.engine.tables import Table
from ilr_validator.engine.values import Mask, Numbers, Rows
from ilr_validator.packs.queries import pairs


def contract_exists(b: Batch, where: Mask) -> Mask:
    """Tell for each aim whether its contract exists (`ConRefNumberExists`)."""
    rows, _ = contract_rows(b, where & b.aims.ConRefNumber.test(bool))
    return rows >= 0


def contract_rows(b: Batch, where: Mask) -> tuple[Rows, Contracts]:
    """Give for each aim the row of its contract, or NO_ROW, and the table.

    `GetContractAllocationFor`, by the aim's ConRefNumber.
    """
    numbers = b.aims.ConRefNumber
    rows, others, contracts = b.lookup(
        Contracts, b.aims, where, numbers, by="ContractAllocationNumber"
    )
    return pairs.first(b.aims.size, rows, others), contracts


def contracts_of(
    b: Batch, table: Table, where: Mask, ukprns: Numbers
) -> tuple[Rows, Rows, Contracts]:
    """Pair each row with each contract of its UKPRN (`GetContractAllocationsFor`)."""
    return b.lookup(Contracts, table, where, ukprns)


def has_relationship(b: Batch, table: Table, where: Mask, *stream_period_codes: str) -> Mask:
    """Tell whether any contract is of one of these funding streams, whatever the letter case.

    `FundingRelationshipFCTExists`: the same answer for every row of `where`.
    """
    contracts = b.whole(Contracts, table, where)
    is_there = bool(contracts.FundingStreamPeriodCode.is_any(*stream_period_codes).any())
    return where & is_there


def eligibility(b: Batch, where: Mask) -> tuple[Rows, ContractEligibilities]:
    """Give for each aim the eligibility of its contract, or NO_ROW (`GetEligibilityRuleFor`)."""
    rows, others, found = b.lookup(ContractEligibilities, b.aims, where, b.aims.ConRefNumber)
    return pairs.first(b.aims.size, rows, others), found
