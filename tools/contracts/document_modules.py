"""Checks problems.yaml, policy.yaml and topics.yaml and fills in their defaults; writes no file."""

import re
from typing import Any

from tools.contracts.sources import SourceError

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_TYPE = re.compile(r"[a-z]+\.[a-z]+\.[a-z_]+\.v[1-9][0-9]*")
_DAY_MS = 24 * 60 * 60 * 1000
_PROBLEM_KEYS = ["status", "title", "detail", "help"]


def problems(document: dict[str, Any]) -> dict[str, Any]:
    """Return {slug: {status, title, detail, help}}; SourceError lists what is wrong."""
    entries = document["problems"]
    faults = []
    if list(entries) != sorted(entries):
        faults.append("problems do not stand in alphabetical order")
    for slug, entry in entries.items():
        if not _SLUG.fullmatch(slug):
            faults.append(f"{slug}: not a slug")
        if list(entry) != _PROBLEM_KEYS:
            faults.append(f"{slug}: keys must be {_PROBLEM_KEYS}, in this order")
        elif type(entry["status"]) is not int or not 400 <= entry["status"] <= 599:  # noqa: PLR2004 - HTTP
            faults.append(f"{slug}: status is not 400 to 599")
    if faults:
        raise SourceError("problems.yaml", faults)
    return dict(entries)


def policy(document: dict[str, Any]) -> dict[str, Any]:
    """Return the policy with every operation complete; SourceError lists what is wrong."""
    defaults = document["operation_defaults"]
    faults = []
    routes: dict[tuple[str, str], str] = {}
    names: set[str] = set()
    services: dict[str, Any] = {}
    for service, entry in document["services"].items():
        operations = {}
        for name, settings in entry["operations"].items():
            where = f"{service}.{name}"
            if name in names:
                faults.append(f"{where}: name used twice")
            names.add(name)
            route = (settings["method"], re.sub(r"\{[^}]*\}", "{}", settings["path"]))
            if route in routes:
                faults.append(f"{where}: same route as {routes[route]}")
            routes[route] = where
            if settings.get("permission") not in document["permissions"] and not settings.get(
                "public", False
            ):
                faults.append(f"{where}: no permission {settings.get('permission')}")
            missing = {key: value for key, value in defaults.items() if key not in settings}
            operations[name] = {**settings, **missing}
        services[service] = {"operations": operations}
    for name, permission in document["permissions"].items():
        faults += [
            f"{name}: no role {role}"
            for role in permission["roles"]
            if role not in document["roles"]
        ]
    if faults:
        raise SourceError("policy.yaml", faults)
    kept = ("version", "roles", "purposes", "permissions")
    return {**{key: document[key] for key in kept}, "services": services}


def topics(document: dict[str, Any]) -> dict[str, Any]:
    """Return topics and event types as flat lists; SourceError lists what is wrong."""
    faults = []
    found = document["topics"]
    for name, topic in found.items():
        if topic["cleanup"] != "delete":
            faults.append(f"{name}: event topics are never compacted")
        if topic["partitions"] < 1 or topic["retention_days"] < 1:
            faults.append(f"{name}: partitions and retention must be at least 1")
    for name, event in document["events"].items():
        if not _TYPE.fullmatch(name):
            faults.append(f"{name}: not <domain>.<aggregate>.<fact>.v<major>")
        if event["topic"] not in found:
            faults.append(f"{name}: no topic {event['topic']}")
        if not event["producers"]:
            faults.append(f"{name}: nobody publishes it")
        if bool(event["consumers"]) == ("reason" in event):
            faults.append(f"{name}: needs a consumer, or a reason why there is none")
    if faults:
        raise SourceError("topics.yaml", faults)
    return {
        "topics": [
            {
                "name": name,
                "aggregate": topic["aggregate"],
                "partitions": topic["partitions"],
                "retention_ms": topic["retention_days"] * _DAY_MS,
                "cleanup": topic["cleanup"],
                "description": topic["description"],
            }
            for name, topic in found.items()
        ],
        "events": [
            {
                "type": name,
                "topic": event["topic"],
                "producers": tuple(event["producers"]),
                "consumers": tuple(event["consumers"]),
                "reason": event.get("reason"),
                "description": event["description"],
            }
            for name, event in document["events"].items()
        ],
        "homonyms": document["homonyms"],
    }
