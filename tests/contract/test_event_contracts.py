"""Events as they are published: schemas, examples, consumers, and no room for personal data."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import (  # type: ignore[import-untyped]  # the stubs are no dependency
    Draft202012Validator,
    FormatChecker,
)
from tools.contracts import document_modules, privacy, sources

from matricula_chassis.audit import Actor, AuditFacts, audit_block
from matricula_chassis.messaging.envelope import DATA_SCHEMA_PREFIX
from matricula_contracts import event_schemas, fields, topics
from matricula_contracts.events import EVENTS

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "contracts"
SERVICES = ("consent-registry", "event-log", "gateway", "ilr-validator", "learner-api")
Change = Callable[[dict[str, Any]], None]
_ANY: dict[str, Any] = {
    "topic": "learning.learner",
    "producers": ["learner-api"],
    "consumers": ["event-log"],
    "description": "x",
}
every_type = pytest.mark.parametrize("name", sorted(EVENTS))


def committed(folder: str, name: str) -> Any:
    return json.loads((CONTRACTS / folder / f"{name}.json").read_text(encoding="utf-8"))


@every_type
def test_every_event_has_a_schema_and_an_example_that_fits_it(name: str) -> None:
    schema = committed("events", name)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    assert list(validator.iter_errors(committed("examples", name))) == []


@every_type
def test_every_event_has_a_consumer_or_a_reason_why_not(name: str) -> None:
    entry = topics.EVENT_TYPES[name]
    assert bool(entry.consumers) != bool(entry.reason)
    assert entry.producers


def sources_of(service: str) -> str:
    folder = ROOT / "gateway/src" if service == "gateway" else ROOT / "services" / service / "src"
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py")))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_names_the_events_it_publishes_and_no_others(service: str) -> None:
    text = sources_of(service)
    if re.search(r"\breplay_dead_letters\(", text):
        text += "DeadLetterResolved"  # the chassis publishes it for whoever replays
    for name, entry in topics.EVENT_TYPES.items():
        is_named = name in text or re.search(rf"\b{EVENTS[name].__name__}\b", text) is not None
        has_part = service in entry.producers or service in entry.consumers
        if service == "event-log" and service not in entry.producers:
            continue  # it stores every type alike, without naming it
        assert is_named == has_part, name


@every_type
def test_the_schema_is_the_one_that_the_envelope_names(name: str) -> None:
    assert committed("events", name)["$id"] == DATA_SCHEMA_PREFIX + name


@every_type
def test_no_event_has_room_for_personal_data(name: str) -> None:
    found = privacy.faults(
        committed("events", name),
        person_names=fields.person_names(),
        homonyms=topics.HOMONYMS,
    )
    assert found == []


@every_type
def test_what_the_chassis_adds_as_audit_block_fits_the_schema(name: str) -> None:
    facts = AuditFacts(
        "learner:amended",
        "learner",
        "01976b2e-7c00-7000-8000-000000000001",
        ukprn=10000001,
        subject_id="01976b2e-7c00-7000-8000-000000000001",
        data_classes=("ordinary", "special_category"),
        changed_fields=("LearningDelivery.CompStatus",),
        purpose="ilr_return",
        lawful_basis="art6_1_e",
        reason="correction",
        agreement_id="01976b2e-7c00-7000-8000-0000000000c1",
        rule="keyed_in",
        policy_version="sha256:0f3a",
        approval="01976b2e-7c00-7000-8000-0000000000c2",
        break_glass=True,
    )
    actor = Actor(
        "auth0|desk-01",
        "coordinator-desk",
        roles=("dpo",),
        acr="mfa",
        acting_for="x",
        ukprn=10000001,
    )
    value = {
        **committed("examples", name),
        "audit": json.loads(json.dumps(audit_block(facts, actor))),
    }
    validator = Draft202012Validator(committed("events", name), format_checker=FormatChecker())
    assert [error.message for error in validator.iter_errors(value)] == []


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"family_name": {"type": "string", "enum": ["a"]}}, "personal data of this name"),
        ({"FamilyName": {"type": "string", "enum": ["a"]}}, "personal data of this name"),
        ({"uln": {"type": "integer"}}, "personal data of this name"),
        ({"comp_status": {"type": "integer"}}, "personal data of this name"),
        ({"home_postcode": {"type": "string", "enum": ["a"]}}, "looks like personal data"),
        ({"contact": {"type": "string"}}, "can hold anything"),
        ({"contact": {"type": "string", "pattern": "^.*$"}}, "can hold anything"),
        ({"inner": {"type": "object", "properties": {"email": {"type": "null"}}}}, "personal data"),
        ({"words": {"type": "array", "items": {"type": "string"}}}, "can hold anything"),
        ({"either": {"anyOf": [{"type": "string"}, {"type": "null"}]}}, "can hold anything"),
        ({"by_key": {"type": "object", "additionalProperties": {"type": "string"}}}, "anything"),
    ],
)
def test_a_property_that_is_or_could_hold_personal_data_is_refused(
    rule: dict[str, Any], why: str
) -> None:
    schema = event_schemas.schema_of("learning.learner.recorded.v1")
    schema["properties"].update(rule)
    found = privacy.faults(schema, person_names=fields.person_names(), homonyms=topics.HOMONYMS)
    assert any(why in fault for fault in found), found


def test_a_homonym_is_needed_and_used() -> None:
    schema = event_schemas.schema_of("learning.learner.recorded.v1")
    found = privacy.faults(schema, person_names=fields.person_names(), homonyms=())
    assert [fault.split(":")[0].rpartition("/")[2] for fault in found] == sorted(topics.HOMONYMS)


@pytest.mark.parametrize("service", SERVICES)
def test_every_reference_of_an_asyncapi_document_leads_somewhere(service: str) -> None:
    document = committed("asyncapi", service)
    references = list(_references(document))
    assert references
    for reference in references:
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
        assert node
    sent = {name for name, item in topics.EVENT_TYPES.items() if service in item.producers}
    received = {name for name, item in topics.EVENT_TYPES.items() if service in item.consumers}
    assert document["components"]["messages"].keys() == sent | received


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    if isinstance(node, list):
        for value in node:
            yield from _references(value)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda d: d["events"]["learning.learner.recorded.v1"].update(consumers=[]), "a reason"),
        (lambda d: d["events"]["learning.learner.recorded.v1"].update(reason="x"), "a consumer"),
        (lambda d: d["events"]["learning.learner.recorded.v1"].update(topic="nowhere"), "no topic"),
        (lambda d: d["events"]["learning.learner.recorded.v1"].update(producers=[]), "nobody"),
        (lambda d: d["topics"]["learning.learner"].update(cleanup="compact"), "compacted"),
        (lambda d: d["topics"]["learning.learner"].update(partitions=0), "at least 1"),
        (lambda d: d["events"].update({"LearnerChanged": dict(_ANY)}), "not <domain>"),
    ],
)
def test_an_incoherent_registry_of_topics_is_refused(change: Change, why: str) -> None:
    document = sources.load("topics.yaml")
    change(document)
    with pytest.raises(sources.SourceError) as refused:
        document_modules.topics(document)
    assert why in str(refused.value)
