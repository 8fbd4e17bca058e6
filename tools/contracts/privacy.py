"""Finds event properties that are, or look like, personal data, and texts that could hold any.

A log that cannot forget must not know: what is refused here would stay in Kafka and in the sealed
log. Judges schemas only; values are watched by the canary tests.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

_SUSPICIOUS = frozenset(
    {
        "name", "names", "surname", "forename", "firstname", "lastname", "birth", "dob", "birthday",
        "birthdate", "uln", "nino", "postcode", "address", "street", "email", "mail", "phone",
        "telephone", "mobile", "ethnicity", "health", "disability", "sex", "gender", "religion",
        "text", "comment", "note", "notes", "message", "description", "ip",
    }
)  # fmt: skip
_BOUNDS = ("const", "enum", "format", "pattern")


def looks_personal(name: str) -> bool:
    """Say whether one of the words of a snake_case name is used for personal data."""
    return not _SUSPICIOUS.isdisjoint(name.lower().split("_"))


def faults(
    schema: Mapping[str, Any], *, person_names: Collection[str], homonyms: Collection[str]
) -> list[str]:
    """Return what is wrong with the properties of one event schema; empty when nothing is."""
    lowered = {name.lower() for name in person_names}
    found = []
    for path, name, rule in _properties(schema, ""):
        if name.lower() in lowered and name not in homonyms:
            found.append(f"{path}: the record has personal data of this name")
        if looks_personal(name):
            found.append(f"{path}: looks like personal data")
        if any(_is_free_text(one) for one in _alternatives(rule)):
            found.append(f"{path}: a text without pattern, format or list can hold anything")
    return found


def _properties(node: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    if isinstance(node, list):
        for item in node:
            yield from _properties(item, path)
    if not isinstance(node, Mapping):
        return
    for key, value in node.items():
        if key == "properties":
            for name, rule in value.items():
                yield f"{path}/{name}", name, rule
                yield from _properties(rule, f"{path}/{name}")
        elif key != "examples":
            yield from _properties(value, f"{path}/{key}" if key == "$defs" else path)


def _alternatives(rule: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the rule, its alternatives, and what its lists and maps may hold."""
    yield rule
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for one in rule.get(key, ()):
            yield from _alternatives(one)
    for key in ("items", "additionalProperties", "propertyNames"):
        if isinstance(rule.get(key), Mapping):
            yield from _alternatives(rule[key])


def _is_free_text(rule: Mapping[str, Any]) -> bool:
    if rule.get("type") != "string":
        return False
    if not any(key in rule for key in _BOUNDS):
        return True
    return "pattern" in rule and "maxLength" not in rule
