"""Every service keeps to its own OpenAPI document, whatever it is sent.

schemathesis runs in process on real databases, with a token of a role that may call the operation.
Data and order are the same in every run. `SCHEMATHESIS_EXAMPLES=200` asks for the long form: so many
examples of each operation in place of three.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.core.result import Ok
from schemathesis.engine import StopReason, events, from_schema
from schemathesis.openapi.checks import RejectedPositiveData, UnsupportedMethodResponse
from schemathesis.python import asgi
from tests.contract.schemathesis_services import (
    Served,
    serve_consent_registry,
    serve_event_log,
    serve_learner_api,
)
from tests.contract.schemathesis_validator import serve_ilr_validator

from matricula_testkit.servers import DatabaseFactory

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(3600)]
EXAMPLES: Final = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "3"))
CONFIG: Final[dict[str, Any]] = {
    "seed": 20_260_302,
    "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
    "phases": {"stateful": {"max-steps": 4}},
    "checks": {
        # 412 and 428: the absent header is a precondition (tus 1.0.0; RFC 6585 section 3).
        "missing_required_header": {"expected-statuses": [400, 401, 403, 406, 412, 415, 422, 428]},
        "negative_data_rejection": {
            "expected-statuses": [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428]
        },
    },
}
# The tus media type is bytes like any other.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
# Valid by the schema and refused all the same, because no schema can say these rules.
RULES: Final = frozenset(
    {
        "empty-file",
        "file-too-large",
        "idempotency-key-reused",
        "invalid-cursor",
        "payload-too-large",
        "precondition-failed",
        "unsupported-media-type",
    }
)
# They need a whole valid record, the right entity tag, offset or state, or an export that was
# built: a generator rarely guesses that. The services' own tests get through.
OUT_OF_REACH: Final = frozenset(
    {
        "DELETE /v1/uploads/{upload_id}",
        "GET /v1/exports/{export_id}/content",
        "GET /v1/learners/{learner_id}/findings",
        "PATCH /v1/learners/{learner_id}",
        "PATCH /v1/submissions/{submission_id}/records/{record_id}",
        "PATCH /v1/uploads/{upload_id}",
        "POST /v1/learner-checks",
        "POST /v1/agreements/{agreement_id}/activation",
        "POST /v1/agreements/{agreement_id}/termination",
        "POST /v1/lawful-bases/{basis_id}/end",
        "POST /v1/learners",
        "POST /v1/validations/{validation_id}/cancellation",
        "POST /v1/submissions/{submission_id}/records/{record_id}/rejection",
        "POST /v1/submissions/{submission_id}/verification",
    }
)
NAMES: Final = frozenset({"kind", "rule"})
"""Parameters of a path that are names of things and no ids."""
RECORDS: Final = (
    "/v1/learner-checks",
    "/v1/learners",
    "/v1/learners/{learner_id}",
    "/records/{record_id}",
)
# Texts and numbers that JSON allows and I-JSON (RFC 7493) or PostgreSQL does not.
JSON_CODES: Final = frozenset({"nul-character", "number-out-of-range", "lone-surrogate"})
RULE_CODES: Final = frozenset(
    {
        "before_start",
        "condition_missing",
        "nothing_to_find",
        "sample_size",
        "time-out-of-range",
        "time_out_of_range",
        "timezone",
        "too-large",
        "unknown_condition",
    }
)


def filter_failure(_context: object, failure: Failure, case: Any, response: Any) -> bool:
    """Say whether a failed check counts; what does not count is named above and here."""
    if isinstance(failure, RejectedPositiveData):
        # A NUL is refused everywhere, whatever a schema says of texts.
        has_nul = "%00" in str(response.request.url)
        return not has_nul and not _breaks_a_rule(case.operation.path, _problem(response))
    if isinstance(failure, UnsupportedMethodResponse):
        # The body is looked at before the method; and for GET, "search" is the id of a learner.
        return bool(response.status_code != 415) and case.operation.path != "/v1/learners/search"
    return True


def _problem(response: Any) -> dict[str, Any]:
    problem: dict[str, Any] = json.loads(response.content or b"{}")
    return problem


def _breaks_a_rule(path: str, problem: dict[str, Any]) -> bool:
    slug = problem.get("type", "").rpartition("/")[2]
    # What a learner record must be is said by the field catalogue and its own tests.
    is_record = path.endswith(RECORDS)
    codes = {fault["code"] for fault in problem.get("errors", [])}
    if slug == "malformed-json":
        return codes <= JSON_CODES
    return slug in RULES or (slug == "validation-failed" and (is_record or codes <= RULE_CODES))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found; operations by method and path."""

    faults: list[str]
    operations: set[str]
    succeeded: set[str]
    is_complete: bool


