"""The table of routes: what the policy lists, nothing else, found by method and path."""

from dataclasses import dataclass

import pytest

from matricula_chassis.auth.permissions import Policy
from matricula_contracts import policy as contract
from matricula_gateway.domain.routes import ConflictingRoutes, RouteTable, WrongMethod


@dataclass(frozen=True)
class Entry:
    name: str
    method: str
    path: str
    internal: bool = False


def table(*entries: Entry) -> RouteTable[Entry]:
    return RouteTable(entries)


def name_of(found: Entry | WrongMethod | None) -> str | None:
    return found.name if isinstance(found, Entry) else None


ENTRIES = (
    Entry("search", "GET", "/v1/things"),
    Entry("create", "POST", "/v1/things"),
    Entry("get", "GET", "/v1/things/{thing_id}"),
    Entry("totals", "GET", "/v1/things/totals"),
    Entry("parts", "GET", "/v1/things/{thing_id}/parts"),
    Entry("total_lines", "GET", "/v1/things/totals/lines"),
    Entry("hidden", "POST", "/v1/hidden", internal=True),
)


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        (b"GET", b"/v1/things", "search"),
        (b"POST", b"/v1/things", "create"),
        (b"GET", b"/v1/things/7", "get"),
        (b"GET", b"/v1/things/totals", "totals"),
        (b"GET", b"/v1/things/7/parts", "parts"),
        (b"GET", b"/v1/things/totals/lines", "total_lines"),
        (b"GET", b"/v1/things/totals/parts", "parts"),
    ],
)
def test_a_listed_operation_is_found(method: bytes, path: bytes, name: str) -> None:
    assert name_of(table(*ENTRIES).find(method, path)) == name


@pytest.mark.parametrize(
    "path", [b"/", b"/v1", b"/v1/things/", b"/v1/things/7/", b"/v1/things/7/other", b"/v1/hidden"]
)
def test_what_is_not_listed_or_internal_does_not_exist(path: bytes) -> None:
    assert table(*ENTRIES).find(b"POST", path) is None


def test_a_wrong_method_names_the_right_ones() -> None:
    assert table(*ENTRIES).find(b"DELETE", b"/v1/things") == WrongMethod(("GET", "POST"))


def test_two_operations_with_one_route_are_refused_at_start() -> None:
    with pytest.raises(ConflictingRoutes):
        table(Entry("a", "GET", "/v1/{x}/y"), Entry("b", "GET", "/v1/{z}/y"))


POLICY = Policy.from_document(contract.DOCUMENT)


@pytest.mark.parametrize("operation", list(POLICY), ids=lambda one: str(one.name))
def test_every_operation_of_the_policy_is_routed_unless_internal(operation: object) -> None:
    one = POLICY.operation(operation.name)  # type: ignore[attr-defined]
    path = one.path.replace("{", "x").replace("}", "y").encode()
    found = RouteTable(POLICY).find(one.method.encode(), path)
    assert found is None if one.internal else found == one
