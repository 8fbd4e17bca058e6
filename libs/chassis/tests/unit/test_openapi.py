"""The OpenAPI document tells the whole truth and is the same every time."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from matricula_chassis.http import PUBLIC, problem_responses
from matricula_chassis.http.openapi import member_names, operations_of


class Thing(BaseModel):
    size: int


@pytest.fixture
def document(make_app: Callable[..., FastAPI]) -> dict[str, Any]:
    router = APIRouter()

    @router.post("/things/{number}", status_code=201, responses=problem_responses(404, 409))
    async def make_thing(number: int, body: Thing) -> Thing:
        return body

    @router.get("/open", tags=[PUBLIC])
    async def read_open() -> int:
        return 1

    return make_app(router).openapi()


def test_every_operation_documents_its_problems(document: dict[str, Any]) -> None:
    for operation in operations_of(document):
        assert {"500", "503", "default"} <= operation["responses"].keys()
        for status, response in operation["responses"].items():
            if status == "default" or int(status) >= 400:
                assert response["content"].keys() == {"application/problem+json"}
                reference = response["content"]["application/problem+json"]["schema"]
                assert reference == {"$ref": "#/components/schemas/Problem"}
    made = document["paths"]["/things/{number}"]["post"]["responses"]
    assert made.keys() >= {"201", "400", "401", "403", "404", "408", "409", "413", "415", "422"}
    assert made["404"]["description"] == "Title of not-found"


def test_the_operation_id_is_the_functions_name(document: dict[str, Any]) -> None:
    assert [one["operationId"] for one in operations_of(document)] == ["make_thing", "read_open"]


def test_every_operation_but_public_ones_needs_a_token(document: dict[str, Any]) -> None:
    paths = document["paths"]
    assert paths["/things/{number}"]["post"]["security"] == [{"internalToken": []}]
    assert "security" not in paths["/open"]["get"]
    assert document["components"]["securitySchemes"]["internalToken"]["scheme"] == "bearer"


def test_fastapis_own_error_schemas_are_gone(document: dict[str, Any]) -> None:
    assert document["components"]["schemas"].keys() == {"Thing", "Problem"}
    assert "HTTPValidationError" not in str(document)
    assert member_names(document) >= {"size"}


def test_the_document_is_the_same_every_time(make_app: Callable[..., FastAPI]) -> None:
    router = APIRouter()

    @router.get("/things")
    async def read_things() -> list[Thing]:
        return []

    app = make_app(router)
    assert app.openapi() is app.openapi()
    assert make_app(router).openapi() == app.openapi()
