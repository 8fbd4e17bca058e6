"""The policy document, read strictly: roles, purposes and a table of operations.

The document is `contracts/policy.yaml`. A malformed one is refused at start, naming the entry:
a rule that is misread is worse than a service that does not start.
"""

import re
from collections.abc import Container, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

POLICY_VERSION: Final = 1
_METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SERVICE: Final = re.compile(r"[a-z][a-z0-9-]{0,63}")
_PERMISSION: Final = re.compile(r"[a-z][a-z0-9_.]{0,63}:[a-z][a-z0-9_]{0,63}")
_PATH: Final = re.compile(r"(/([A-Za-z0-9._~-]+|\{[a-z][a-z0-9_]*\}))+")
_FLAGS: Final = ("step_up", "second_person", "streams", "internal", "public")
_LIMITS: Final = ("rate_per_minute", "max_body_bytes")
_DEFAULTS: Final[Mapping[str, Any]] = {
    "purposes": [],
    "rate_per_minute": 600,
    "max_body_bytes": 65_536,
    **dict.fromkeys(_FLAGS, False),
}
_REQUIRED_MEMBERS: Final = frozenset({"method", "path"})
_MEMBERS: Final = frozenset({"method", "path", "permission", "label", *_DEFAULTS})
_KINDS: Final = frozenset({"person", "machine"})


class MalformedPolicy(Exception):  # noqa: N818 - named as the fact it states
    """The policy document cannot be used; `entry` is where, `fault` what is wrong with it."""

    def __init__(self, entry: str, fault: str) -> None:
        super().__init__("malformed policy document")
        self.entry = entry
        self.fault = fault

    def __str__(self) -> str:
        return f"malformed policy document: {self.entry}: {self.fault}"


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the policy; `kind` is person or machine."""

    name: str
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of one service, with everything that decides who may call it, and how."""

    name: str
    service: str
    method: str
    path: str
    permission: str | None
    """None only where `public`."""
    roles: frozenset[str]
    internal: bool
    purposes: frozenset[str]
    """Empty: no purpose has to be stated."""
    step_up: bool
    second_person: bool
    rate_per_minute: int
    max_body_bytes: int
    streams: bool
    public: bool


PolicyParts = tuple[
    dict[str, Role], frozenset[str], dict[str, frozenset[str]], dict[str, Operation]
]
"""Roles, purposes, roles by permission, operations."""


def read_document(document: Mapping[str, Any]) -> PolicyParts:
    """Return the parts of a policy; raises MalformedPolicy at the first bad entry."""
    return _PolicyReader(document).read()


