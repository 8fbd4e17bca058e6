"""The record of a decision keeps to the contract and holds nothing personal."""

from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson
import pytest

from matricula_chassis.auth.permissions import Policy
from matricula_chassis.auth.principal import Claims
from matricula_contracts import policy as contract
from matricula_contracts.events.access import DecisionRecorded
from matricula_gateway.application.decisions import Occasion, encode_decision, identifier
from matricula_gateway.application.rulings import ALLOWED, REFUSALS, Ruling

OPERATION = Policy.from_document(contract.DOCUMENT).operation("create_submission")
DECISION_ID = UUID("01976b2e-7c00-7000-8000-0000000000e1")
OCCASION = Occasion(DECISION_ID, datetime(2026, 11, 22, tzinfo=UTC), "c-1", None)


def claims(**changes: Any) -> Claims:
    values: dict[str, Any] = {
        "issuer": "i", "subject": "partner-one", "audience": "a", "client_id": "partner-one",
        "issued_at": 1, "not_before": None, "expires_at": 2, "token_id": "t",
        "ukprn": 10_000_001, "roles": frozenset({"partner"}), "scopes": frozenset(), "acr": "mfa",
        "purpose": None, "actor": None, "transaction": None, "values": MappingProxyType({}),
    }  # fmt: skip
    return Claims(**{**values, **changes})


def recorded(ruling: Ruling, **changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "operation": OPERATION, "claims": claims(), "purpose": None, "status": ruling.status,
        "policy_version": "abc", **changes,
    }  # fmt: skip
    found: dict[str, Any] = orjson.loads(encode_decision(OCCASION, ruling, **arguments))
    return found


@pytest.mark.parametrize("ruling", [ALLOWED, *REFUSALS.values()], ids=lambda one: str(one.reason))
def test_every_record_keeps_to_the_contract(ruling: Ruling) -> None:
    data = recorded(ruling)["data"]
    audit = data.pop("audit")
    event = DecisionRecorded.model_validate(data)
    assert event.decision_id == DECISION_ID
    assert audit["actor"]["client_id"] == "partner-one"


def test_a_service_that_fails_does_not_turn_a_permission_into_a_denial() -> None:
    data = recorded(REFUSALS["upstream_reset"])["data"]
    assert (data["decision"], data["reason"], data["status"]) == ("allowed", "upstream_reset", 502)
    assert recorded(REFUSALS["role_missing"])["data"]["decision"] == "denied"


def test_a_record_of_an_unknown_caller_names_nobody() -> None:
    record = recorded(REFUSALS["token_missing"], claims=None, operation=None)
    data = record["data"]
    assert "client_id" not in data
    assert "operation" not in data
    assert data["audit"]["actor"] == {"subject": "anonymous", "client_id": "anonymous"}
    DecisionRecorded.model_validate({k: v for k, v in data.items() if k != "audit"})


def test_the_audit_block_says_who_acts_for_whom_and_why() -> None:
    data = recorded(ALLOWED, claims=claims(actor="person-7"), purpose="sar")["data"]
    assert data["audit"] == {
        "actor": {"subject": "person-7", "client_id": "partner-one", "roles": ["partner"],
                  "acr": "mfa", "acting_for": "partner-one", "ukprn": 10_000_001},
        "action": "access:allowed", "resource_type": "operation",
        "resource_id": "create_submission", "outcome": "done", "reason": "allowed",
        "policy_version": "abc", "ukprn": 10_000_001, "purpose": "sar",
    }  # fmt: skip


def test_an_identifier_outside_the_contract_becomes_a_stable_pseudonym() -> None:
    name = "Ann Example <ann@example.test>"
    made = identifier(name)
    assert made == identifier(name)
    assert made.startswith("h-")
    assert identifier("partner-one") == "partner-one"


def test_a_decision_without_an_answer_has_no_status() -> None:
    assert "status" not in recorded(ALLOWED, status=None, reason="client_gone")["data"]
