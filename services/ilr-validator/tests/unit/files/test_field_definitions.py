"""Every field definition of 2025-26 fires on a value that breaks it, and on no other."""

import functools
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from lxml import etree

from ilr_validator.adapters.reports import element_in
from ilr_validator.packs.field_definitions import Definition, broken, definitions, tight_schema
from ilr_validator.packs.pack import load
from ilr_validator.packs.raw import learner_of
from ilr_validator.packs.record_model import EntityModel, FieldModel

from . import made

NAMES = frozenset(name for name, facts in load("2025-26").facts.items() if facts.stage == "field")
DEFINITIONS = definitions(made.MODEL, NAMES)
TIGHT = tight_schema(made.MODEL, NAMES)
NOT_RESTRICTED = '"'
WITHOUT_FIELD_DEFINITION = {"PriorLevel", "ConRefNumber"}
"""Neither publication has FD_PriorLevel_AL or FD_ConRefNumber_AP: the tight schema finds them."""


def wrong_values(field: FieldModel) -> dict[str, list[str | None]]:
    """Values that break each kind of check."""
    found: dict[str, list[str | None]] = {"MA": [None], "AL": [], "AP": [], "AR": []}
    if field.kind in {"int", "decimal"}:
        if field.length is not None:
            found["AL"] = ["9" * (field.length + 1), "0" * 5 + "9" * (field.length + 1)]
            found["AL"] += ["1.25"] if field.kind == "decimal" else []
        if field.low is not None and field.high is not None:
            found["AR"] = ["0" if field.low > 0 else "-1", f"{field.high + 1:.0f}"]
    elif field.kind in {"text", "restricted"}:
        characters = "9" if field.name in {"TelNo", "UCASPERID"} else "A"
        if field.length is not None:
            found["AL"] = [characters * (field.length + 1)]
        found["AP"] = ["123\u00e9"[: field.length] if field.kind == "text" else NOT_RESTRICTED]
        found["AP"] += ["\u00e9@b"[: field.length]] if field.kind == "restricted" else []
        found["AP"] += ["a-b"] if field.pattern and field.kind == "restricted" else []
        if field.low is not None:
            found["AR"] = ["0" * (field.length or 1)]
        if field.name.startswith("AddLine"):
            found["AP"].remove("a-b")
    return found


def broken_learners(one: Definition) -> Iterator[made.Tree]:
    if one.field is not None:
        for value in wrong_values(one.field)[one.check]:
            yield made.changed(made.learner(), one.entity.name, **{one.field.name: value})
    elif one.entity.minimum:
        yield made.learner(**{one.entity.name: None})
    else:
        assert one.entity.maximum is not None
        above = next(
            entity for entity, _ in made.MODEL.learner.walk() if one.entity in entity.children
        )
        many = [made.full(one.entity)] * (one.entity.maximum + 1)
        yield made.changed(made.learner(), above.name, **{one.entity.name: many})


@functools.cache
def fired() -> tuple[dict[str, set[str]], dict[str, list[str]]]:
    """Which rules each learner broke, and which learners break each field definition."""
    learners = [made.learner(LearnRefNumber="GOOD")]
    of_rule: dict[str, list[str]] = {}
    for one in DEFINITIONS:
        for tree in broken_learners(one):
            if one.field is None or one.field.name != "LearnRefNumber":
                tree["LearnRefNumber"] = f"B{len(learners)}"
            of_rule.setdefault(one.name, []).append(tree["LearnRefNumber"] or "")
            learners.append(tree)
    with TemporaryDirectory() as folder:
        run = made.run(Path(folder), made.document(learners))
        assert run.result.learners == len(learners)
        return run.rules, of_rule


def test_all_field_definitions_in_force_are_implemented() -> None:
    assert len(NAMES) == 204
    assert {one.name for one in DEFINITIONS} == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_field_definition_fires_on_what_breaks_it(name: str) -> None:
    rules, of_rule = fired()
    assert of_rule[name]
    for reference in of_rule[name]:
        assert name in rules[reference]


def test_a_learner_with_good_values_breaks_no_field_definition() -> None:
    assert not [rule for rule in fired()[0].get("GOOD", ()) if rule.startswith("FD_")]


def test_a_field_error_keeps_every_business_rule_away() -> None:
    found = {reference: rules for reference, rules in fired()[0].items() if reference[:1] == "B"}
    assert len(found) > 200
    for rules in found.values():
        assert all(rule.startswith(("FD_", "R_")) for rule in rules)


# Tight schema: a safety net that must find nothing.


def edge_values(field: FieldModel) -> Iterator[str | None]:
    yield None
    for values in wrong_values(field).values():
        yield from values
    if field.kind in {"int", "decimal"}:
        yield from ("0", "-1", "007", "+5", " 9 ", "99", "999999999")
        yield from ("0.1", "0.10", "100.0", "300.1", ".5") if field.kind == "decimal" else ()
    elif field.kind == "date":
        yield from ("2025-09-01Z", "2025-09-01+01:00", " 2025-09-01 ", "0001-01-01", "9999-12-31")
    else:
        yield from (" A ", "", "   ", "A" * (field.length or 1), "&#13;A", "\u00a3", "a@b", "9999")
    yield f"<{field.name}/>"


def fields_of(entity: EntityModel) -> Iterator[tuple[EntityModel, FieldModel]]:
    for each, _ in entity.walk():
        for field in each.fields:
            yield each, field


@pytest.mark.skipif(
    not made.OFFICIAL.exists(), reason="the official schema is not beside the checkout"
)
@pytest.mark.parametrize(
    ("stage", "refused"), [(DEFINITIONS, WITHOUT_FIELD_DEFINITION), (DEFINITIONS + TIGHT, set())]
)
def test_what_passes_the_stages_before_rules_passes_the_official_schema(
    stage: list[Definition], refused: set[str], tmp_path: Path
) -> None:
    learners = [
        made.changed(made.learner(), entity.name, **{field.name: value})
        for entity, field in fields_of(made.MODEL.learner)
        for value in edge_values(field)
    ]
    checker = made.checker(tmp_path, made.document(learners))
    raw = checker.raw(0, len(learners))
    owners = learner_of(raw, made.MODEL)
    parents = {entity.name: above.name for entity, above in made.MODEL.learner.walk() if above}
    wrong: set[int] = set()
    for one in broken(raw, stage, parents):
        wrong |= set(owners[one.entity][one.rows].tolist())
    # Business rules leave nobody out here: the schema is to see all that passed the fields.
    passed = [one for number, one in enumerate(learners) if number not in wrong]
    assert 600 < len(passed) < len(learners)
    content = made.tidied_document(passed)
    schema = etree.XMLSchema(etree.parse(made.OFFICIAL))
    schema.validate(etree.fromstring(content.encode()))
    log: Any = schema.error_log
    found = {element_in(entry.message) for entry in log}
    assert found == refused
