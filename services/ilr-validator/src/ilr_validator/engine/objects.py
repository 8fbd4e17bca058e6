"""Builds tables from records given as nested objects: one learner of a form, or a line of JSON.

Names are those of the XML, or of the official object model (data/ilr/README.md of the conformance
data); an unknown name is left out. Null stands for absent; a null in a list is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from ilr_validator.engine import dates
from ilr_validator.engine.record import (
    PARENTS,
    AimHEs,
    AimMonitorings,
    Aims,
    ContactPreferences,
    Destinations,
    EmploymentMonitorings,
    Employments,
    FAMs,
    FinancialSupports,
    FinRecords,
    LearnerFAMs,
    LearnerHEs,
    LearnerMonitorings,
    Learners,
    LLDDProblems,
    Message,
    Outcomes,
    PriorAttainments,
    WorkPlacements,
)
from ilr_validator.engine.tables import Column, Table
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Dates

CHILDREN: Final[Mapping[type[Table], Mapping[str, type[Table]]]] = {
    Message: {
        "Learners": Learners,
        "Learner": Learners,
        "LearnerDestinationAndProgressions": Destinations,
        "LearnerDestinationandProgression": Destinations,
    },
    Learners: {
        "ContactPreferences": ContactPreferences,
        "ContactPreference": ContactPreferences,
        "PriorAttain": PriorAttainments,
        "LLDDAndHealthProblems": LLDDProblems,
        "LLDDandHealthProblem": LLDDProblems,
        "LearnerFAMs": LearnerFAMs,
        "LearnerFAM": LearnerFAMs,
        "ProviderSpecLearnerMonitorings": LearnerMonitorings,
        "ProviderSpecLearnerMonitoring": LearnerMonitorings,
        "LearnerEmploymentStatuses": Employments,
        "LearnerEmploymentStatus": Employments,
        "LearnerHEEntity": LearnerHEs,
        "LearnerHE": LearnerHEs,
        "LearningDeliveries": Aims,
        "LearningDelivery": Aims,
    },
    Employments: {
        "EmploymentStatusMonitorings": EmploymentMonitorings,
        "EmploymentStatusMonitoring": EmploymentMonitorings,
    },
    LearnerHEs: {
        "LearnerHEFinancialSupports": FinancialSupports,
        "LearnerHEFinancialSupport": FinancialSupports,
    },
    Aims: {
        "LearningDeliveryFAMs": FAMs,
        "LearningDeliveryFAM": FAMs,
        "AppFinRecords": FinRecords,
        "AppFinRecord": FinRecords,
        "LearningDeliveryWorkPlacements": WorkPlacements,
        "LearningDeliveryWorkPlacement": WorkPlacements,
        "ProviderSpecDeliveryMonitorings": AimMonitorings,
        "ProviderSpecDeliveryMonitoring": AimMonitorings,
        "LearningDeliveryHEEntity": AimHEs,
        "LearningDeliveryHE": AimHEs,
    },
    Destinations: {"DPOutcomes": Outcomes, "DPOutcome": Outcomes},
}
ALIASES: Final = {"OtjActHours": "OTJActHours", "Tlout": "TLOut"}

REQUIRED_DATES: Final = frozenset(
    {
        "LearnStartDate", "LearnPlanEndDate", "DateEmpStatApp", "AFinDate", "WorkPlaceStartDate",
        "OutStartDate", "OutCollDate",
    }
)  # fmt: skip
"""Dates that the record model does not allow to be null: absent, they are 0001-01-01."""


class FieldValueError(ValueError):
    """A value cannot be what its field holds. The value itself may be personal: it is not kept."""

    def __init__(self, field: str) -> None:
        super().__init__("the value is not what the field holds")
        self.field = field

    def __str__(self) -> str:
        """Say it as users read it."""
        return f"{self.field}: the value is not what the field holds"


def tables_of(
    learners: Sequence[Mapping[str, Any]],
    *,
    message: Mapping[str, Any] | None = None,
    destinations: Sequence[Mapping[str, Any]] = (),
) -> dict[type[Table], Table]:
    """Build every table from learners, the file's own facts, and destination records.

    Raises ValueError, with the field's name, where a value cannot be what its field holds.
    """
    rows: dict[type[Table], list[tuple[int, Mapping[str, Any]]]] = {kind: [] for kind in PARENTS}
    rows[Message].append((0, message or {}))
    rows[Learners] = [(0, learner) for learner in learners if learner is not None]
    rows[Destinations] = [(0, record) for record in destinations if record is not None]
    for kind, names in CHILDREN.items():
        if kind is not Message:
            for number, (_, record) in enumerate(rows[kind]):
                for name, child in names.items():
                    rows[child].extend((number, one) for one in _listed(record.get(name)))
    built: dict[type[Table], Table] = {}
    for kind, parent in PARENTS.items():
        records = [record for _, record in rows[kind]]
        built[kind] = kind(
            columns_of(kind, records),
            len(records),
            up=None if parent is None else built[parent],
            parent=np.array([number for number, _ in rows[kind]], np.intp),
        )
    return built


def _listed(value: Any) -> Iterable[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        return [value]
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def columns_of(kind: type[Table], records: Sequence[Mapping[str, Any]]) -> dict[str, Column]:
    """Build the columns of an entity from its records.

    Raises ValueError, with the field, where a value cannot be what its field holds.
    """
    present = {ALIASES.get(name, name) for record in records for name in record}
    columns: dict[str, Column] = {}
    for name, sort in kind.KINDS.items():
        if name not in present and name not in REQUIRED_DATES:
            continue
        alias = next((other for other, own in ALIASES.items() if own == name), name)
        values = [record.get(name, record.get(alias)) for record in records]
        try:
            columns[name] = _column(sort, name, values)
        except (TypeError, ValueError, OverflowError) as error:
            raise FieldValueError(name) from error
    return columns


def _column(sort: object, name: str, values: Sequence[Any]) -> Column:
    if sort is Text:
        return Text.of(None if value is None else str(value) for value in values)
    if sort is Dates:
        absent = dates.MIN_DATE if name in REQUIRED_DATES else np.nan
        return np.array(
            [absent if value is None else dates.parse(value) for value in values], np.float64
        )
    return np.array(
        [np.nan if value is None or isinstance(value, list) else float(value) for value in values],
        np.float64,
    )
