"""The policy document as guards and gateway read it: defaults, decisions and their reasons."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matricula_chassis.auth import (
    MalformedPolicy,
    Policy,
    Principal,
    UnknownOperation,
    provider_of,
)
from matricula_chassis.errors import Forbidden
from matricula_contracts.policy import DOCUMENT as PLATFORM_DOCUMENT

DOCUMENT: dict[str, Any] = {
    "version": 1,
    "roles": {
        "clerk": {"label": "Clerk", "kind": "person"},
        "chief": {"label": "Chief", "kind": "person"},
        "service": {"kind": "machine"},
    },
    "purposes": {
        "audit": {"label": "Audit", "classes": ["ordinary"]},
        "repair": {"classes": []},
    },
    "permissions": {
        "thing.core:read": {"roles": ["clerk", "chief"]},
        "thing:destroy": {"roles": ["chief"]},
        "thing:sync": {"roles": ["service"]},
    },
    "services": {
        "thing-api": {
            "operations": {
                "get_thing": {
                    "method": "GET",
                    "path": "/v1/things/{thing_id}",
                    "permission": "thing.core:read",
                },
                "destroy_thing": {
                    "method": "DELETE",
                    "path": "/v1/things/{thing_id}",
                    "permission": "thing:destroy",
                    "purposes": ["repair"],
                    "step_up": True,
                    "second_person": True,
                    "rate_per_minute": 10,
                    "max_body_bytes": 1024,
                    "streams": True,
                },
                "sync_things": {
                    "method": "POST",
                    "path": "/v1/sync",
                    "permission": "thing:sync",
                    "internal": True,
                },
                "get_opening_hours": {"method": "GET", "path": "/v1/hours", "public": True},
            }
        },
        "other-api": {"operations": {}},
    },
}


def somebody(*roles: str, purpose: str | None = None, acr: str | None = None) -> Principal:
    return Principal(
        subject="person-1",
        client_id="front-end",
        ukprn=10_000_001,
        roles=frozenset(roles),
        purpose=purpose,
        acr=acr,
        acting_for=None,
        correlation_id="c",
        token_id="t",
    )


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy.from_document(DOCUMENT)


def test_an_operation_carries_what_the_document_says_and_defaults_for_the_rest(
    policy: Policy,
) -> None:
    plain = policy.operation("get_thing")
    assert (plain.service, plain.method, plain.path) == (
        "thing-api",
        "GET",
        "/v1/things/{thing_id}",
    )
    assert plain.permission == "thing.core:read"
    assert plain.roles == {"clerk", "chief"}
    assert (plain.rate_per_minute, plain.max_body_bytes) == (600, 65_536)
    assert plain.purposes == frozenset()
    flags = (plain.step_up, plain.second_person, plain.streams, plain.internal, plain.public)
    assert flags == (False,) * 5
    full = policy.operation("destroy_thing")
    assert full.step_up
    assert full.second_person
    assert full.streams
    assert full.purposes == {"repair"}
    assert (full.rate_per_minute, full.max_body_bytes) == (10, 1024)
    assert policy.operation("sync_things").internal
    assert policy.operation("get_opening_hours").public


def test_defaults_of_the_document_replace_ours() -> None:
    document = {**DOCUMENT, "operation_defaults": {"rate_per_minute": 7}}
    policy = Policy.from_document(document)
    assert policy.operation("get_thing").rate_per_minute == 7
    assert policy.operation("destroy_thing").rate_per_minute == 10


def test_an_unlisted_operation_is_unknown(policy: Policy) -> None:
    with pytest.raises(UnknownOperation) as unknown:
        policy.operation("get_secret")
    assert unknown.value.operation == "get_secret"


def test_operations_are_listed_by_service(policy: Policy) -> None:
    assert len(policy) == 4
    assert [one.name for one in policy.of_service("thing-api")] == [one.name for one in policy]
    assert policy.of_service("other-api") == ()


@pytest.mark.parametrize(
    ("operation", "principal", "reason"),
    [
        ("get_thing", somebody("clerk"), "allowed"),
        ("get_thing", somebody("chief", "service"), "allowed"),
        ("get_thing", somebody("service"), "role_missing"),
        ("get_thing", somebody(), "role_missing"),
        ("get_opening_hours", somebody(), "allowed"),
        ("destroy_thing", somebody("clerk", purpose="repair", acr="mfa"), "role_missing"),
        ("destroy_thing", somebody("chief", acr="mfa"), "purpose_missing"),
        ("destroy_thing", somebody("chief", purpose="audit", acr="mfa"), "purpose_not_permitted"),
        ("destroy_thing", somebody("chief", purpose="repair"), "step_up_required"),
        ("destroy_thing", somebody("chief", purpose="repair", acr="pwd"), "step_up_required"),
        ("destroy_thing", somebody("chief", purpose="repair", acr="mfa"), "allowed"),
    ],
)
def test_a_decision_says_why(
    policy: Policy, operation: str, principal: Principal, reason: str
) -> None:
    decision = policy.allows(principal, policy.operation(operation))
    assert decision.reason == reason
    assert decision.allowed is (reason == "allowed")


@given(
    roles=st.sets(st.sampled_from(["clerk", "chief", "service", "visitor", ""])),
    purpose=st.sampled_from([None, "repair", "audit", ""]),
    acr=st.sampled_from([None, "mfa", "pwd", ""]),
)
def test_nobody_is_allowed_without_a_granted_role(
    roles: set[str], purpose: str | None, acr: str | None
) -> None:
    policy = Policy.from_document(DOCUMENT)
    principal = somebody(*roles, purpose=purpose, acr=acr)
    for operation in policy:
        decision = policy.allows(principal, operation)
        if decision.allowed and not operation.public:
            assert operation.roles & roles
            assert not operation.purposes or purpose in operation.purposes
            assert not operation.step_up or acr == "mfa"


Change = Callable[[dict[str, Any]], object]
OPERATIONS = "services.thing-api.operations"


def operation_of(document: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = document["services"]["thing-api"]["operations"]["get_thing"]
    return entry


MALFORMED: list[tuple[str, Change]] = [
    ("version", lambda d: d.update(version=2)),
    ("version", lambda d: d.update(version=True)),
    ("document.roles", lambda d: d.pop("roles")),
    ("document.services", lambda d: d.pop("services")),
    ("document.surprise", lambda d: d.update(surprise={})),
    ("roles", lambda d: d.update(roles=[])),
    ("roles.Clerk", lambda d: d["roles"].update(Clerk={"kind": "person"})),
    ("roles.clerk.kind", lambda d: d["roles"]["clerk"].update(kind="robot")),
    ("roles.clerk.kind", lambda d: d["roles"]["clerk"].pop("kind")),
    ("roles.clerk.label", lambda d: d["roles"]["clerk"].update(label=7)),
    ("roles.clerk.surprise", lambda d: d["roles"]["clerk"].update(surprise=1)),
    ("roles.clerk", lambda d: d["roles"].update(clerk=None)),
    ("purposes.audit.classes", lambda d: d["purposes"]["audit"].pop("classes")),
    ("purposes.audit.classes", lambda d: d["purposes"]["audit"].update(classes="ordinary")),
    ("permissions.thing", lambda d: d["permissions"].update(thing={"roles": ["clerk"]})),
    ("permissions.thing:destroy.roles", lambda d: d["permissions"]["thing:destroy"].update(roles=[])),
    ("permissions.thing:destroy.roles",
     lambda d: d["permissions"]["thing:destroy"].update(roles=["cheif"])),
    ("permissions.thing:destroy.roles",
     lambda d: d["permissions"]["thing:destroy"].update(roles=["chief", "chief"])),
    ("permissions.thing:destroy.roles",
     lambda d: d["permissions"]["thing:destroy"].update(roles="chief")),
    ("services.Thing_API", lambda d: d["services"].update(Thing_API={"operations": {}})),
    ("services.thing-api", lambda d: d["services"].update({"thing-api": {}})),
    ("services.thing-api.operations", lambda d: d["services"]["thing-api"].update(operations=None)),
    (f"{OPERATIONS}.get_thing.method", lambda d: operation_of(d).update(method="get")),
    (f"{OPERATIONS}.get_thing.method", lambda d: operation_of(d).pop("method")),
    (f"{OPERATIONS}.get_thing.method", lambda d: operation_of(d).update(method=["GET"])),
    ("roles.clerk.kind", lambda d: d["roles"]["clerk"].update(kind=["person"])),
    (f"{OPERATIONS}.get_thing.path", lambda d: operation_of(d).update(path="v1/things")),
    (f"{OPERATIONS}.get_thing.path", lambda d: operation_of(d).update(path="/v1/../things")),
    (f"{OPERATIONS}.get_thing.path", lambda d: operation_of(d).update(path="/v1//things")),
    (f"{OPERATIONS}.get_thing.path", lambda d: operation_of(d).update(path="/v1/things/")),
    (f"{OPERATIONS}.get_thing.path", lambda d: operation_of(d).update(path="/v1/%2e/things")),
    (f"{OPERATIONS}.get_thing.permission", lambda d: operation_of(d).pop("permission")),
    (f"{OPERATIONS}.get_thing.permission", lambda d: operation_of(d).update(permission="x:y")),
    (f"{OPERATIONS}.get_thing.permission", lambda d: operation_of(d).update(permission=[])),
    (f"{OPERATIONS}.get_thing.permission", lambda d: operation_of(d).update(public=True)),
    (f"{OPERATIONS}.get_thing.purposes", lambda d: operation_of(d).update(purposes=["fun"])),
    (f"{OPERATIONS}.get_thing.purposes", lambda d: operation_of(d).update(purposes="audit")),
    (f"{OPERATIONS}.get_thing.step_up", lambda d: operation_of(d).update(step_up="yes")),
    (f"{OPERATIONS}.get_thing.internal", lambda d: operation_of(d).update(internal=1)),
    (f"{OPERATIONS}.get_thing.stepup", lambda d: operation_of(d).update(stepup=True)),
    (f"{OPERATIONS}.get_thing.rate_per_minute", lambda d: operation_of(d).update(rate_per_minute=0)),
    (f"{OPERATIONS}.get_thing.rate_per_minute",
     lambda d: operation_of(d).update(rate_per_minute=True)),
    (f"{OPERATIONS}.get_thing.max_body_bytes",
     lambda d: operation_of(d).update(max_body_bytes="1 MB")),
    (f"{OPERATIONS}.Get_Thing",
     lambda d: d["services"]["thing-api"]["operations"].update(Get_Thing=operation_of(d))),
    ("services.other-api.operations.get_thing",
     lambda d: d["services"]["other-api"]["operations"].update(get_thing=operation_of(d))),
    ("services.other-api.operations.read_thing",
     lambda d: d["services"]["other-api"]["operations"].update(
         read_thing={**operation_of(d), "path": "/v1/things/{other_name}"})),
    ("operation_defaults.method", lambda d: d.update(operation_defaults={"method": "GET"})),
    (f"{OPERATIONS}.get_thing.streams", lambda d: d.update(operation_defaults={"streams": "no"})),
]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "change"), MALFORMED, ids=[f"{n}-{e}" for n, (e, _) in enumerate(MALFORMED)]
)
def test_a_malformed_document_is_refused_naming_the_entry(entry: str, change: Change) -> None:
    document = copy.deepcopy(DOCUMENT)
    change(document)
    with pytest.raises(MalformedPolicy) as malformed:
        Policy.from_document(document)
    assert malformed.value.entry == entry
    assert entry in str(malformed.value)


def test_something_that_is_no_document_is_refused() -> None:
    with pytest.raises(MalformedPolicy):
        Policy.from_document([])  # type: ignore[arg-type]


def test_changing_the_document_afterwards_changes_no_decision() -> None:
    document = copy.deepcopy(DOCUMENT)
    policy = Policy.from_document(document)
    document["permissions"]["thing:destroy"]["roles"].append("clerk")
    assert policy.operation("destroy_thing").roles == {"chief"}


def test_the_policy_of_the_platform_is_well_formed() -> None:
    policy = Policy.from_document(PLATFORM_DOCUMENT)
    assert len(policy) > 30
    for operation in policy:
        expected = operation.public or bool(operation.roles)
        assert expected
        nobody = replace(somebody(), purpose=next(iter(operation.purposes), None), acr="mfa")
        assert policy.allows(nobody, operation).allowed is operation.public


def test_a_caller_sees_the_rows_of_its_provider_and_none_without_one() -> None:
    one = somebody("tutor")
    assert provider_of(one) == 10_000_001
    with pytest.raises(Forbidden) as caught:
        provider_of(replace(one, ukprn=None))
    assert caught.value.context == {"reason": "no_provider_scope"}
