"""The entities of the ILR and their fields, under their official XML names, of all supported years.

The annotations are the record model of the columns: a field that a year lacks stays null. Which
fields a year has, and how they are written, is the business of its pack.
"""

from typing import ClassVar, Final

from ilr_validator.engine.tables import Table
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Dates, Numbers


class Message(Table):
    """The file itself: one row with what its header, source and provider say."""

    ENTITY = "Message"
    Collection: Text
    Year: Text
    FilePreparationDate: Dates
    ProtectiveMarking: Text
    UKPRN: Numbers  # of Header.Source
    LearningProviderUKPRN: Numbers
    SoftwareSupplier: Text
    SoftwarePackage: Text
    Release: Text
    SerialNo: Text
    DateTime: Dates


class Learners(Table):
    """Learner."""

    ENTITY = "Learner"
    LearnRefNumber: Text
    PrevLearnRefNumber: Text
    PrevUKPRN: Numbers
    PMUKPRN: Numbers
    CampId: Text
    ULN: Numbers
    FamilyName: Text
    GivenNames: Text
    DateOfBirth: Dates
    Ethnicity: Numbers
    Sex: Text
    LLDDHealthProb: Numbers
    NINumber: Text
    PriorAttain: Numbers  # to 2020-21; a table of its own since
    Accom: Numbers
    ALSCost: Numbers
    PlanLearnHours: Numbers
    PlanEEPHours: Numbers
    MathGrade: Text
    EngGrade: Text
    PostcodePrior: Text
    Postcode: Text
    AddLine1: Text
    AddLine2: Text
    AddLine3: Text
    AddLine4: Text
    TelNo: Text
    Email: Text
    OTJHours: Numbers


class ContactPreferences(Table):
    """ContactPreference, to 2024-25; below a learner."""

    ENTITY = "ContactPreference"
    ContPrefType: Text
    ContPrefCode: Numbers


class PriorAttainments(Table):
    """PriorAttain as an entity, since 2021-22; below a learner."""

    ENTITY = "PriorAttain"
    PriorLevel: Numbers
    DateLevelApp: Dates


class LLDDProblems(Table):
    """LLDDandHealthProblem; below a learner."""

    ENTITY = "LLDDandHealthProblem"
    LLDDCat: Numbers
    PrimaryLLDD: Numbers


class LearnerFAMs(Table):
    """LearnerFAM; below a learner."""

    ENTITY = "LearnerFAM"
    LearnFAMType: Text
    LearnFAMCode: Numbers


class LearnerMonitorings(Table):
    """ProviderSpecLearnerMonitoring; below a learner."""

    ENTITY = "ProviderSpecLearnerMonitoring"
    ProvSpecLearnMonOccur: Text
    ProvSpecLearnMon: Text


class Employments(Table):
    """LearnerEmploymentStatus; below a learner."""

    ENTITY = "LearnerEmploymentStatus"
    EmpStat: Numbers
    DateEmpStatApp: Dates
    EmpId: Numbers
    AgreeId: Text


class EmploymentMonitorings(Table):
    """EmploymentStatusMonitoring; below an employment status."""

    ENTITY = "EmploymentStatusMonitoring"
    ESMType: Text
    ESMCode: Numbers


class LearnerHEs(Table):
    """LearnerHE; none or one below a learner."""

    ENTITY = "LearnerHE"
    UCASPERID: Text
    TTACCOM: Numbers


class FinancialSupports(Table):
    """LearnerHEFinancialSupport; below a learner's HE record."""

    ENTITY = "LearnerHEFinancialSupport"
    FINTYPE: Numbers
    FINAMOUNT: Numbers


class Aims(Table):
    """LearningDelivery; below a learner."""

    ENTITY = "LearningDelivery"
    LearnAimRef: Text
    AimType: Numbers
    AimSeqNumber: Numbers
    LearnStartDate: Dates
    OrigLearnStartDate: Dates
    LearnPlanEndDate: Dates
    FundModel: Numbers
    PHours: Numbers
    OTJActHours: Numbers
    ProgType: Numbers
    FworkCode: Numbers
    PwayCode: Numbers
    StdCode: Numbers
    PartnerUKPRN: Numbers
    DelLocPostCode: Text
    LSDPostcode: Text
    AddHours: Numbers
    PriorLearnFundAdj: Numbers
    OtherFundAdj: Numbers
    ConRefNumber: Text
    EPAOrgID: Text
    EmpOutcome: Numbers
    CompStatus: Numbers
    LearnActEndDate: Dates
    WithdrawReason: Numbers
    Outcome: Numbers
    AchDate: Dates
    OutGrade: Text
    SWSupAimId: Text
    TLOut: Numbers


