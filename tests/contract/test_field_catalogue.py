"""The field catalogue against the official schema, where that stands beside the checkout."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from matricula_contracts import fields

SCHEMA = Path(__file__).resolve().parents[3] / "shared/data/ilr/official/schema-2025-26.xsd"
XS = "{http://www.w3.org/2001/XMLSchema}"
FACETS = {
    "minLength": "min_length",
    "maxLength": "max_length",
    "length": "length",
    "pattern": "pattern",
    "minInclusive": "min_inclusive",
    "maxInclusive": "max_inclusive",
    "totalDigits": "total_digits",
    "fractionDigits": "fraction_digits",
}


@pytest.fixture(scope="module")
def schema() -> Any:
    if not SCHEMA.is_file():
        pytest.skip(f"{SCHEMA.name} is not beside the checkout")
    return etree.parse(SCHEMA).getroot()


def entities(element: Any, parent: str | None = None) -> Iterator[Any]:
    sequence = element.find(f"{XS}complexType/{XS}sequence")
    children = list(sequence)
    bounds = (int(element.get("minOccurs", 1)), element.get("maxOccurs", "1"))
    own = [one for one in children if one.find(f"{XS}complexType") is None]
    below = [one for one in children if one.find(f"{XS}complexType") is not None]
    assert children == own + below, "fields stand before entities everywhere"
    yield element.get("name"), parent, bounds, own, [one.get("name") for one in below]
    for child in below:
        yield from entities(child, element.get("name"))


def described(element: Any) -> dict[str, Any]:
    """Type, charset, facets and occurrence of an element of the schema, in the catalogue's words."""
    restriction = element.find(f"{XS}simpleType/{XS}restriction")
    base = element.get("type") if restriction is None else restriction.get("base")
    found = {
        "type": "string" if base == "RestrictedString" else base.removeprefix("xs:"),
        "charset": "restricted" if base == "RestrictedString" else None,
        "required": element.get("minOccurs", "1") == "1",
        "enum": (),
        **dict.fromkeys(FACETS.values()),
    }
    assert element.get("maxOccurs", "1") == "1"
    for facet in restriction if restriction is not None else ():
        name, value = etree.QName(facet).localname, facet.get("value")
        if name == "enumeration":
            found["enum"] += (value,)
        else:
            found[FACETS[name]] = value if name == "pattern" else float(value)
    return found


def test_entities_their_order_and_occurrence_are_those_of_the_schema(schema: Any) -> None:
    official = {
        name: (parent, (low, None if high == "unbounded" else int(high)), below)
        for name, parent, (low, high), _, below in entities(schema.find(f"{XS}element"))
    }
    ours = {
        item.name: (item.parent, (item.min_occurs, item.max_occurs), list(item.children))
        for item in fields.ENTITIES.values()
    }
    assert ours == official


def test_fields_their_order_types_and_facets_are_those_of_the_schema(schema: Any) -> None:
    for name, _, _, own, _ in entities(schema.find(f"{XS}element")):
        ours = fields.entity(name).fields
        assert [item.name for item in ours] == [one.get("name") for one in own]
        assert [item.order for item in ours] == list(range(1, len(ours) + 1))
        for item, element in zip(ours, own, strict=True):
            official = described(element)
            for key, value in official.items():
                found = getattr(item, key)
                is_number = isinstance(value, float)
                assert (float(found) if is_number else found) == value, (name, item.name, key)


def test_namespace_year_and_character_set_are_those_of_the_schema(schema: Any) -> None:
    assert schema.get("targetNamespace") == fields.NAMESPACE
    pattern = schema.find(f"{XS}simpleType/{XS}restriction/{XS}pattern").get("value")
    plain = fields.CHARSETS["restricted"]
    assert {one for one in map(chr, range(32, 0x2100)) if _allows(pattern, one)} == {
        one for one in map(chr, range(32, 0x2100)) if _allows(plain, one)
    }


def _allows(pattern: str, character: str) -> bool:
    return re.fullmatch(pattern, character) is not None
