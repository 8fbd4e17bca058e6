"""Turns fields.yaml into plain literals, every default resolved; writes no file itself."""

import re
from typing import Any

from tools.contracts.sources import SourceError

_FACETS = (
    "min_length",
    "max_length",
    "length",
    "pattern",
    "min_inclusive",
    "max_inclusive",
    "total_digits",
    "fraction_digits",
)
_TYPES = frozenset({"string", "int", "long", "date", "dateTime", "decimal"})
_STORAGES = frozenset({"identity_block", "special_block", "clear"})
_FIELD_KEYS = frozenset(
    {"name", "type", "required", "charset", "enum", "handling", "label", "class_by_value"}
    | set(_FACETS)
)
# names whose words cannot be told from their capitals
_COLUMN_EXCEPTIONS = {"LLDDandHealthProblem": "lldd_and_health_problem"}


def column_name(name: str) -> str:
    """Return the column or table name of an ILR name: `LSDPostcode` -> `lsd_postcode`."""
    if name in _COLUMN_EXCEPTIONS:
        return _COLUMN_EXCEPTIONS[name]
    words = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", words).lower()


def resolve(document: dict[str, Any]) -> dict[str, Any]:
    """Return the catalogue with every default filled in; SourceError lists what is wrong."""
    faults: list[str] = []
    paths: dict[str, str] = {}
    entities = []
    for source in document["entities"]:
        name, parent = source["entity"], source["parent"]
        if name in paths:
            faults.append(f"{name}: entity stands twice")
        if parent is not None and parent not in paths:
            faults.append(f"{name}: parent {parent} does not stand before it")
        # Message is the root and no part of a path
        above = paths.get(parent or "", "")
        paths[name] = "" if parent is None else f"{above}.{name}".lstrip(".")
        entities.append(_entity(document, source, paths[name], faults))
    if faults:
        raise SourceError("fields.yaml", faults)
    return {
        "year": document["year"],
        "namespace": document["namespace"],
        "charsets": document["charsets"],
        "classes": tuple(document["classes"]),
        "lawful_bases": document["lawful_bases"],
        "lawful_bases_by_class": {
            key: tuple(value) for key, value in document["lawful_bases_by_class"].items()
        },
        "visible_to_by_class": document["visible_to_by_class"],
        "retention_groups": document["retention_groups"],
        "entities": tuple(entities),
    }


def _entity(
    document: dict[str, Any], source: dict[str, Any], path: str, faults: list[str]
) -> dict[str, Any]:
    name = source["entity"]
    low, high = source["occurs"]
    names = [item["name"] for item in source["fields"]]
    faults += [f"{name}.{item}: field stands twice" for item in names if names.count(item) > 1]
    rules = []
    for rule in source.get("row_class_by_value", ()):
        faults += [f"{name}: no field {key}" for key in rule["when"] if key not in names]
        if rule["class"] not in document["classes"]:
            faults.append(f"{name}: no class {rule['class']}")
        when = {key: tuple(str(value) for value in values) for key, values in rule["when"].items()}
        rules.append({"when": when, "data_class": rule["class"]})
    return {
        "name": name,
        "parent": source["parent"],
        "path": path,
        "table": column_name(name),
        "min_occurs": low,
        "max_occurs": high,
        "label": source["label"],
        "row_class_by_value": tuple(rules),
        "fields": tuple(
            _field(document, item, faults=faults, entity=name, order=order)
            for order, item in enumerate(source["fields"], start=1)
        ),
    }


def _field(
    document: dict[str, Any], item: dict[str, Any], *, faults: list[str], entity: str, order: int
) -> dict[str, Any]:
    where = f"{entity}.{item['name']}"
    faults += [f"{where}: unknown key {key}" for key in item if key not in _FIELD_KEYS]
    handling = document["handlings"].get(item["handling"])
    if handling is None:
        faults.append(f"{where}: no handling {item['handling']}")
        handling = next(iter(document["handlings"].values()))
    by_value = {str(key): value for key, value in item.get("class_by_value", {}).items()}
    used = {handling["class"], *by_value.values()}
    faults += [f"{where}: no class {name}" for name in used if name not in document["classes"]]
    for key, allowed in (
        (handling["retention"], document["retention_groups"]),
        (handling["storage"], _STORAGES),
        (item["type"], _TYPES),
        (item.get("charset"), {None, *document["charsets"]}),
    ):
        if key not in allowed:
            faults.append(f"{where}: unknown value {key}")
    facets = {key: item[key] for key in _FACETS if key in item}
    return {
        "name": item["name"],
        "column": column_name(item["name"]),
        "order": order,
        "type": item["type"],
        "required": item["required"],
        **({"charset": item["charset"]} if "charset" in item else {}),
        **facets,
        **({"enum": tuple(item["enum"])} if "enum" in item else {}),
        "label": item["label"],
        "person": handling["person"],
        "data_class": handling["class"],
        **({"class_by_value": by_value} if by_value else {}),
        "storage": handling["storage"],
        "purposes": tuple(handling["purposes"]),
        "lawful_bases": tuple(document["lawful_bases_by_class"][handling["class"]]),
        "visible_to": handling["visible_to"],
        "retention": handling["retention"],
    }
