"""Faults of a request point at the member and never repeat what was sent."""

from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    AfterValidator,
    AnyUrl,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from matricula_chassis.errors import FieldFault
from matricula_chassis.http.faults import faults_of, json_pointer
from matricula_chassis.http.problem import ParameterFault

CANARY = "Testperson-Canary"


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    age: Annotated[int, Field(ge=0)]


def echo(value: str) -> str:
    raise ValueError(f"not good: {value}")


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(max_length=5, pattern=r"^[A-Z]+$")] = "A"
    born: date = date(2000, 1, 1)
    seen: datetime | None = None
    at: time | None = None
    price: Annotated[Decimal, Field(max_digits=4)] = Decimal(0)
    colour: Colour = Colour.RED
    id: UUID | None = None
    link: AnyUrl | None = None
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    either: int | bool | None = None
    by_key: dict[str, int] = {}
    rows: list[Cat] = []
    echoed: Annotated[str, AfterValidator(echo)] | None = None


KNOWN = frozenset({*Thing.model_fields, *Cat.model_fields, *Dog.model_fields})


def faults_for(body: Any) -> list[FieldFault | ParameterFault]:
    try:
        Thing.model_validate(body)
    except ValidationError as error:
        located = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        return faults_of(located, body=body, known_names=KNOWN)
    return []


def pointers(body: Any) -> list[str]:
    return [fault.pointer for fault in faults_for(body) if isinstance(fault, FieldFault)]


def test_a_fault_points_to_the_member() -> None:
    assert faults_for({"name": "abc"}) == [
        FieldFault("/name", "string-pattern-mismatch", "String should match pattern '^[A-Z]+$'.")
    ]
    assert pointers({"rows": [{"kind": "cat", "lives": 1}, {"kind": "cat", "lives": "x"}]}) == [
        "/rows/1/lives"
    ]
    assert pointers({"rows": [{"kind": "cat"}]}) == ["/rows/0/lives"]


def test_the_branch_of_a_union_is_no_place_in_the_document() -> None:
    assert pointers({"pet": {"kind": "dog", "age": -1}}) == ["/pet/age"]
    assert set(pointers({"either": "x"})) == {"/either"}


def test_a_key_that_the_sender_chose_is_not_repeated() -> None:
    assert pointers({"by_key": {CANARY: "x"}}) == ["/by_key"]


def test_an_unknown_member_is_not_repeated_but_its_nearest_known_name_is() -> None:
    (fault,) = faults_for({CANARY: 1})
    assert fault == FieldFault(
        "", "extra-forbidden", "The object has a member that is not known here."
    )
    (near,) = faults_for({"colur": "red"})
    assert near.message.endswith("The nearest known name is colour.")
    assert "colur" not in near.message


@pytest.mark.parametrize(
    "member",
    [
        "name", "born", "seen", "at", "price", "colour", "id", "link", "pet", "either", "by_key",
        "rows", "echoed",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "value", [CANARY, {"kind": CANARY}, [CANARY], {CANARY: CANARY}, CANARY.encode(), 12345678901234]
)
def test_no_fault_repeats_the_value(member: str, value: object) -> None:
    shown = repr(faults_for({member: value}))
    assert "anary" not in shown
    assert "12345678901234" not in shown


def test_terms_of_the_schema_are_shown() -> None:
    assert "'red' or 'blue'" in faults_for({"colour": CANARY})[0].message
    assert "at most 5 characters" in faults_for({"name": "ABCDEFGH"})[0].message


def test_parameters_are_named_as_they_were_declared() -> None:
    error = {"loc": ("query", "limit"), "type": "int_parsing", "msg": "Input should be a number"}
    assert faults_of([error]) == [
        ParameterFault(
            place="query", name="limit", code="int-parsing", message="Input should be a number."
        )
    ]
    chosen = {"loc": ("query", CANARY), "type": "extra_forbidden", "msg": "x"}
    (fault,) = faults_of([chosen])
    assert isinstance(fault, ParameterFault)
    assert fault.name == ""


def test_at_most_a_hundred_faults_are_listed() -> None:
    assert len(faults_for({"rows": [{}] * 500})) == 100


@given(st.lists(st.one_of(st.text(), st.integers(min_value=0))))
def test_a_pointer_can_be_read_back(parts: list[str | int]) -> None:
    pointer = json_pointer(parts)
    read = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    assert read == [str(part) for part in parts]


ADAPTERS = [TypeAdapter(kind) for kind in (Thing, list[Thing], dict[str, Cat | Dog], UUID, date)]


@given(
    st.sampled_from(ADAPTERS),
    st.recursive(
        st.one_of(st.none(), st.integers(), st.just(CANARY), st.sampled_from(["cat", "dog"])),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from([*sorted(KNOWN), CANARY]), inner, max_size=4),
        ),
        max_leaves=12,
    ),
)
def test_whatever_is_sent_never_comes_back(adapter: TypeAdapter[Any], body: Any) -> None:
    try:
        adapter.validate_python(body)
    except ValidationError as error:
        located = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        assert "anary" not in repr(faults_of(located, body=body, known_names=KNOWN))