class _PolicyReader:
    """Turns a document into a Policy and knows, at each step, the name of the entry it reads."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._operations: dict[str, Operation] = {}
        self._defaults: Mapping[str, Any] = _DEFAULTS
        self._routes: dict[tuple[str, str], str] = {}

    def read(self) -> PolicyParts:
        _require(isinstance(self._document, Mapping), "document", "is not a mapping")
        expected = {"version", "roles", "purposes", "permissions", "services"}
        known = {*expected, "operation_defaults"}
        _require_members(self._document, "document", expected, known)
        version = self._document["version"]
        _require(type(version) is int and version == POLICY_VERSION, "version", "is not supported")
        roles = self._read_roles()
        purposes = self._read_purposes()
        permissions = self._read_permissions(roles)
        self._defaults = self._read_defaults()
        for service, entry in _mapping(self._document["services"], "services").items():
            self._read_service(service, entry, permissions=permissions, purposes=purposes)
        return roles, purposes, permissions, self._operations

    def _read_defaults(self) -> Mapping[str, Any]:
        at = "operation_defaults"
        defaults = _mapping(self._document.get(at, {}), at)
        _require_members(defaults, at, frozenset(), _DEFAULTS.keys())
        return {**_DEFAULTS, **defaults}

    def _read_roles(self) -> dict[str, Role]:
        roles: dict[str, Role] = {}
        for name, entry in _mapping(self._document["roles"], "roles").items():
            at = f"roles.{name}"
            _require_name(_NAME, name, at)
            _require_members(_mapping(entry, at), at, {"kind"}, {"kind", "label"})
            _require(
                _is_one_of(entry["kind"], _KINDS), f"{at}.kind", "is neither person nor machine"
            )
            label = entry.get("label", name)
            _require(isinstance(label, str) and label != "", f"{at}.label", "is not a text")
            roles[name] = Role(name=name, label=label, kind=entry["kind"])
        return roles

    def _read_purposes(self) -> frozenset[str]:
        for name, entry in _mapping(self._document["purposes"], "purposes").items():
            at = f"purposes.{name}"
            _require_name(_NAME, name, at)
            _require_members(_mapping(entry, at), at, {"classes"}, {"classes", "label"})
            _strings(entry["classes"], f"{at}.classes")
        return frozenset(self._document["purposes"])

    def _read_permissions(self, roles: Mapping[str, Role]) -> dict[str, frozenset[str]]:
        permissions: dict[str, frozenset[str]] = {}
        for name, entry in _mapping(self._document["permissions"], "permissions").items():
            at = f"permissions.{name}"
            _require_name(_PERMISSION, name, at)
            _require_members(_mapping(entry, at), at, {"roles"}, {"roles", "label"})
            granted = _strings(entry["roles"], f"{at}.roles")
            _require(bool(granted), f"{at}.roles", "grants nobody")
            for role in granted:
                _require(role in roles, f"{at}.roles", "names an unknown role")
            permissions[name] = frozenset(granted)
        return permissions

    def _read_service(
        self,
        service: str,
        entry: object,
        *,
        permissions: Mapping[str, frozenset[str]],
        purposes: frozenset[str],
    ) -> None:
        at = f"services.{service}"
        _require_name(_SERVICE, service, at)
        members = _mapping(entry, at)
        _require("operations" in members, at, "lacks operations")
        operations = _mapping(members["operations"], f"{at}.operations")
        for name, settings in operations.items():
            place = f"{at}.operations.{name}"
            _require_name(_NAME, name, place)
            _require(name not in self._operations, place, "is listed twice")
            operation = _operation(
                name,
                {**self._defaults, **_mapping(settings, place)},
                place=place,
                service=service,
                permissions=permissions,
                purposes=purposes,
            )
            self._claim_route(operation, place)
            self._operations[name] = operation

    def _claim_route(self, operation: Operation, place: str) -> None:
        route = (operation.method, re.sub(r"\{[^}]*\}", "{}", operation.path))
        _require(route not in self._routes, place, "has the route of another operation")
        self._routes[route] = operation.name


def _operation(
    name: str,
    entry: Mapping[str, Any],
    *,
    place: str,
    service: str,
    permissions: Mapping[str, frozenset[str]],
    purposes: frozenset[str],
) -> Operation:
    _require_members(entry, place, _REQUIRED_MEMBERS, _MEMBERS)
    _require(_is_one_of(entry["method"], _METHODS), f"{place}.method", "is not a known method")
    path = entry["path"]
    _require(
        isinstance(path, str) and _PATH.fullmatch(path) is not None and "/." not in path,
        f"{place}.path",
        "is not a path",
    )
    flags = {flag: entry[flag] for flag in _FLAGS}
    for flag, value in flags.items():
        _require(isinstance(value, bool), f"{place}.{flag}", "is not true or false")
    limits = {limit: entry[limit] for limit in _LIMITS}
    for limit, value in limits.items():
        _require(type(value) is int and value > 0, f"{place}.{limit}", "is not a positive integer")
    permission = entry.get("permission")
    if flags["public"]:
        _require(permission is None, f"{place}.permission", "stands on a public operation")
    else:
        _require(
            _is_one_of(permission, permissions), f"{place}.permission", "is not a listed permission"
        )
    stated = _strings(entry["purposes"], f"{place}.purposes")
    _require(purposes.issuperset(stated), f"{place}.purposes", "names an unknown purpose")
    return Operation(
        name=name,
        service=service,
        method=entry["method"],
        path=path,
        permission=permission,
        roles=permissions[permission] if permission else frozenset(),
        purposes=frozenset(stated),
        **flags,
        **limits,
    )


def _require(condition: bool, entry: str, fault: str) -> None:  # noqa: FBT001 - it is the point
    if not condition:
        raise MalformedPolicy(entry, fault)


def _is_one_of(value: object, known: Container[str]) -> bool:
    return isinstance(value, str) and value in known


def _require_name(pattern: re.Pattern[str], name: object, entry: str) -> None:
    _require(isinstance(name, str) and pattern.fullmatch(name) is not None, entry, "is a bad name")


def _require_members(
    entry: Mapping[str, Any],
    at: str,
    required: AbstractSet[str],
    known: AbstractSet[str],
) -> None:
    for member in sorted(required):
        _require(member in entry, f"{at}.{member}", "is missing")
    for member in entry:
        _require(member in known, f"{at}.{member}", "is not a known member")


def _mapping(value: object, at: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise MalformedPolicy(at, "is not a mapping")
    return value


def _strings(value: object, at: str) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise MalformedPolicy(at, "is not a list")
    for one in value:
        _require(isinstance(one, str) and one != "", at, "holds something other than texts")
    _require(len(set(value)) == len(value), at, "holds an entry twice")
    return tuple(value)
