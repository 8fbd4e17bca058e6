"""The policy grid at the gateway: every role with every operation, purpose and step-up."""

import itertools

import pytest

from matricula_chassis.auth.permissions import STEP_UP_ACR, Policy
from matricula_chassis.auth.policy_document import Operation
from matricula_chassis.auth.principal import Principal
from matricula_contracts import policy as contract
from matricula_contracts import problems
from matricula_gateway.application.rulings import REFUSALS, challenge_field, decide

POLICY = Policy.from_document(contract.DOCUMENT)
ROLES = sorted(POLICY.roles)
PURPOSES = [None, *sorted(POLICY.purposes), "curiosity"]


def principal(*roles: str, purpose: str | None = None, acr: str | None = None) -> Principal:
    return Principal(
        subject="person-1", client_id="front-end", ukprn=10_000_001, roles=frozenset(roles),
        purpose=purpose, acr=acr, acting_for=None, correlation_id="-", token_id="t",
    )  # fmt: skip


def granted(operation: Operation, role: str) -> bool:
    """What the document itself says, read without the code under test."""
    entry = contract.DOCUMENT["services"][operation.service]["operations"][operation.name]
    if entry["public"]:
        return True
    return role in contract.DOCUMENT["permissions"][entry["permission"]]["roles"]


def expected(  # noqa: PLR0911 - one return for each rule, in their order
    operation: Operation, role: str, purpose: str | None, acr: str | None
) -> str:
    if operation.internal:
        return "route_unknown"
    if purpose == "curiosity":
        return "purpose_unknown"
    if not granted(operation, role):
        return "role_missing"
    if operation.purposes and purpose is None:
        return "purpose_missing"
    if operation.purposes and purpose not in operation.purposes:
        return "purpose_not_permitted"
    if operation.step_up and acr != STEP_UP_ACR:
        return "step_up_required"
    return "allowed"


@pytest.mark.parametrize("operation", list(POLICY), ids=lambda one: str(one.name))
def test_every_cell_of_the_grid_is_decided_as_the_document_says(operation: Operation) -> None:
    for role, purpose, acr in itertools.product(ROLES, PURPOSES, (None, STEP_UP_ACR)):
        ruling = decide(
            operation,
            principal(role, purpose=purpose, acr=acr),
            policy=POLICY,
            stated_purpose=purpose,
        )
        wanted = expected(operation, role, purpose, acr)
        assert ruling.reason == wanted, (role, purpose, acr)
        assert ruling.allowed == (wanted == "allowed")


def test_the_grid_has_more_than_a_thousand_cells() -> None:
    assert len(POLICY) * len(ROLES) * len(PURPOSES) * 2 > 1_000


def test_an_operation_with_purposes_and_step_up_asks_for_both() -> None:
    one = next(iter(POLICY))
    strict = Operation(
        name="release", service=one.service, method="POST", path="/v1/release",
        permission="p:x", roles=frozenset({"dpo"}), internal=False,
        purposes=frozenset({"sar"}), step_up=True, second_person=False, rate_per_minute=60,
        max_body_bytes=1, streams=False, public=False,
    )  # fmt: skip

    def reason(purpose: str | None, acr: str | None, role: str = "dpo") -> str:
        who = principal(role, purpose=purpose, acr=acr)
        return decide(strict, who, policy=POLICY, stated_purpose=purpose).reason

    assert reason("sar", "mfa") == "allowed"
    assert reason("sar", None) == "step_up_required"
    assert reason(None, "mfa") == "purpose_missing"
    assert reason("emergency", "mfa") == "purpose_not_permitted"
    assert reason("sar", "mfa", role="auditor") == "role_missing"


def test_every_reason_of_the_policy_has_a_refusal() -> None:
    assert {"role_missing", "purpose_missing", "purpose_not_permitted", "step_up_required"} <= set(
        REFUSALS
    )


@pytest.mark.parametrize("reason", sorted(REFUSALS))
def test_every_refusal_names_a_problem_of_the_catalogue(reason: str) -> None:
    assert REFUSALS[reason].problem in problems.DOCUMENT


def test_the_client_sees_no_more_than_the_codes_of_rfc_6750() -> None:
    assert challenge_field(REFUSALS["token_missing"]) == b'Bearer realm="matricula"'
    assert (
        challenge_field(REFUSALS["token_refused"])
        == b'Bearer realm="matricula", error="invalid_token"'
    )
    assert (
        challenge_field(REFUSALS["role_missing"])
        == b'Bearer realm="matricula", error="insufficient_scope"'
    )
    assert challenge_field(REFUSALS["rate_limited"]) is None
