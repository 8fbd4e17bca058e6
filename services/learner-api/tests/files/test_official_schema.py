"""Our checks and the official XSD agree on generated records, value by value and in structure.

Differences that are meant: an empty optional element is absent (the XSD refuses it), years outside
0001 to 9999 are refused (the XSD takes them), and 99 aims are refused even with numbers that repeat.
"""

import copy
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from matricula_contracts import fields

NAMESPACE = fields.NAMESPACE
SCHEMA_FILE = (
    Path(__file__).parents[4] / ".." / "shared/data/ilr/official/schema-2025-26.xsd"
).resolve()
PATTERNS = {
    "LearnRefNumber": "A1", "PrevLearnRefNumber": "A1", "CampId": "A1", "FamilyName": "Test",
    "GivenNames": "Test", "TelNo": "0123", "Email": "a@b", "UCASPERID": "0123456789",
    "UCASSCHEMECODE": "AB12",
}  # fmt: skip
EXAMPLES = int(os.environ.get("MATRICULA_EXAMPLES", "400"))
SETTINGS = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

pytestmark = pytest.mark.skipif(
    not SCHEMA_FILE.exists(), reason="the official schema is not beside this checkout"
)


@pytest.fixture(scope="module", name="is_valid")
def _is_valid() -> Callable[[Any], bool]:
    return etree.XMLSchema(etree.parse(SCHEMA_FILE)).validate


def sample(field: Any) -> str:
    if field.name in PATTERNS:
        return PATTERNS[field.name]
    match field.type:
        case "date":
            return "2020-01-02"
        case "string":
            return "A" * (field.length or field.min_length or 1)
        case _:
            low, high = field.min_inclusive, field.max_inclusive
            return str(low if low is not None else high if high is not None else 1)


def full(name: str = "Learner") -> dict[str, Any]:
    """A learner with every field and every entity once."""
    entity = fields.ENTITIES[name]
    values: dict[str, Any] = {field.name: sample(field) for field in entity.fields}
    for child in entity.children:
        row = full(child)
        values[child] = [row] if fields.ENTITIES[child].repeats else row
    return values


FULL = full()
LEARNER_FIELDS = [
    item
    for item in fields.all_fields()
    if fields.entity(item.entity).path.split(".")[0] == "Learner"
]


def row_of(learner: dict[str, Any], entity_name: str) -> Any:
    """The row of an entity in a full learner."""
    path = fields.entity(entity_name).path.split(".")[1:]
    row = learner
    for name in path:
        row = row[name][0] if isinstance(row[name], list) else row[name]
    return row


SPACE = st.text(" \t\r\n", max_size=2)


@st.composite
def integers_around(draw: Any, field: Any) -> str:
    edges = [0, 1, 9, 10, 99, 100, 999, 2**31 - 1, 2**31, -(2**31), 2**63 - 1, 2**63]
    for bound in (field.min_inclusive, field.max_inclusive):
        edges += [] if bound is None else [int(bound) - 1, int(bound), int(bound) + 1]
    if field.total_digits is not None:
        edges += [10**field.total_digits - 1, 10**field.total_digits]
    number = draw(st.one_of(st.sampled_from(edges), st.integers(-200, 200)))
    sign = draw(st.sampled_from(["", "", "", "-", "+"])) if number >= 0 else ""
    zeros = "0" * draw(st.sampled_from([0, 0, 0, 1, 3, 30]))
    digits = f"{abs(number)}"
    return f"{draw(SPACE)}{sign or ('-' if number < 0 else '')}{zeros}{digits}{draw(SPACE)}"


@st.composite
def decimals_around(draw: Any, field: Any) -> str:
    whole = draw(st.sampled_from([0, 1, 50, 99, 100, 101, 299, 300, 301]))
    fraction = draw(st.sampled_from(["", ".", ".0", ".1", ".5", ".10", ".11", ".05", ".00"]))
    sign = draw(st.sampled_from(["", "", "-", "+"]))
    pad = "0" * draw(st.sampled_from([0, 0, 2]))
    return f"{draw(SPACE)}{sign}{pad}{whole if draw(st.booleans()) else ''}{fraction}{draw(SPACE)}"


