# lint-skip: file-size a list of tables and their columns, to be read as one
"""Reference data: the tables outside the record, held in memory as one frozen snapshot for a run.

A table that is not in the snapshot is absent: whoever needs it is *not run*. An empty table is
present and says "no such row". Column names are those of the publisher's files.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Self, cast

import numpy as np

from ilr_validator.engine.tables import NO_ROW, Table
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Dates, Numbers, Rows, join_sorted, spread

UNKNOWN: Final = -1


class ReferenceTable(Table):
    """Rows of reference data, found by one key column."""

    KEY: ClassVar[str]
    _NOTHING: ClassVar[Table]

    @classmethod
    def without_rows(cls) -> Self:
        """Give a table that knows nothing, the same one to all who ask."""
        if "_NOTHING" not in vars(cls):
            cls._NOTHING = cls({}, 0)
        return cast("Self", cls._NOTHING)

    def matching(self, keys: Text | Numbers, by: str | None = None) -> tuple[Rows, Rows]:
        """Pair the index of each key with each row that has it in a column, KEY unless `by` says.

        Letter case is ignored.
        """
        name = by or self.KEY
        column = getattr(self, name)
        order, bounds = self._order(name, column)
        if isinstance(keys, Text):
            wanted = keys.numbered_as_in(column)
            found = (wanted != UNKNOWN).nonzero()[0]
            wanted = wanted[found]
            begin = bounds[wanted]
            one, other = spread(begin, bounds[wanted + 1] - begin)
        else:
            found = (~np.isnan(keys)).nonzero()[0]
            one, other = join_sorted(keys[found], column[order])
        return found[one], order[other]

    def first_with(self, keys: Text, by: str | None = None) -> Rows:
        """Give for each distinct text of a column the first row that has it, or NO_ROW."""
        name = by or self.KEY
        order, _ = self._order(name, getattr(self, name))

        def firsts(texts: list[str | None]) -> list[int]:
            found = np.full(len(texts), NO_ROW)
            one, other = self.matching(keys.distinct, by)
            found[one[::-1]] = other[::-1]
            return found.tolist()

        rows: Rows = keys.kept(order, firsts)
        return rows

    def _order(self, name: str, column: Any) -> tuple[Rows, Rows]:
        """Give the rows in the order of a column and, of a text, where each text begins in it."""
        orders: dict[str, tuple[Rows, Rows]] = self.__dict__.setdefault("_orders", {})
        if name not in orders:
            stored = column.folded if isinstance(column, Text) else column
            order = np.argsort(stored, kind="stable")
            bounds = np.zeros(0, np.intp)
            if isinstance(column, Text):
                numbers = np.arange(len(column.folded_numbers()) + 2)
                bounds = np.searchsorted(stored[order], numbers)
            orders[name] = order, bounds
        return orders[name]


class LarsAims(ReferenceTable):
    """LARS: learning aims (`ILARSLearningDelivery`)."""

    ENTITY = "lars_learning_deliveries"
    KEY = "LearnAimRef"
    LearnAimRef: Text
    LearnAimRefType: Text
    EffectiveFrom: Dates
    EffectiveTo: Dates
    EnglPrscID: Numbers
    NotionalNVQLevel: Text
    NotionalNVQLevelv2: Text
    FrameworkCommonComponent: Numbers
    LearnDirectClassSystemCode1: Text
    LearnDirectClassSystemCode2: Text
    LearnDirectClassSystemCode3: Text
    SectorSubjectAreaTier1: Numbers
    SectorSubjectAreaTier2: Numbers
    LearnAimRefTitle: Text
    AwardOrgCode: Text
    GuidedLearningHours: Numbers


class LarsValidities(ReferenceTable):
    """LARS: in which category an aim may be started, and when."""

    ENTITY = "lars_validities"
    KEY = "LearnAimRef"
    LearnAimRef: Text
    ValidityCategory: Text
    StartDate: Dates
    EndDate: Dates
    LastNewStartDate: Dates


class LarsCategories(ReferenceTable):
    """LARS: categories of an aim."""

    ENTITY = "lars_categories"
    KEY = "LearnAimRef"
    LearnAimRef: Text
    CategoryRef: Numbers
    EffectiveFrom: Dates
    EffectiveTo: Dates


class LarsAnnualValues(ReferenceTable):
    """LARS: what holds of an aim from year to year."""

    ENTITY = "lars_annual_values"
    KEY = "LearnAimRef"
    LearnAimRef: Text
    BasicSkills: Numbers
    BasicSkillsType: Numbers
    FullLevel2EntitlementCategory: Numbers
    FullLevel3EntitlementCategory: Numbers
    FullLevel2Percent: Numbers
    FullLevel3Percent: Numbers
    EffectiveFrom: Dates
    EffectiveTo: Dates


class LarsFrameworks(ReferenceTable):
    """LARS: frameworks of an aim (its framework aims with the framework's own dates)."""

    ENTITY = "lars_frameworks"
    KEY = "LearnAimRef"
    LearnAimRef: Text
    FworkCode: Numbers
    ProgType: Numbers
    PwayCode: Numbers
    EffectiveTo: Dates  # of the framework
    FrameworkComponentType: Numbers  # of the framework aim
    StartDate: Dates  # of the framework aim
    EndDate: Dates  # of the framework aim


# lint-skip: no-catch-all-names common component is LARS's own term
class LarsFrameworkCommonComponents(ReferenceTable):
    """LARS: common components of a framework."""

    ENTITY = "lars_framework_common_components"
    KEY = "FworkCode"
    FworkCode: Numbers
    ProgType: Numbers
    PwayCode: Numbers
    CommonComponent: Numbers


class LarsStandards(ReferenceTable):
    """LARS: apprenticeship standards."""

    ENTITY = "lars_standards"
    KEY = "StandardCode"
    StandardCode: Numbers
    StandardSectorCode: Text
    NotionalEndLevel: Text
    ApprenticeshipStandardTypeCode: Text
    EffectiveFrom: Dates
    EffectiveTo: Dates
    LastDateStarts: Dates


class LarsStandardFundings(ReferenceTable):
    """LARS: funding of a standard."""

    ENTITY = "lars_standard_fundings"
    KEY = "StandardCode"
    StandardCode: Numbers
    FundingCategory: Text
    EffectiveFrom: Dates
    EffectiveTo: Dates
    CoreGovContributionCap: Numbers


class LarsStandardValidities(ReferenceTable):
    """LARS: when a standard may be started, by category."""

    ENTITY = "lars_standard_validities"
    KEY = "StandardCode"
    StandardCode: Numbers
    ValidityCategory: Text
    StartDate: Dates
    EndDate: Dates
    LastNewStartDate: Dates


class LarsSectionTypes(ReferenceTable):
    """LARS: further facts of an aim of later years, as name and value (for example Section96)."""

    ENTITY = "lars_aim_facts"
    KEY = "LearnAimRef"
    LearnAimRef: Text
    Fact: Text
    Value: Text
    EffectiveFrom: Dates
    EffectiveTo: Dates


class Organisations(ReferenceTable):
    """Organisations by UKPRN. The two flags are 1, 0 or null."""

    ENTITY = "organisations"
    KEY = "UKPRN"
    UKPRN: Numbers
    LegalOrgType: Text
    PartnerUKPRN: Numbers
    LongTermResid: Numbers


class OfsProviders(ReferenceTable):
    """Register of the Office for Students. HEFundingFieldsRequired is 1, 0 or null."""

    ENTITY = "ofs_providers"
    KEY = "UKPRN"
    UKPRN: Numbers
    HEFundingFieldsRequired: Numbers


class ShortTermFundingInitiatives(ReferenceTable):
    """Short-term funding initiatives of an organisation."""

    ENTITY = "short_term_funding_initiatives"
    KEY = "UKPRN"
    UKPRN: Numbers
    LdmCode: Text
    Reason: Text
    EffectiveFrom: Dates
    EffectiveTo: Dates


class Campuses(ReferenceTable):
    """Campus identifiers."""

    ENTITY = "campuses"
    KEY = "CampusIdentifier"
    CampusIdentifier: Text
    MasterUKPRN: Numbers


class Postcodes(ReferenceTable):
    """Every postcode that exists."""

    ENTITY = "postcodes"
    KEY = "Postcode"
    Postcode: Text


class OnsPostcodes(ReferenceTable):
    """ONS postcode directory: areas of a postcode over time."""

    ENTITY = "ons_postcodes"
    KEY = "Postcode"
    Postcode: Text
    LocalAuthority: Text
    Lep1: Text
    Lep2: Text
    Nuts: Text
    EffectiveFrom: Dates
    EffectiveTo: Dates
    Termination: Dates


class DevolvedPostcodes(ReferenceTable):
    """Postcodes of areas to which adult skills funding is devolved."""

    ENTITY = "devolved_postcodes"
    KEY = "Postcode"
    Postcode: Text
    Area: Text
    SourceOfFunding: Text
    EffectiveFrom: Dates
    EffectiveTo: Dates


class Contracts(ReferenceTable):
    """Contract allocations of the provider (FCS, later FCT)."""

    ENTITY = "contract_allocations"
    KEY = "DeliveryUKPRN"
    ContractAllocationNumber: Text
    DeliveryUKPRN: Numbers
    FundingStreamPeriodCode: Text
    StartDate: Dates
    EndDate: Dates
    StopNewStartsFromDate: Dates
    TenderSpecReference: Text
    LotReference: Text


class ContractEligibilities(ReferenceTable):
    """European Social Fund eligibility: one row a contract. Benefits is 1, 0 or null."""

    ENTITY = "contract_eligibilities"
    KEY = "ContractAllocationNumber"
    ContractAllocationNumber: Text
    Benefits: Numbers
    CalcMethod: Numbers
    MinAge: Numbers
    MaxAge: Numbers
    MinLengthOfUnemployment: Numbers
    MaxLengthOfUnemployment: Numbers
    MinPriorAttainment: Text
    MaxPriorAttainment: Text


class ContractEmploymentStatuses(ReferenceTable):
    """Employment statuses that a contract admits."""

    ENTITY = "contract_employment_statuses"
    KEY = "ContractAllocationNumber"
    ContractAllocationNumber: Text
    Code: Numbers


class ContractLocalAuthorities(ReferenceTable):
    """Local authorities that a contract admits."""

    ENTITY = "contract_local_authorities"
    KEY = "ContractAllocationNumber"
    ContractAllocationNumber: Text
    Code: Text


class ContractEnterprisePartnerships(ReferenceTable):
    """Local enterprise partnerships that a contract admits."""

    ENTITY = "contract_enterprise_partnerships"
    KEY = "ContractAllocationNumber"
    ContractAllocationNumber: Text
    Code: Text


class ContractSubjectAreas(ReferenceTable):
    """Sector subject areas and levels that a contract admits."""

    ENTITY = "contract_subject_areas"
    KEY = "ContractAllocationNumber"
    ContractAllocationNumber: Text
    SectorSubjectAreaCode: Numbers
    MinLevelCode: Text
    MaxLevelCode: Text


class ContractDeliverables(ReferenceTable):
    """Deliverables of a contract."""

    ENTITY = "contract_deliverables"
    KEY = "ContractAllocationNumber"
    ContractAllocationNumber: Text
    DeliverableCode: Text


class SkillsBootcampContracts(ReferenceTable):
    """Contract references that may stand on aims of skills bootcamps."""

    ENTITY = "skills_bootcamp_contracts"
    KEY = "ILRContractRefNumber"
    ILRContractRefNumber: Text


class Employers(ReferenceTable):
    """Employer numbers that exist (EDRS), for the keys of the file at hand."""

    ENTITY = "employers"
    KEY = "EmpId"
    EmpId: Numbers


class AssessmentOrganisations(ReferenceTable):
    """End-point assessment organisations by standard."""

    ENTITY = "assessment_organisations"
    KEY = "EPAOrgID"
    EPAOrgID: Text
    StandardCode: Numbers
    EffectiveFrom: Dates
    EffectiveTo: Dates


class Ulns(ReferenceTable):
    """Unique learner numbers that exist, for the keys of the file at hand."""

    ENTITY = "ulns"
    KEY = "ULN"
    ULN: Numbers


class PriorYearLearners(ReferenceTable):
    """Aims of the year before (`ILearnerReferenceData`), for rules that look across years."""

    ENTITY = "prior_year_learners"
    KEY = "LearnRefNumber"
    UKPRN: Numbers
    PrevUKPRN: Numbers
    PMUKPRN: Numbers
    ULN: Numbers
    LearnRefNumber: Text
    PrevLearnRefNumber: Text
    LearnAimRef: Text
    ProgType: Numbers
    StdCode: Numbers
    FworkCode: Numbers
    PwayCode: Numbers
    LearnStartDate: Dates
    LearnActEndDate: Dates
    FundModel: Numbers


def reference_tables() -> Mapping[str, type[ReferenceTable]]:
    """Give every kind of reference table by the name it has in files."""
    return {kind.ENTITY: kind for kind in ReferenceTable.__subclasses__()}
