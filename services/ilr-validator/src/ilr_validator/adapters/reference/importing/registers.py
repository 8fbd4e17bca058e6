"""Registers and own tables: organisations, assessment organisations, contracts and employers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ilr_validator.adapters.reference.errors import SnapshotError
from ilr_validator.adapters.reference.file_keys import FileKeys
from ilr_validator.adapters.reference.importing.destination import Destination
from ilr_validator.adapters.reference.importing.source_files import SourceRow, opened, rows_of
from ilr_validator.engine.reference import (
    AssessmentOrganisations,
    Campuses,
    ContractDeliverables,
    ContractEligibilities,
    ContractEmploymentStatuses,
    ContractEnterprisePartnerships,
    ContractLocalAuthorities,
    Contracts,
    ContractSubjectAreas,
    DevolvedPostcodes,
    Employers,
    OfsProviders,
    Organisations,
    ReferenceTable,
    ShortTermFundingInitiatives,
    SkillsBootcampContracts,
    Ulns,
)
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Dates


@dataclass(frozen=True, slots=True)
class Register:
    """A CSV file that becomes one table."""

    kind: type[ReferenceTable]
    names: Mapping[str, Sequence[str]]
    """Columns that the publisher calls otherwise; the others bear the table's own names."""
    needed: frozenset[str]
    """Columns that must be there, besides the key."""
    only_keys: str | None = None
    """Kind of key: only rows that the file at hand needs may be kept (never a whole register)."""


def _own(
    kind: type[ReferenceTable], *needed: str, only_keys: str | None = None,
    **names: Sequence[str],
) -> Register:  # fmt: skip
    return Register(kind, names, frozenset(needed), only_keys)


REGISTERS: Final[Mapping[str, Register]] = {
    "organisations": _own(
        Organisations,
        "LegalOrgType",
        UKPRN=("UKPRN", "UK Provider Reference Number", "Provider UKPRN"),
        LegalOrgType=("LegalOrgType", "Legal Organisation Type"),
        PartnerUKPRN=("PartnerUKPRN", "Is Partner"),
        LongTermResid=("LongTermResid", "Long Term Residential"),
    ),
    "ofs-providers": _own(OfsProviders, "HEFundingFieldsRequired"),
    "short-term-funding-initiatives": _own(ShortTermFundingInitiatives, "LdmCode"),
    "campuses": _own(Campuses, "MasterUKPRN"),
    "devolved-postcodes": _own(
        DevolvedPostcodes, "SourceOfFunding", "EffectiveFrom", Area=("Area", "MCAGLAShortCode")
    ),
    "contracts": _own(Contracts, "ContractAllocationNumber", "FundingStreamPeriodCode"),
    "contract-deliverables": _own(ContractDeliverables, "DeliverableCode"),
    "contract-eligibilities": _own(ContractEligibilities),
    "contract-employment-statuses": _own(ContractEmploymentStatuses, "Code"),
    "contract-local-authorities": _own(ContractLocalAuthorities, "Code"),
    "contract-enterprise-partnerships": _own(ContractEnterprisePartnerships, "Code"),
    "contract-subject-areas": _own(ContractSubjectAreas, "SectorSubjectAreaCode"),
    "skills-bootcamp-contracts": _own(SkillsBootcampContracts),
    "assessment-organisations": _own(
        AssessmentOrganisations,
        "StandardCode",
        EPAOrgID=(
            "EPAOrgID", "EPAO ID", "Organisation ID", "EndPointAssessorOrganisationId",
            "Assessment Organisation ID",
        ),
        StandardCode=("StandardCode", "LARS Code", "StdCode"),
        EffectiveFrom=("EffectiveFrom", "Effective From Date", "Start Date"),
        EffectiveTo=("EffectiveTo", "Effective To Date", "End Date"),
    ),
    "employers": _own(Employers, only_keys="EmpId", EmpId=("EmpId", "EDRS", "ERN")),
    "ulns": _own(Ulns, only_keys="ULN"),
}  # fmt: skip
"""What can be imported from one CSV file, by the name of the source."""


def import_register(
    register: Register, path: Path, into: Destination, keys: FileKeys | None
) -> None:
    """Take in one CSV file.

    Raises SnapshotError where a column is missing, a value is not what it should be, or the table
    may hold only what one file needs and no file was named.
    """
    kind = register.kind
    if register.only_keys and keys is None:
        raise SnapshotError(
            "of this source only what an ILR file needs is kept: name it with --for"
        )
    names = {name: register.names.get(name, (name,)) for name in kind.KINDS}
    optional = frozenset(kind.KINDS) - register.needed - {kind.KEY}
    with opened(path) as stream:
        rows = rows_of(stream, path.name, names, optional=optional)
        kept = _kept(rows, register, keys)
        into.write(f"{kind.ENTITY}.csv", list(kind.KINDS), (_cells(kind, row) for row in kept))


def _kept(
    rows: Iterator[SourceRow], register: Register, keys: FileKeys | None
) -> Iterator[SourceRow]:
    for row in rows:
        key = row.needed(register.kind.KEY)
        if register.only_keys is None or keys is None or key in keys.found[register.only_keys]:
            yield row


def _cells(kind: type[ReferenceTable], row: SourceRow) -> list[str]:
    return [_cell(row, name, sort) for name, sort in kind.KINDS.items()]


FLAGS: Final = {"Y": "1", "YES": "1", "TRUE": "1", "N": "0", "NO": "0", "FALSE": "0"}


def _cell(row: SourceRow, name: str, sort: object) -> str:
    if sort is Text:
        return row.text(name)
    if sort == Dates:
        return row.date(name)
    flag = FLAGS.get(row.text(name).upper())
    return row.number(name) if flag is None else flag
