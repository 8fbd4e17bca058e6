"""UKPRN: whether a skills bootcamp stands on a contract, the provider's own or an authority's.

A contract of the agency is written as "SB-number-deliverable": up to the second hyphen it is the
contract's number, behind it one of its deliverables.
"""

from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.reference import ContractDeliverables, SkillsBootcampContracts
from ilr_validator.engine.rule import rule
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Mask
from ilr_validator.packs.queries.aims import is_of_programme
from ilr_validator.packs.queries.contracts import provider_contracts


def _split(references: Text) -> tuple[Text, Text]:
    """Give for each reference what stands before and what behind the second hyphen."""
    parts = [(text or "").split("-", 2) for text in references.values]
    numbers = [
        None if text is None else "-".join(part[:2])
        for text, part in zip(references.values, parts, strict=True)
    ]
    codes: list[str | None] = [part[2] if len(part) == 3 else "" for part in parts]
    return Text(references.codes, numbers), Text(references.codes, codes)


def _has_contract(b: Batch, where: Mask) -> Mask:
    """Tell whether the provider has the contract of the aim with the deliverable it names."""
    numbers, codes = _split(b.aims.ConRefNumber)
    rows, _, _ = provider_contracts(b, where, numbers, "SB2022", "SB-PAA2022", "SB2023")
    found = b.aims.mask(rows)
    if not found.any():
        return found
    rows, others, deliverables = b.lookup(ContractDeliverables, b.aims, found, numbers)
    agreed = codes.take(rows).equals(deliverables.DeliverableCode.take(others), ignore_case=True)
    return b.aims.mask(rows[agreed])


@rule(Aims, "ProgType", "ConRefNumber", "UKPRN")
def UKPRN_26(b: Batch) -> Mask:
    """A skills bootcamp stands on no contract that is known."""
    mask = is_of_programme(b, 32)
    if not mask.any():
        return mask
    mask = mask & ~_has_contract(b, mask)
    return mask & ~b.exists(SkillsBootcampContracts, b.aims, mask, b.aims.ConRefNumber)
