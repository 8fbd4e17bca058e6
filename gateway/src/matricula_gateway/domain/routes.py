"""Finds the operation behind a method and a normalised path.

Compiled once from the operations of the policy; what is not in it does not exist. Must not decide
who may call an operation.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar


class Routable(Protocol):
    """What a route needs of an operation."""

    @property
    def name(self) -> str:
        """The operation id, unique over all services."""
        ...

    @property
    def method(self) -> str:
        """The method, in upper case."""
        ...

    @property
    def path(self) -> str:
        """The path template, `{name}` standing for one segment."""
        ...

    @property
    def internal(self) -> bool:
        """Whether only services call it, directly."""
        ...


OperationT = TypeVar("OperationT", bound=Routable)


class ConflictingRoutes(ValueError):  # noqa: N818 - named as the fact it states
    """Two operations claim one method and path."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__("two operations claim one route")
        self.first = first
        self.second = second


@dataclass(slots=True)
class _Node(Generic[OperationT]):
    literals: "dict[bytes, _Node[OperationT]]" = field(default_factory=dict)
    parameter: "_Node[OperationT] | None" = None
    operations: dict[bytes, OperationT] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WrongMethod:
    """The path exists, the method does not; `allowed` is for the Allow header."""

    allowed: tuple[str, ...]


class RouteTable(Generic[OperationT]):
    """Method and path to operation. Internal operations are left out: default deny."""

    def __init__(self, operations: Iterable[OperationT]) -> None:
        self._root: _Node[OperationT] = _Node()
        self._plain: dict[bytes, _Node[OperationT]] = {}
        for operation in operations:
            if not operation.internal:
                self._add(operation)

    def find(self, method: bytes, path: bytes) -> OperationT | WrongMethod | None:
        """Return the operation, the methods that the path knows, or None for no such path."""
        node = self._plain.get(path)
        if node is None:
            node = _walk(self._root, path.split(b"/"), 1)
            if node is None:
                return None
        operation = node.operations.get(method)
        if operation is not None:
            return operation
        return WrongMethod(tuple(sorted(name.decode("ascii") for name in node.operations)))

    def _add(self, operation: OperationT) -> None:
        node = self._root
        path = operation.path.encode("ascii")
        for segment in path.split(b"/")[1:]:
            if segment.startswith(b"{"):
                if node.parameter is None:
                    node.parameter = _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, _Node())
        method = operation.method.encode("ascii")
        if method in node.operations:
            raise ConflictingRoutes(node.operations[method].name, operation.name)
        node.operations[method] = operation
        if b"{" not in path:
            self._plain[path] = node


def _walk(
    node: _Node[OperationT], segments: list[bytes], position: int
) -> _Node[OperationT] | None:
    if position == len(segments):
        return node if node.operations else None
    segment = segments[position]
    literal = node.literals.get(segment)
    if literal is not None:
        found = _walk(literal, segments, position + 1)
        if found is not None:
            return found
    if node.parameter is not None and segment:
        return _walk(node.parameter, segments, position + 1)
    return None
