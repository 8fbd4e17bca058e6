"""Rows and canonical bytes from envelopes; whose events a role may see; numbering gaps."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from event_log.adapters.events.handlers import TOPICS
from event_log.adapters.events.mapping import COLUMNS, leaf_of, quick_canonical_bytes, row_of
from event_log.domain.canonical import canonical_bytes
from event_log.domain.completeness import Stream, advance
from event_log.domain.events import Scope, scope_of
from matricula_chassis.errors import Invalid
from matricula_chassis.messaging.envelope import Envelope

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def envelope(**changes: Any) -> Envelope:
    values: dict[str, Any] = {
        "id": UUID("01976b2e-7c00-7000-8000-000000000001"),
        "source": "/services/learner-api",
        "type": "learning.learner.recorded.v1",
        "subject": "learner-1",
        "time": NOW,
        "sequence": 7,
        "correlation_id": "c-1",
        "causation_id": None,
        "traceparent": None,
        "topic": "learning.learner",
        "data": {"b": 1, "a": [True, None]},
        **changes,
    }
    return Envelope(**values)


def test_the_leaf_is_the_event_in_canonical_cloudevents_json() -> None:
    assert leaf_of(envelope(causation_id="x")) == (
        b'{"causationid":"x","correlationid":"c-1","data":{"a":[true,null],"b":1},'
        b'"datacontenttype":"application/json","id":"01976b2e-7c00-7000-8000-000000000001",'
        b'"sequence":7,"source":"/services/learner-api","specversion":"1.0","subject":"learner-1",'
        b'"time":"2026-03-02T12:00:00.000000Z","topic":"learning.learner",'
        b'"type":"learning.learner.recorded.v1"}'
    )


def test_the_same_event_gives_the_same_leaf_whatever_the_order_of_its_members() -> None:
    one = envelope(data={"x": {"b": 1, "a": 2}, "y": 3})
    other = envelope(data={"y": 3, "x": {"a": 2, "b": 1}})
    assert leaf_of(one) == leaf_of(other)


@pytest.mark.parametrize("data", [{"load": 1.5}, {"n": 2**60}, {"deep": [{"x": [0.1]}]}])
def test_an_event_without_a_single_spelling_is_refused_for_good(data: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        leaf_of(envelope(data=data))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@settings(deadline=None)
@given(st.dictionaries(TEXT, st.integers(-5, 5) | TEXT | st.dictionaries(TEXT, st.booleans())))
def test_the_quick_way_gives_the_same_bytes_as_the_slow_one(value: dict[str, Any]) -> None:
    assert quick_canonical_bytes(value) == canonical_bytes(value)
    assert json.loads(quick_canonical_bytes(value)) == value


def test_what_is_searched_by_comes_from_the_audit_block() -> None:
    audit = {
        "actor": {"subject": "person-1", "client_id": "front-end", "ukprn": 10_000_002},
        "action": "learner:recorded",
        "outcome": "done",
        "purpose": "ilr_return",
        "subject_id": "person-7",
        "ukprn": 10_000_001,
    }
    row = dict(zip(COLUMNS, row_of(envelope(data={"audit": audit}), now=NOW), strict=True))
    assert row["actor"] == "person-1"
    assert row["client"] == "front-end"
    assert (row["action"], row["outcome"], row["purpose"]) == (
        "learner:recorded",
        "done",
        "ilr_return",
    )
    assert (row["person"], row["ukprn"]) == ("person-7", 10_000_001)


@pytest.mark.parametrize(
    "audit",
    [
        None,
        [],
        "x",
        {"actor": []},
        {"ukprn": "1"},
        {"ukprn": True},
        {"ukprn": 2**40},
        {"action": 1},
    ],
)
def test_an_odd_audit_block_does_not_keep_an_event_out_of_the_log(audit: object) -> None:
    row = dict(zip(COLUMNS, row_of(envelope(data={"audit": audit}), now=NOW), strict=True))
    assert row["ukprn"] is None
    assert row["action"] is None
    assert row["canonical"].startswith(b'{"correlationid"')


def test_the_log_takes_every_topic_but_its_own_checkpoints() -> None:
    assert "audit.access" in TOPICS
    assert "learning.learner" in TOPICS
    assert "audit.checkpoint" not in TOPICS


@pytest.mark.parametrize(
    ("roles", "ukprn", "scope"),
    [
        ({"auditor"}, 1, Scope(1)),
        ({"auditor"}, None, Scope()),
        ({"dpo"}, 1, Scope(1)),
        ({"dpo"}, None, None),
        ({"partner"}, 1, Scope(1, client="c")),
        ({"learner"}, 1, Scope(1, subject="s")),
        ({"manager"}, 1, Scope(1, actor="s")),
        ({"it_ops", "dpo"}, 1, Scope(1)),
        (set(), 1, Scope(1, actor="s")),
        ({"partner"}, None, None),
    ],
)
def test_scope_follows_the_role(roles: set[str], ukprn: int | None, scope: Scope | None) -> None:
    assert scope_of(roles, subject="s", client="c", ukprn=ukprn) == scope


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(-1, 12), max_size=6), max_size=6))
def test_gaps_are_exactly_the_numbers_that_never_came(runs: list[list[int]]) -> None:
    stream = Stream()
    seen: set[int] = set()
    for run in runs:
        stream = advance(stream, run)
        seen |= {number for number in run if number > 0}
        missing = {n for first, last in stream.gaps for n in range(first, last + 1)}
        assert stream.head == max(seen, default=0)
        assert missing == set(range(1, stream.head + 1)) - seen
