"""Checks problems.yaml, policy.yaml and topics.yaml and fills in their defaults; writes no file."""

import re
from typing import Any

from tools.contracts.sources import SourceError

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
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
            operations[name] = {
                **settings,
                **{k: v for k, v in defaults.items() if k not in settings},
            }
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
