"""Records as anybody might send them to `evaluate`: both packs judge them and never raise."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ilr_validator.application.evaluate import evaluate
from ilr_validator.engine.objects import CHILDREN
from ilr_validator.engine.record import Destinations, Learners, Message
from ilr_validator.engine.reference import reference_tables
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import Dates
from ilr_validator.packs.pack import load

UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
"""All rules of a pack, for each step of making an example smaller, would take minutes."""
TEXTS = st.sampled_from(
    ["", " ", "A", "a", "1", "001", "ZZ1 1ZZ", "SOF", "105", "LDM", "034", "ACT", "FFI", "SEM", "TNP",
     "PMR", "NONE", "60000001", "ZPROG001", "\u00e9", "\u00b2", "x" * 40, "EPA0001", "A1B2C3"]
)  # fmt: skip
NUMBERS = st.sampled_from([0, 1, 2, 3, 4, 5, 10, 11, 20, 25, 35, 36, 37, 38, 81, 82, 98, 99, 105])
ODD_NUMBERS = st.sampled_from([-1, 0.5, 2**31, 2**53, 1e18, -1e18, 10000001, 9999999999, True])
DATES = st.sampled_from(
    ["2020-08-01", "2020-09-01", "2025-08-01", "2025-09-01", "2026-02-03", "2004-02-29", "0001-01-01",
     "9999-12-31", "1900-01-01", "2026-07-31", "2019-07-31T12:00:00"]
)  # fmt: skip


def record(kind: type[Any], depth: int = 3) -> st.SearchStrategy[dict[str, Any]]:
    """Rows of an entity with any of its fields, and any of what may stand below it."""
    fields: dict[str, Any] = {}
    for name, sort in kind.KINDS.items():
        value = TEXTS if sort is Text else DATES if sort is Dates else NUMBERS | ODD_NUMBERS
        fields[name] = st.none() | value
    for name, child in CHILDREN.get(kind, {}).items() if depth else ():
        if name.endswith(("s", "Entity")):
            fields[name] = st.lists(st.none() | record(child, depth - 1), max_size=3)
    return st.fixed_dictionaries({}, optional=fields)


OF_KIND = {"learner": record(Learners), "message": record(Message)}
DESTINATION = record(Destinations)
REFERENCE = st.fixed_dictionaries(
    {},
    optional={
        name: st.lists(record(kind), max_size=3) for name, kind in reference_tables().items()
    },
)
FILE = st.fixed_dictionaries(
    {},
    optional={
        "ukprn": NUMBERS | ODD_NUMBERS, "return_period": NUMBERS, "filename_ukprn": NUMBERS,
        "preparation_date": DATES, "now": DATES,
        "destinations": st.lists(DESTINATION, max_size=2),
    },
)  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("pack", ["2020-21", "2025-26"])
@pytest.mark.parametrize("kind", ["learner", "message", "destination_and_progression"])
@given(data=st.data(), is_absent_empty=st.booleans())
@settings(max_examples=25, phases=UNSHRUNK, suppress_health_check=list(HealthCheck))
def test_a_record_is_judged(pack: str, kind: str, data: Any, is_absent_empty: bool) -> None:  # noqa: FBT001
    line = {
        "record": kind,
        "input": data.draw(OF_KIND.get(kind, DESTINATION)),
        "file": data.draw(FILE),
        "reference": data.draw(REFERENCE),
    }
    answer = evaluate(load(pack), line, is_absent_empty=is_absent_empty)
    assert answer.keys() == {"id", "fired", "not_run"}


@pytest.mark.parametrize(("pack", "name"), [("2020-21", "R07"), ("2025-26", "R_07")])
def test_aims_without_a_number_are_judged(pack: str, name: str) -> None:
    line = {"record": "learner", "input": {"LearningDeliveries": [{"AimType": 1}, {"AimType": 1}]}}
    answer = evaluate(load(pack), line | {"rules": [name]}, is_absent_empty=True)
    assert [one["params"] for one in answer["fired"]] == [[["AimSeqNumber", "0"]]]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=5)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


LINE = st.fixed_dictionaries(
    {"record": st.sampled_from(["learner", "message"])},
    optional=dict.fromkeys(("id", "input", "file", "reference", "rules"), ANYTHING),
)
INSIDE = st.dictionaries(
    st.sampled_from(
        ["LearningDeliveries", "ULN", "DateOfBirth", "LearnRefNumber", "Learners", "Header",
         "code_lists", "year", "now"]
    ),
    ANYTHING,
    max_size=4,
)  # fmt: skip


@given(line=LINE, inside=INSIDE, place=st.sampled_from(["input", "file", "reference"]))
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_any_json_is_judged_or_said_to_be_wrong(line: Any, inside: Any, place: str) -> None:
    line = {"rules": ["ULN_02", "R_06"], "input": {}} | line | {place: inside}
    try:
        answer = evaluate(load("2025-26"), line, is_absent_empty=False)
    except ValueError:
        return
    assert answer.keys() == {"id", "fired", "not_run"}
