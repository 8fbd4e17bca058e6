"""Every event type as a class; `EVENTS` finds it by its CloudEvents type. Data only."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from matricula_contracts.events.access import (
    CheckpointSigned,
    DataRead,
    DeadLetterResolved,
    DecisionRecorded,
)
from matricula_contracts.events.audit import Audit, AuditActor
from matricula_contracts.events.base import Event
from matricula_contracts.events.consent import (
    AgreementActivated,
    AgreementRegistered,
    AgreementTerminated,
    AgreementUsed,
    BasisEnded,
    BasisRegistered,
)
from matricula_contracts.events.ilr import (
    LearnerFindingsChanged,
    ShardRequested,
    ValidationCancelled,
    ValidationChecked,
    ValidationErased,
    ValidationFailed,
    ValidationFinished,
    ValidationReceived,
    ValidationRefused,
    ValidationStarted,
)
from matricula_contracts.events.learning import (
    LearnerAmended,
    LearnerRecorded,
    RecordCorrected,
    RecordRejected,
    RecordsVerified,
    SubmissionChecked,
    SubmissionReceived,
    SubmissionRefused,
    UploadsErased,
)

EVENTS: Final[Mapping[str, type[Event]]] = MappingProxyType(
    {
        event.TYPE: event
        for event in (
            DataRead,
            DeadLetterResolved,
            DecisionRecorded,
            CheckpointSigned,
            AgreementActivated,
            AgreementRegistered,
            AgreementTerminated,
            AgreementUsed,
            BasisEnded,
            BasisRegistered,
            LearnerFindingsChanged,
            ShardRequested,
            ValidationCancelled,
            ValidationChecked,
            ValidationErased,
            ValidationFailed,
            ValidationFinished,
            ValidationReceived,
            ValidationRefused,
            ValidationStarted,
            LearnerAmended,
            LearnerRecorded,
            SubmissionChecked,
            SubmissionReceived,
            RecordCorrected,
            RecordRejected,
            RecordsVerified,
            SubmissionRefused,
            UploadsErased,
        )
    }
)

__all__ = [
    "EVENTS",
    "AgreementActivated",
    "AgreementRegistered",
    "AgreementTerminated",
    "AgreementUsed",
    "Audit",
    "AuditActor",
    "BasisEnded",
    "BasisRegistered",
    "CheckpointSigned",
    "DataRead",
    "DeadLetterResolved",
    "DecisionRecorded",
    "Event",
    "LearnerAmended",
    "LearnerFindingsChanged",
    "LearnerRecorded",
    "RecordCorrected",
    "RecordRejected",
    "RecordsVerified",
    "ShardRequested",
    "SubmissionChecked",
    "SubmissionReceived",
    "SubmissionRefused",
    "UploadsErased",
    "ValidationCancelled",
    "ValidationChecked",
    "ValidationErased",
    "ValidationFailed",
    "ValidationFinished",
    "ValidationReceived",
    "ValidationRefused",
    "ValidationStarted",
]