class FAMs(Table):
    """LearningDeliveryFAM; below an aim."""

    ENTITY = "LearningDeliveryFAM"
    LearnDelFAMType: Text
    LearnDelFAMCode: Text
    LearnDelFAMDateFrom: Dates
    LearnDelFAMDateTo: Dates


class WorkPlacements(Table):
    """LearningDeliveryWorkPlacement; below an aim."""

    ENTITY = "LearningDeliveryWorkPlacement"
    WorkPlaceStartDate: Dates
    WorkPlaceEndDate: Dates
    WorkPlaceHours: Numbers
    WorkPlaceMode: Numbers
    WorkPlaceEmpId: Numbers


class FinRecords(Table):
    """AppFinRecord; below an aim."""

    ENTITY = "AppFinRecord"
    AFinType: Text
    AFinCode: Numbers
    AFinDate: Dates
    AFinAmount: Numbers


class AimMonitorings(Table):
    """ProviderSpecDeliveryMonitoring; below an aim."""

    ENTITY = "ProviderSpecDeliveryMonitoring"
    ProvSpecDelMonOccur: Text
    ProvSpecDelMon: Text


class AimHEs(Table):
    """LearningDeliveryHE; none or one below an aim. Renamed fields stand under both names."""

    ENTITY = "LearningDeliveryHE"
    NUMHUS: Text
    SSN: Text
    QUALENT3: Text
    SOC2000: Numbers  # to 2024-25, then SOC
    SOC: Numbers
    SEC: Numbers
    UCASAPPID: Text  # to 2024-25, then UCASSCHEMECODE
    UCASSCHEMECODE: Text
    TYPEYR: Numbers
    MODESTUD: Numbers
    FUNDLEV: Numbers
    FUNDCOMP: Numbers
    STULOAD: Numbers
    YEARSTU: Numbers
    MSTUFEE: Numbers
    PCOLAB: Numbers
    PCFLDCS: Numbers
    PCSLDCS: Numbers
    PCTLDCS: Numbers
    SPECFEE: Numbers
    NETFEE: Numbers
    GROSSFEE: Numbers
    DOMICILE: Text  # to 2024-25, then PERMADDCOUNTRY
    PERMADDCOUNTRY: Text
    ELQ: Numbers
    HEPostCode: Text


class Destinations(Table):
    """LearnerDestinationandProgression, to 2021-22; beside the learners, joined by reference."""

    ENTITY = "LearnerDestinationandProgression"
    LearnRefNumber: Text
    ULN: Numbers


class Outcomes(Table):
    """DPOutcome, to 2021-22; below a destination and progression record."""

    ENTITY = "DPOutcome"
    OutType: Text
    OutCode: Numbers
    OutStartDate: Dates
    OutEndDate: Dates
    OutCollDate: Dates


PARENTS: Final[dict[type[Table], type[Table] | None]] = {
    Message: None,
    Learners: Message,
    ContactPreferences: Learners,
    PriorAttainments: Learners,
    LLDDProblems: Learners,
    LearnerFAMs: Learners,
    LearnerMonitorings: Learners,
    Employments: Learners,
    EmploymentMonitorings: Employments,
    LearnerHEs: Learners,
    FinancialSupports: LearnerHEs,
    Aims: Learners,
    FAMs: Aims,
    WorkPlacements: Aims,
    FinRecords: Aims,
    AimMonitorings: Aims,
    AimHEs: Aims,
    Destinations: Message,
    Outcomes: Destinations,
}
"""Every table with the table of its parents, parents first."""


class Record:
    """The tables of one file, or of a part of it with whole learners."""

    message: Message
    learners: Learners
    contacts: ContactPreferences
    prior_attainments: PriorAttainments
    lldd_problems: LLDDProblems
    learner_fams: LearnerFAMs
    learner_monitorings: LearnerMonitorings
    employments: Employments
    employment_monitorings: EmploymentMonitorings
    learner_hes: LearnerHEs
    financial_supports: FinancialSupports
    aims: Aims
    fams: FAMs
    work_placements: WorkPlacements
    fin_records: FinRecords
    aim_monitorings: AimMonitorings
    aim_hes: AimHEs
    destinations: Destinations
    outcomes: Outcomes

    NAMES: ClassVar[dict[type[Table], str]] = {}

    def __init__(self, tables: dict[type[Table], Table]) -> None:
        self._tables = tables
        for kind, name in self.NAMES.items():
            setattr(self, name, tables[kind])

    def table(self, kind: type[Table]) -> Table:
        """Give the rows of an entity."""
        return self._tables[kind]


Record.NAMES.update(
    {kind: name for name, kind in Record.__annotations__.items() if isinstance(kind, type)}
)
