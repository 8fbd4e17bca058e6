"""Every operation for every role: the policy decides, and nothing happens to who may not.

The table stands here by hand, so that a slip in the policy shows.
"""

from typing import Any, Final
from uuid import uuid4

import pytest

from matricula_contracts import policy as policy_contract
from matricula_testkit.tokens import bearer

pytestmark = pytest.mark.postgres
ROLES: Final = sorted(policy_contract.DOCUMENT["roles"])
APPROVERS: Final = frozenset({"compliance_manager", "dpo"})
WRITERS: Final = APPROVERS | {"compliance_officer"}
READERS: Final = WRITERS | {"training_coordinator", "data_quality", "manager", "auditor"}
MAY: Final = {
    "register_agreement": WRITERS,
    "list_agreements": READERS,
    "get_agreement": READERS,
    "activate_agreement": APPROVERS,
    "terminate_agreement": APPROVERS,
    "list_agreement_uses": READERS,
    "register_lawful_basis": APPROVERS,
    "list_lawful_bases": READERS,
    "get_lawful_basis": READERS,
    "end_lawful_basis": APPROVERS,
    "decide": frozenset({"service"}),
}


def request_of(registry: Any, operation: str) -> tuple[str, str, Any]:
    """Return method, path and body of a request about things that do not exist."""
    route = registry.policy.operation(operation)
    path = route.path.format(agreement_id=uuid4(), basis_id=uuid4())
    body = {
        "register_agreement": registry.agreement,
        "register_lawful_basis": registry.basis,
        "terminate_agreement": {"reason": "done"},
        "end_lawful_basis": {"reason": "done"},
        "decide": registry.question,
    }
    return route.method, path, body.get(operation)


async def status(registry: Any, operation: str, headers: dict[str, str]) -> int:
    method, path, body = request_of(registry, operation)
    answer = await registry.client.request(
        method, path, json=body, headers=headers | {"Idempotency-Key": str(uuid4())}
    )
    code: int = answer.status_code
    return code


def test_the_table_names_every_operation_of_the_service(registry: Any) -> None:
    named = policy_contract.DOCUMENT["services"]["consent-registry"]["operations"]
    assert set(MAY) == set(named)


@pytest.mark.parametrize("operation", sorted(MAY))
@pytest.mark.parametrize("role", ROLES)
async def test_only_the_listed_roles_get_in(registry: Any, role: str, operation: str) -> None:
    found = await status(registry, operation, registry.as_role(role))
    if role in MAY[operation]:
        assert found in {200, 201, 404}
    else:
        assert found in {401, 403}
        assert await registry.rows("SELECT 1 FROM outbox") == []
        assert await registry.rows("SELECT 1 FROM idempotency_key") == []


@pytest.mark.parametrize("operation", sorted(MAY))
async def test_nobody_gets_in_without_a_good_token(registry: Any, operation: str) -> None:
    expired = registry.mint.token(
        audience="consent-registry", roles=["dpo"], exp=registry.mint.now() - 3600
    )
    elsewhere = registry.mint.token(audience="learner-api", roles=["dpo"])
    for headers in ({}, bearer(expired), bearer(elsewhere), bearer("nonsense")):
        assert await status(registry, operation, headers) == 401


async def test_decisions_are_for_services_with_credentials_of_their_own(registry: Any) -> None:
    assert await status(registry, "decide", registry.as_service()) == 200
    person = registry.issuer.token(audience="consent-registry", roles=["dpo"])
    assert await status(registry, "decide", bearer(person)) in {401, 403}


@pytest.mark.parametrize("operation", sorted(set(MAY) - {"decide"}))
async def test_a_service_may_do_nothing_else(registry: Any, operation: str) -> None:
    assert await status(registry, operation, registry.as_service()) in {401, 403}
