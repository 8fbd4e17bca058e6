"""Sensitive values are masked wherever they are shown, and still validated."""

import copy
import json
import pickle
from dataclasses import asdict, dataclass
from datetime import date

import orjson
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from matricula_chassis.observability.sensitive import MASK, Sensitive

SECRET = "Testperson-Canary"


class Person(BaseModel):
    name: Sensitive[str]
    born: Sensitive[date]


@dataclass(frozen=True, slots=True)
class Inside:
    name: Sensitive[str]


def test_a_sensitive_value_is_masked_wherever_it_is_shown() -> None:
    value = Sensitive(SECRET)
    shown = [
        repr(value), str(value), f"{value}", f"{value:>40}", f"{value!r}",
        repr([value]), repr(Inside(value)), str(asdict(Inside(value))),
    ]  # fmt: skip
    assert all(SECRET not in text for text in shown)
    assert value.reveal() == SECRET


def test_a_sensitive_value_is_masked_in_every_dump_of_a_model() -> None:
    person = Person.model_validate({"name": SECRET, "born": "2008-02-29"})
    assert person.name.reveal() == SECRET
    assert person.born.reveal() == date(2008, 2, 29)
    assert json.loads(person.model_dump_json()) == {"name": MASK, "born": MASK}
    assert person.model_dump() == {"name": MASK, "born": MASK}
    assert SECRET not in repr(person) + str(person)
    assert Person(name=Sensitive(SECRET), born=Sensitive(date(2008, 2, 29))) == person


def test_the_inner_type_still_validates() -> None:
    with pytest.raises(ValidationError):
        Person.model_validate({"name": SECRET, "born": "not a date"})
    schema = TypeAdapter(Sensitive[date]).json_schema()
    assert schema == {"type": "string", "format": "date"}


def test_a_sensitive_value_is_compared_but_never_encoded() -> None:
    assert Sensitive("a") == Sensitive("a")
    assert Sensitive("a") != Sensitive("b")
    assert Sensitive("a") != "a"
    assert len({Sensitive("a"), Sensitive("a")}) == 1
    assert copy.deepcopy(Sensitive("a")) == Sensitive("a")
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Sensitive(SECRET))
    with pytest.raises(TypeError):
        json.dumps(Sensitive(SECRET))
    with pytest.raises(TypeError):
        orjson.dumps(Sensitive(SECRET))
