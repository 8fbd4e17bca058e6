"""What is known of the provider's contracts (`FCSDataService`).

Asked only for the rows of `where`.
"""

import numpy as np

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.reference import ContractEligibilities, Contracts
from ilr_validator.engine.tables import Table
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask, Numbers, Rows, is_null
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


def provider_contracts(
    b: Batch, where: Mask, numbers: Text, *stream_period_codes: str
) -> tuple[Rows, Rows, Contracts]:
    """Pair each aim with the provider's contracts of these funding streams that have its number."""
    rows, others, contracts = b.lookup(
        Contracts, b.aims, where, numbers, by="ContractAllocationNumber"
    )
    if not len(rows):
        return rows, others, contracts
    own = contracts.DeliveryUKPRN[others] == b.ukprn
    own &= contracts.FundingStreamPeriodCode.is_any(*stream_period_codes)[others]
    return rows[own], others[own], contracts


def has_relationship(b: Batch, table: Table, where: Mask, *stream_period_codes: str) -> Mask:
    """Tell whether the provider has a contract of one of these funding streams.

    `FundingRelationshipFCTExists`: the same answer for every row of `where`; letter case is
    ignored. A contract without a UKPRN is the provider's, as is every contract where the
    provider is not known.
    """
    contracts = b.whole(Contracts, table, where)
    ukprns, provider = contracts.DeliveryUKPRN, b.surroundings.file.ukprn
    own = (ukprns == provider) | is_null(ukprns) | np.isnan(provider)
    is_there = bool((own & contracts.FundingStreamPeriodCode.is_any(*stream_period_codes)).any())
    return where & is_there


def starts_after_stop(
    b: Batch, where: Mask, *stream_period_codes: str, is_last_of_ties: bool = False
) -> Mask:
    """Tell for each aim whether it starts when the provider's contract takes no new starts.

    The provider's contract of these funding streams that starts last says from which day on. Of
    several that start on one day the first counts, or the last (official rules do either).
    """
    if not where.any():
        return where
    contracts = b.whole(Contracts, b.aims, where)
    own = contracts.DeliveryUKPRN == b.ukprn
    rows = np.flatnonzero(own & contracts.FundingStreamPeriodCode.is_any(*stream_period_codes))
    if not len(rows):
        return np.zeros(b.aims.size, bool)
    starts = np.nan_to_num(contracts.StartDate[rows], nan=-np.inf)
    latest = rows[starts == starts.max()][-1 if is_last_of_ties else 0]
    result: Mask = where & (b.aims.LearnStartDate >= contracts.StopNewStartsFromDate[latest])
    return result


def eligibility(b: Batch, where: Mask) -> tuple[Rows, ContractEligibilities]:
    """Give for each aim the eligibility of its contract, or NO_ROW (`GetEligibilityRuleFor`)."""
    rows, others, found = b.lookup(ContractEligibilities, b.aims, where, b.aims.ConRefNumber)
    return pairs.first(b.aims.size, rows, others), found
