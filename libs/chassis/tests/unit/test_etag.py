"""Entity tags and If-Match: a change names the version it was made from."""

from collections.abc import Callable
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from matricula_chassis.errors import PreconditionFailed
from matricula_chassis.http import (
    ParameterFaults,
    etag_of,
    if_match,
    require_if_match,
    require_version,
)
from matricula_testkit.observed import client_for


def request_with(value: str | None) -> Request:
    headers = [] if value is None else [(b"if-match", value.encode("latin-1", "replace"))]
    return Request({"type": "http", "headers": headers})


@given(st.integers(min_value=1, max_value=10**17))
def test_an_entity_tag_names_its_version(version: int) -> None:
    assert require_if_match(request_with(etag_of(version))) == version


@pytest.mark.parametrize("value", [None, "*", " * "])
def test_a_change_without_a_version_asks_for_one(value: str | None) -> None:
    with pytest.raises(PreconditionFailed) as caught:
        require_if_match(request_with(value))
    assert caught.value.problem == "precondition-required"


@pytest.mark.parametrize("value", ['W/"v1"', '"v0"', '"1"', '"v1", "v2"', '"v-1"', '""', '"vé"'])
def test_a_tag_that_we_never_made_matches_nothing(value: str) -> None:
    with pytest.raises(PreconditionFailed) as caught:
        require_if_match(request_with(value))
    assert caught.value.problem == "precondition-failed"


@pytest.mark.parametrize("value", ["v1", "0", "", '"v1', '"v1" "v2"', '"v 1"', 'w/"v1"'])
def test_what_is_no_entity_tag_is_refused_as_such(value: str) -> None:
    with pytest.raises(ParameterFaults) as caught:
        require_if_match(request_with(value))
    assert caught.value.problem == "bad-request"
    assert [fault.name for fault in caught.value.parameters] == ["If-Match"]


def test_another_version_than_the_present_one_is_refused() -> None:
    require_version(2, actual=2)
    with pytest.raises(PreconditionFailed) as caught:
        require_version(2, actual=3)
    assert caught.value.problem == "precondition-failed"


def test_a_version_below_one_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="start at 1"):
        etag_of(0)


async def test_the_precondition_answers_428_and_412_and_is_documented(
    make_app: Callable[..., FastAPI],
) -> None:
    router = APIRouter()

    @router.patch("/things/{number}")
    async def change_thing(expected: Annotated[int, Depends(if_match)], number: int) -> int:
        require_version(expected, actual=number)
        return number

    app = make_app(router)
    async with client_for(app) as client:
        assert (await client.patch("/things/3")).status_code == 428
        refused = await client.patch("/things/3", headers={"If-Match": etag_of(2)})
        assert refused.status_code == 412
        assert refused.json()["type"] == "/problems/precondition-failed"
        assert (await client.patch("/things/3", headers={"If-Match": etag_of(3)})).json() == 3
    (header,) = (
        one
        for one in app.openapi()["paths"]["/things/{number}"]["patch"]["parameters"]
        if one["name"] == "If-Match"
    )
    assert header["required"] is True
    assert header["schema"]["type"] == "string"