@st.composite
def dates_around(draw: Any) -> str:
    year = draw(st.sampled_from(["2025", "2024", "1900", "2000", "0001", "9999", "25", "202"]))
    month = draw(st.sampled_from(["01", "02", "04", "12", "00", "13", "1"]))
    day = draw(st.sampled_from(["01", "28", "29", "30", "31", "32", "00", "1"]))
    zone = draw(st.sampled_from(["", "", "", "Z", "+01:00", "-14:00", "+14:01", "+1:00", "z"]))
    joint = draw(st.sampled_from(["-", "-", "-", "/", ""]))
    return f"{draw(SPACE)}{year}{joint}{month}{joint}{day}{zone}{draw(SPACE)}"


RESTRICTED = "AZaz09 ~!@#$%&'()*+,-./:;<=>?[\\]_{}^\u00a3\u20ac"
OUTSIDE = '"|`\u00a0\u00e9\t\n\r\u0130\u06f1\U00020000\ufffd'


@st.composite
def texts_around(draw: Any, field: Any) -> str:
    limits = [field.min_length, field.max_length, field.length]
    if field.pattern and "{1," in field.pattern:
        limits.append(int(field.pattern.rpartition("{1,")[2].rstrip("}")))
    sizes = {size + step for size in limits if size for step in (-1, 0, 1)} | {1, 2, 4, 9, 10}
    size: int = draw(st.sampled_from(sorted(sizes - {0, -1})))
    kind = draw(st.sampled_from(["usual", "usual", "restricted", "any"]))
    if kind == "usual":
        piece: str = draw(st.sampled_from([sample(field), "9", "a", "@", " "]))
        return (piece * size)[:size]
    alphabet = RESTRICTED if kind == "restricted" else RESTRICTED + OUTSIDE
    text: str = draw(st.text(alphabet, min_size=size, max_size=size))
    return text


@st.composite
def field_and_text(draw: Any) -> tuple[Any, str]:
    field = draw(st.sampled_from(LEARNER_FIELDS))
    junk = st.text("0123456789+-. eE_x\t\u00a0\u0661", min_size=1, max_size=12)
    if field.type == "string":
        return field, draw(texts_around(field))
    if field.type == "date":
        return field, draw(st.one_of(dates_around(), dates_around(), junk))
    around = decimals_around if field.type == "decimal" else integers_around
    return field, draw(st.one_of(around(field), around(field), junk))


@given(case=field_and_text())
@example(case=(fields.field("Learner", "AddLine1"), "1\\2"))
@example(case=(fields.field("Learner", "FamilyName"), "\u0661\u0662"))
@example(case=(fields.field("Learner", "Email"), "@@@"))
@SETTINGS
def test_a_value_is_a_fault_exactly_when_the_schema_refuses_it(
    ilr: Any, is_valid: Callable[[Any], bool], case: Any
) -> None:
    field, text = case
    learner = copy.deepcopy(FULL)
    row_of(learner, field.entity)[field.name] = text
    document = ilr.write("xml", [learner])
    if not text.strip(" \t\r\n") and field.type != "string":
        return
    # XML Schema collapses space around dates; libxml2 does not, so it judges the date without
    row_of(learner, field.entity)[field.name] = (
        text.strip(" \t\r\n") if field.type == "date" else text
    )
    official = is_valid(etree.fromstring(ilr.write("xml", [learner])))
    (record,) = ilr.read(document)
    ours = "schema" not in record.reasons
    assert ours == official, (field.entity, field.name, text, record.faults)
    if not ours:
        assert all(fault.pointer.endswith(f"/{field.name}") for fault in record.faults if fault.reason == "schema")  # fmt: skip


@pytest.mark.parametrize("field", LEARNER_FIELDS, ids=lambda item: f"{item.entity}.{item.name}")
def test_a_missing_field_is_a_fault_exactly_when_the_schema_says_so(
    ilr: Any, is_valid: Callable[[Any], bool], field: Any
) -> None:
    learner = copy.deepcopy(FULL)
    del row_of(learner, field.entity)[field.name]
    document = ilr.write("xml", [learner])
    (record,) = ilr.read(document)
    assert ("schema" not in record.reasons) == is_valid(etree.fromstring(document))
    assert ("schema" not in record.reasons) == (not field.required)


@pytest.mark.parametrize("field", LEARNER_FIELDS, ids=lambda item: f"{item.entity}.{item.name}")
def test_an_empty_element_is_absent_when_optional_and_a_fault_when_required(
    ilr: Any, field: Any
) -> None:
    learner = copy.deepcopy(FULL)
    row_of(learner, field.entity)[field.name] = "\ue000"
    for empty in (f"<{field.name}/>", f"<{field.name}></{field.name}>"):
        full_text = f"<{field.name}>\ue000</{field.name}>"
        document = ilr.write("xml", [learner]).decode().replace(full_text, empty)
        (record,) = ilr.read(document.encode())
        schema = [fault for fault in record.faults if fault.reason == "schema"]
        assert [fault.code for fault in schema] == (["missing"] if field.required else [])
        assert field.name not in row_of(record.data, field.entity)


