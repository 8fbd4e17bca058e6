"""Audit values: the grammar of actions, and what travels of an actor and of facts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matricula_chassis.audit import ActionContext, Actor, AuditFacts, audit_block, parse_action
from matricula_chassis.auth.principal import Principal

SEGMENT = st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True)
TAG = st.lists(SEGMENT, min_size=2, max_size=4).map(":".join)


@given(TAG)
def test_a_well_formed_action_is_read_back_as_written(tag: str) -> None:
    action = parse_action(tag)
    assert str(action) == tag
    assert [*action.resource, action.fact] == tag.split(":")


@given(st.text(max_size=30))
def test_any_text_is_an_action_exactly_when_its_segments_are(text: str) -> None:
    segments = text.split(":")
    is_action = 2 <= len(segments) <= 4 and all(
        segment.isascii()
        and segment[:1].isalpha()
        and segment == segment.lower()
        and segment.replace("_", "").isalnum()
        and len(segment) <= 40
        for segment in segments
    )
    if is_action:
        assert str(parse_action(text)) == text
    else:
        with pytest.raises(ValueError, match="segments"):
            parse_action(text)


def test_facts_with_a_malformed_action_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="segments"):
        AuditFacts("Learner recorded", "learner", "learner-7")


def test_members_without_a_value_do_not_travel() -> None:
    facts = AuditFacts("learner:recorded", "learner", "l-7", changed_fields=("Status",))
    assert audit_block(facts, Actor("p", "c")) == {
        "actor": {"subject": "p", "client_id": "c"},
        "action": "learner:recorded",
        "resource_type": "learner",
        "resource_id": "l-7",
        "outcome": "done",
        "changed_fields": ("Status",),
    }


def test_the_context_of_a_request_is_that_of_its_principal() -> None:
    principal = Principal(
        subject="person-1",
        client_id="front-end",
        ukprn=10000001,
        roles=frozenset({"mis", "dpo"}),
        purpose=None,
        acr="2",
        acting_for="person-2",
        correlation_id="c-1",
        token_id="t-1",
    )
    context = ActionContext.from_principal(principal)
    assert context.actor == Actor(
        "person-1",
        "front-end",
        roles=("dpo", "mis"),
        acr="2",
        acting_for="person-2",
        ukprn=10000001,
    )
    assert (context.correlation_id, context.causation_id) == ("c-1", None)
