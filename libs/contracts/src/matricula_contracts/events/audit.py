"""The audit block that every event carries beside its data: who, what, about whom, why.

The chassis writes it; this is its published form. Subjects are pseudonyms, fields are names.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from matricula_contracts.events.base import Code, DataClass, FieldName, Identifier, Ukprn


class AuditActor(BaseModel):
    """The pseudonym of who acted, and in which capacity."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: Identifier
    client_id: Identifier
    roles: tuple[Code, ...] = ()
    acr: Identifier | None = None
    acting_for: Identifier | None = None
    ukprn: Ukprn | None = None


class Audit(BaseModel):
    """The facts that an auditor asks for. Members without a value do not travel."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    actor: AuditActor
    action: Code
    resource_type: Code
    resource_id: Identifier
    outcome: Code = "done"
    ukprn: Ukprn | None = None
    subject_id: Identifier | None = None
    data_classes: tuple[DataClass, ...] = ()
    changed_fields: tuple[FieldName, ...] = ()
    purpose: Code | None = None
    lawful_basis: Identifier | None = None
    reason: Code | None = None
    agreement_id: Identifier | None = None
    rule: Code | None = None
    policy_version: Identifier | None = None
    approval: Identifier | None = None
    break_glass: Literal[True] | None = None
