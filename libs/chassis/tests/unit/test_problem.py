"""Problem documents: the texts of the catalogue, pointers, and nothing of the context."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matricula_chassis.errors import Conflict, FieldFault, Invalid, NotFound, Unavailable
from matricula_chassis.http import (
    CHASSIS_PROBLEMS,
    BadCatalogue,
    ParameterFault,
    ParameterFaults,
    ProblemCatalogue,
    response_to,
)
from matricula_testkit.observed import catalogue_document, small_catalogue

CORRELATION = "01920555-9293-7449-9312-001122334455"


def body_of(error: Any) -> dict[str, Any]:
    response = response_to(error, small_catalogue(thing_not_found=404), correlation_id=CORRELATION)
    assert response.media_type == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    return dict(json.loads(bytes(response.body)))


def test_a_problem_has_the_catalogues_texts_and_the_correlation_id() -> None:
    assert body_of(NotFound("thing-not-found")) == {
        "type": "/problems/thing-not-found",
        "title": "Title of thing-not-found",
        "status": 404,
        "detail": "Detail of thing-not-found.",
        "help": "Help for thing-not-found.",
        "correlation_id": CORRELATION,
    }


def test_faults_are_listed_with_pointer_code_and_detail() -> None:
    error = Invalid("validation-failed", faults=[FieldFault("/a~1b/0", "too-short", "Too short.")])
    assert body_of(error)["errors"] == [
        {"pointer": "/a~1b/0", "code": "too-short", "detail": "Too short."}
    ]
    fault = ParameterFault(place="query", name="limit", code="too-large", message="Too large.")
    assert body_of(ParameterFaults("bad-request", [fault]))["errors"] == [
        {"in": "query", "name": "limit", "code": "too-large", "detail": "Too large."}
    ]


def test_the_context_of_an_error_is_not_shown() -> None:
    assert "c0ntext" not in json.dumps(body_of(Conflict("conflict", place="c0ntext")))


def test_an_unlisted_problem_falls_back_to_its_status() -> None:
    assert body_of(NotFound("never-listed"))["type"] == "/problems/not-found"
    assert body_of(Unavailable("never-listed"))["status"] == 503


def test_an_outage_says_when_to_come_back() -> None:
    response = response_to(Unavailable("unavailable"), small_catalogue(), correlation_id=None)
    assert response.headers["retry-after"] == "5"
    response = response_to(
        Unavailable("unavailable", retry_after=30), small_catalogue(), correlation_id=None
    )
    assert response.headers["retry-after"] == "30"


def test_headers_that_an_error_carries_are_sent() -> None:
    error = Invalid("rate-limited")
    error.headers = {"RateLimit": '"default";r=0;t=3'}  # type: ignore[attr-defined]
    response = response_to(error, small_catalogue(), correlation_id=None)
    assert response.headers["ratelimit"] == '"default";r=0;t=3'


def test_a_catalogue_without_what_the_chassis_answers_is_refused() -> None:
    document = catalogue_document()
    del document["problems"]["malformed-json"]
    with pytest.raises(BadCatalogue) as caught:
        ProblemCatalogue.from_document(document)
    assert caught.value.entries == ("malformed-json",)


@pytest.mark.parametrize(
    "entry", [None, {}, {"status": 200, "title": "a", "detail": "b"}, {"status": 404, "title": "a"}]
)
def test_a_malformed_entry_is_named(entry: object) -> None:
    document = catalogue_document()
    document["problems"]["thing-lost"] = entry
    with pytest.raises(BadCatalogue) as caught:
        ProblemCatalogue.from_document(document)
    assert caught.value.entries == ("thing-lost",)


def test_the_inner_mapping_alone_is_a_document_too() -> None:
    catalogue = ProblemCatalogue.from_document(catalogue_document()["problems"])
    assert all(slug in catalogue for slug in CHASSIS_PROBLEMS)


@given(
    st.text(),
    st.lists(st.builds(FieldFault, st.text(), st.text(), st.text())),
    st.dictionaries(
        st.sampled_from(["a", "b", "retry_after"]), st.one_of(st.text(), st.integers())
    ),
)
def test_every_error_becomes_a_well_formed_problem(
    slug: str, faults: list[FieldFault], context: dict[str, Any]
) -> None:
    printable = [
        fault
        for fault in faults
        if all(text.isprintable() for text in (fault.pointer, fault.code, fault.message))
    ]
    body = body_of(Conflict(slug, faults=printable, **context))
    assert {"type", "title", "status", "detail", "correlation_id"} <= body.keys()
    assert 400 <= body["status"] < 600
    assert len(body.get("errors", [])) == len(printable)


@given(st.integers(min_value=100, max_value=599))
def test_every_status_has_a_general_problem(status: int) -> None:
    kind = small_catalogue().kind_of_status(status)
    assert kind.status // 100 == (4 if 400 <= status < 500 else 5)
