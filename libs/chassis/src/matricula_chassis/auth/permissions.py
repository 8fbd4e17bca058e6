"""The decision on one operation for one principal, by the policy.

What the policy does not list is denied. Nothing here reads files or requests.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from matricula_chassis.auth.policy_document import Operation, Role, read_document
from matricula_chassis.auth.principal import Principal

STEP_UP_ACR: Final = "mfa"
"""Authentication context class that meets `step_up` (OpenID Connect Core section 2, `acr`)."""


class UnknownOperation(LookupError):  # noqa: N818 - named as the fact it states
    """The policy does not list this operation."""

    def __init__(self, operation: str) -> None:
        super().__init__("operation is not listed in the policy")
        self.operation = operation


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the operation is allowed, and a code that says why."""

    allowed: bool
    reason: str


_NOBODY: Final[frozenset[str]] = frozenset()
ALLOWED: Final = Decision(allowed=True, reason="allowed")
_DENIED_NO_ROLE: Final = Decision(allowed=False, reason="role_missing")
_DENIED_NO_PURPOSE: Final = Decision(allowed=False, reason="purpose_missing")
_DENIED_PURPOSE: Final = Decision(allowed=False, reason="purpose_not_permitted")
_DENIED_STEP_UP: Final = Decision(allowed=False, reason="step_up_required")


class Policy:
    """The operations of every service; immutable. Build it with `from_document`."""

    def __init__(
        self,
        operations: Mapping[str, Operation],
        *,
        roles: Mapping[str, Role],
        purposes: frozenset[str],
        permissions: Mapping[str, frozenset[str]],
    ) -> None:
        self._operations = dict(operations)
        self._permissions = dict(permissions)
        self.roles = dict(roles)
        self.purposes = purposes

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Policy":
        """Return the policy of a document; raises MalformedPolicy naming the first bad entry."""
        roles, purposes, permissions, operations = read_document(document)
        return cls(operations, roles=roles, purposes=purposes, permissions=permissions)

    def operation(self, name: str) -> Operation:
        """Return an operation; raises UnknownOperation when it is not listed."""
        try:
            return self._operations[name]
        except KeyError:
            raise UnknownOperation(name) from None

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._operations.values())

    def __len__(self) -> int:
        return len(self._operations)

    def of_service(self, service: str) -> tuple[Operation, ...]:
        """Return the operations of one service, in document order."""
        return tuple(one for one in self if one.service == service)

    def grants(self, principal: Principal, permission: str) -> bool:
        """Say whether a role of the principal has a permission; False for an unlisted one.

        For fields: which part of what an operation returns this caller may see.
        """
        return not self._permissions.get(permission, _NOBODY).isdisjoint(principal.roles)

    def allows(self, principal: Principal, operation: Operation) -> Decision:
        """Decide: role first, then purpose, then step-up. Pure, and the same in every process.

        `second_person` needs the record that is acted on: the use case decides it.
        """
        if operation.public:
            return ALLOWED
        if operation.roles.isdisjoint(principal.roles):
            return _DENIED_NO_ROLE
        if operation.purposes:
            if principal.purpose is None:
                return _DENIED_NO_PURPOSE
            if principal.purpose not in operation.purposes:
                return _DENIED_PURPOSE
        if operation.step_up and principal.acr != STEP_UP_ACR:
            return _DENIED_STEP_UP
        return ALLOWED