def moved(root: Any, rng: Random) -> None:
    """Change the structure of a learner at one random place."""
    elements = [item for item in root.iter() if item is not root]
    if not elements:
        return
    target = rng.choice(elements)
    parent = target.getparent()
    action = rng.choice(["delete", "repeat", "swap", "unknown", "text", "nest", "foreign"])
    if action == "delete":
        parent.remove(target)
    elif action == "repeat":
        for _ in range(rng.choice([1, 1, 4, 17, 22])):
            target.addnext(copy.deepcopy(target))
    elif action == "swap":
        parent.insert(rng.randrange(len(parent)), target)
    elif action == "unknown":
        parent.insert(rng.randrange(len(parent) + 1), etree.Element(f"{{{NAMESPACE}}}Unknown"))
    elif action == "foreign":
        parent.insert(rng.randrange(len(parent) + 1), etree.Element("{urn:x}ULN"))
    elif action == "nest":
        target.append(copy.deepcopy(rng.choice(elements)))
    else:
        target.tail = (target.tail or "") + rng.choice(["x", " ", "\n", "\u00a0"])


@given(seed=st.integers(0, 2**32), changes=st.integers(1, 3))
@SETTINGS
def test_a_structure_is_a_fault_exactly_when_the_schema_refuses_it(
    ilr: Any, is_valid: Callable[[Any], bool], seed: int, changes: int
) -> None:
    rng = Random(seed)  # noqa: S311 - repeatable test data
    document = etree.fromstring(ilr.write("xml", [FULL]))
    learner = document[-1]
    learner.tail = None
    for _ in range(changes):
        moved(learner, rng)
    # what would be an empty optional element is left out, as our readers take it
    empties = [e for e in learner.iter() if len(e) == 0 and not (e.text or "") and e is not learner]
    if any(fields_named(e) for e in empties):
        return
    content = etree.tostring(document, encoding="utf-8", xml_declaration=True)
    official = is_valid(etree.fromstring(content))
    (record,) = ilr.read(content)
    assert ("schema" not in record.reasons) == official, (content.decode(), record.faults)


def fields_named(element: Any) -> bool:
    name = etree.QName(element)
    return name.namespace == NAMESPACE and name.localname in fields.ENTITIES


@pytest.mark.parametrize("count", [1, 98, 99])
def test_ninety_eight_aims_are_valid_and_ninety_nine_are_not(
    ilr: Any, is_valid: Callable[[Any], bool], count: int
) -> None:
    learner = copy.deepcopy(FULL)
    aim = learner["LearningDelivery"][0]
    learner["LearningDelivery"] = [aim | {"AimSeqNumber": n} for n in range(1, count + 1)]
    document = ilr.write("xml", [learner])
    (record,) = ilr.read(document)
    assert ("schema" not in record.reasons) == is_valid(etree.fromstring(document)) == (count < 99)
    learner["LearningDelivery"] = [aim | {"AimSeqNumber": min(n, 98)} for n in range(1, count + 1)]
    (record,) = ilr.read(ilr.write("xml", [learner]))
    assert ("schema" in record.reasons) == (count == 99)


@pytest.mark.parametrize("entity", [e for e in fields.ENTITIES.values() if e.path.startswith("Learner.")], ids=lambda e: e.path)  # fmt: skip
def test_an_entity_may_stand_as_often_as_the_schema_says(
    ilr: Any, is_valid: Callable[[Any], bool], entity: Any
) -> None:
    if entity.name == "LearningDelivery":
        counts = [0, 1, 3]
    else:
        counts = [
            0,
            1,
            2,
            *([entity.max_occurs, entity.max_occurs + 1] if entity.max_occurs else [60]),
        ]
    for count in counts:
        learner = copy.deepcopy(FULL)
        parent = row_of(learner, entity.parent) if entity.parent != "Learner" else learner
        row = row_of(learner, entity.name)
        parent[entity.name] = [row] * count
        document = ilr.write("xml", [learner])
        (record,) = ilr.read(document)
        assert ("schema" not in record.reasons) == is_valid(etree.fromstring(document)), count
