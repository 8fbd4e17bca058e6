"""The policy: coherent, after the permission matrix, and the same as the routes that exist."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tools.contracts import document_modules, services, sources

from matricula_chassis.auth.permissions import Policy
from matricula_contracts import fields, policy

Change = Callable[[dict[str, Any]], None]
ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = policy.DOCUMENT
POLICY = Policy.from_document(DOCUMENT)
SERVICES = sorted(DOCUMENT["services"])


def roles(permission: str) -> set[str]:
    return set(DOCUMENT["permissions"][permission]["roles"])


def test_the_chassis_reads_every_operation() -> None:
    listed = [name for entry in DOCUMENT["services"].values() for name in entry["operations"]]
    assert sorted(item.name for item in POLICY) == sorted(listed)


def test_only_coordinators_and_compliance_officers_enter_or_modify_learner_data() -> None:
    writers = {"training_coordinator", "compliance_officer"}
    for name in ("create_learner", "amend_learner", "correct_record", "verify_records"):
        assert POLICY.operation(name).roles == writers


def test_auditors_write_nothing_and_it_operations_see_no_data() -> None:
    for item in POLICY:
        if "auditor" in item.roles:
            assert item.method == "GET" or item.name == "create_export", item.name
        if "it_ops" in item.roles:
            assert item.permission == "event_log:query", item.name


def test_a_partner_may_submit_and_follow_its_submissions_and_nothing_else() -> None:
    allowed = {item.permission for item in POLICY if "partner" in item.roles}
    assert allowed == {
        "third_party_intake:submit",
        "third_party_intake:outcome",
        "event_log:query",
    }


def test_no_operation_on_records_is_open_to_learners_while_none_is_bound_to_them() -> None:
    for item in POLICY:
        if "learner" in item.roles:
            assert item.permission == "event_log:query", item.name


def test_internal_operations_are_for_services_alone() -> None:
    for item in POLICY:
        assert item.internal == (item.roles == {"service"}), item.name


def test_special_and_criminal_data_are_seen_by_fewer_roles_than_the_core_record() -> None:
    core = roles("learner.core:read")
    assert roles("learner.special:read") < core
    assert roles("learner.criminal:read") < roles("learner.special:read") | {"dpo"}
    assert "manager" not in roles("learner.special:read")


def test_every_purpose_names_classes_of_the_catalogue() -> None:
    for entry in DOCUMENT["purposes"].values():
        assert set(entry["classes"]) <= set(fields.CLASSES)


def test_every_permission_guards_an_operation_or_a_field() -> None:
    used = {item.permission for item in POLICY} | {item.visible_to for item in fields.all_fields()}
    used |= {item.visible_to_for(value) for item in fields.all_fields() for value in ("3", "28")}
    assert DOCUMENT["permissions"].keys() == used


@pytest.mark.parametrize("service", SERVICES)
def test_the_routes_of_a_service_are_the_operations_of_the_policy(service: str) -> None:
    path = ROOT / "contracts" / "openapi" / f"{service}.json"
    found = services.routes(json.loads(path.read_text(encoding="utf-8")))
    listed = {(item.method, item.path): item.name for item in POLICY.of_service(service)}
    assert found == listed


def broken(change: Change) -> str:
    document = sources.load("policy.yaml")
    change(document)
    with pytest.raises(sources.SourceError) as refused:
        document_modules.policy(document)
    return str(refused.value)


def operations(document: dict[str, Any], service: str = "learner-api") -> dict[str, Any]:
    found: dict[str, Any] = document["services"][service]["operations"]
    return found


def test_an_operation_without_a_listed_permission_is_refused() -> None:
    def change(document: dict[str, Any]) -> None:
        operations(document)["get_learner"]["permission"] = "learner:peek"

    assert "get_learner: no permission learner:peek" in broken(change)


def test_two_operations_on_one_route_are_refused() -> None:
    def change(document: dict[str, Any]) -> None:
        operations(document)["get_learner_again"] = {
            "method": "GET",
            "path": "/v1/learners/{other}",
            "permission": "learner.core:read",
        }

    assert "same route as learner-api.get_learner" in broken(change)


def test_one_operation_name_in_two_services_is_refused() -> None:
    def change(document: dict[str, Any]) -> None:
        entry = {**operations(document)["get_learner"], "path": "/v1/elsewhere"}
        operations(document, "event-log")["get_learner"] = entry

    assert "name used twice" in broken(change)


def test_a_role_that_does_not_exist_is_refused() -> None:
    def change(document: dict[str, Any]) -> None:
        document["permissions"]["delivery:read"]["roles"].append("janitor")

    assert "no role janitor" in broken(change)