def _run(served: Served) -> Outcome:
    schema = schemathesis.openapi.from_dict(
        served.app.openapi(), config=schemathesis.Config.from_dict(CONFIG)
    )
    schema.app = served
    schema.hook(filter_failure)

    @schema.auth(refresh_interval=None)
    class Token:
        def get(self, _case: schemathesis.Case[Any], context: schemathesis.AuthContext) -> str:
            operation = context.operation.definition.raw["operationId"]
            return served.headers(operation)["Authorization"]

        def set(self, case: schemathesis.Case[Any], data: str, _context: object) -> None:
            case.headers["Authorization"] = data
            _put_existing_ids(case, served.known)

    faults: dict[str, str] = {}
    succeeded: set[str] = set()
    is_complete = False
    try:
        for event in from_schema(schema).execute():
            if isinstance(event, events.NonFatalError):
                faults[event.label] = f"{event.label}: {event.info.format()}"
            elif isinstance(event, events.FatalError):
                raise event.exception
            elif isinstance(event, events.EngineFinished):
                is_complete = event.stop_reason is StopReason.COMPLETED
            elif isinstance(event, events.ScenarioFinished):
                _collect(event, faults, succeeded)
    finally:
        asgi.shutdown_lifespans()
    listed = list(schema.get_all_operations())
    operations = {one.ok().label for one in listed if isinstance(one, Ok)}
    assert len(operations) == len(listed), "an operation of the document cannot be read"
    return Outcome(sorted(faults.values()), operations, succeeded, is_complete)


def _collect(event: events.ScenarioFinished, faults: dict[str, str], succeeded: set[str]) -> None:
    recorder = event.recorder
    succeeded.update(
        recorder.cases[case_id].value.operation.label
        for case_id, interaction in recorder.interactions.items()
        if interaction.response is not None and interaction.response.status_code < 300
    )
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is None:
                continue
            label = recorder.cases[case_id].value.operation.label
            failure = check.failure_info.failure
            text = f"{label}: {check.name}: {failure.title}\n{failure.message}"
            faults.setdefault(
                f"{label} {check.name} {failure.title}",
                f"{text}\n{check.failure_info.code_sample}\n{_answer(recorder, case_id)}",
            )


def _answer(recorder: Any, case_id: str) -> str:
    answer = recorder.interactions[case_id].response
    return "" if answer is None else f"{answer.status_code} {answer.content[:600]!r}"


# Ids of things that exist take the place of half of the generated ones, names of most: a report
# is reached where both are those of one that is there.
def _put_existing_ids(case: schemathesis.Case[Any], known: dict[str, str]) -> None:
    for name, value in known.items():
        given = case.path_parameters.get(name)
        if name in NAMES:
            if given is not None and len(str(given)) % 4:
                case.path_parameters[name] = value
            continue
        try:
            is_even = UUID(str(given)).int % 2 == 0
        except ValueError:
            continue  # no id at all: this case is about that
        if is_even:
            case.path_parameters[name] = value


def _keeps_its_contract(served: Served) -> None:
    outcome = _run(served)
    assert not outcome.faults, "\n\n".join(outcome.faults)
    # A run that proves something got through to the operations, not only to the guards.
    assert outcome.operations - outcome.succeeded <= OUT_OF_REACH
    assert outcome.is_complete


def test_consent_registry_keeps_its_contract(make_database: DatabaseFactory) -> None:
    _keeps_its_contract(serve_consent_registry(make_database("consent_registry")))


def test_learner_api_keeps_its_contract(make_database: DatabaseFactory, tmp_path: Path) -> None:
    keys = make_database(
        "learner_api_keys", migrations="learner_api.key_migrations", service="learner_api_keys"
    )
    _keeps_its_contract(serve_learner_api(make_database("learner_api"), keys, tmp_path))


def test_event_log_keeps_its_contract(make_database: DatabaseFactory, tmp_path: Path) -> None:
    _keeps_its_contract(serve_event_log(make_database("event_log"), tmp_path))


def test_ilr_validator_keeps_its_contract(make_database: DatabaseFactory, tmp_path: Path) -> None:
    _keeps_its_contract(serve_ilr_validator(make_database("ilr_validator"), tmp_path))
