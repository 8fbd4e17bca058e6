"""The small decisions: when a circuit opens, what a failure means, how long to wait."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from matricula_chassis.db.outbox import BUCKETS, bucket_of
from matricula_chassis.errors import Conflict, Invalid, NotFound, Unavailable
from matricula_chassis.messaging.backoff import Backoff
from matricula_chassis.messaging.circuit import Circuit, CircuitSettings
from matricula_chassis.messaging.delivery import deliver
from matricula_chassis.messaging.producer import partition_of
from matricula_chassis.messaging.verdict import FailureJudge
from matricula_testkit.messaging import Record


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_circuit_opens_when_enough_of_enough_records_died() -> None:
    time = Seconds()
    circuit = Circuit(
        CircuitSettings(window=10, minimum=4, share=0.5, cool_down=30), monotonic=time
    )
    assert not circuit.note(applied=1, died=2)
    assert circuit.note(applied=0, died=1)
    states = []
    for time.now in (0.0, 29.0, 31.0):
        states.append(circuit.is_open)
    assert states == [True, True, False]
    assert not circuit.note(applied=0, died=3)


def test_a_circuit_forgets_what_left_its_window() -> None:
    circuit = Circuit(CircuitSettings(window=10, minimum=4, share=0.5))
    circuit.note(applied=0, died=3)
    assert not circuit.note(applied=1000, died=0)
    assert not circuit.note(applied=0, died=4)
    assert circuit.note(applied=0, died=1)


class Strict(BaseModel):
    number: int


def validation_error() -> ValidationError:
    try:
        Strict.model_validate({"number": "x"})
    except ValidationError as error:
        return error
    raise AssertionError("a wrong type was accepted")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unavailable("other-service-unavailable"), None),
        (TimeoutError(), None),
        (ConnectionResetError(), None),
        (Conflict("sample-conflict"), "refused:sample-conflict"),
        (NotFound("sample-not-found"), "refused:sample-not-found"),
        (Invalid("sample-invalid"), "refused:sample-invalid"),
        (validation_error(), "schema"),
    ],
)
def test_a_known_failure_is_judged_at_once(error: Exception, reason: str | None) -> None:
    judge = FailureJudge(max_attempts=3)
    event = uuid4()
    assert [judge.reason_to_bury(error, event) for _ in range(5)] == [reason] * 5


def test_an_unknown_failure_is_permanent_after_its_attempts_and_counts_per_event() -> None:
    judge = FailureJudge(max_attempts=3)
    one, other = uuid4(), uuid4()
    assert judge.reason_to_bury(KeyError("x"), one) is None
    assert judge.reason_to_bury(KeyError("x"), one) is None
    assert judge.reason_to_bury(KeyError("x"), other) is None
    assert judge.reason_to_bury(KeyError("x"), one) == "handler-failed"


def test_success_forgets_earlier_failures() -> None:
    judge = FailureJudge(max_attempts=2)
    event = uuid4()
    judge.reason_to_bury(KeyError("x"), event)
    judge.succeeded(event)
    assert judge.reason_to_bury(KeyError("x"), event) is None


@given(st.integers(min_value=0, max_value=10_000))
def test_a_delay_grows_within_its_limit_and_is_never_nothing(attempt: int) -> None:
    delay = Backoff(first=0.2, limit=30).delay(attempt)
    assert 0.1 <= delay <= 30


def test_the_bucket_and_the_partition_of_a_key_never_change() -> None:
    keys = ("a", "learner-7", "01937f5e-0000-7000-8000-000000000001", "é")
    assert [bucket_of(key) for key in keys] == [3, 9, 5, 14]
    assert [partition_of(key.encode(), 6) for key in keys] == [3, 5, 3, 2]
    assert {bucket_of(str(number)) for number in range(1000)} == set(range(BUCKETS))


RECORD = Record("t", 3, 77, 1_763_800_000_000, b"k", b"{", [])


def test_a_record_without_an_id_is_known_by_its_place() -> None:
    same = deliver(RECORD)
    assert same.event_id == deliver(RECORD).event_id
    assert same.event_id.version == 8
    assert same.made_at == 1_763_800_000_000
    elsewhere = Record("t", 3, 78, RECORD.timestamp, b"k", b"{", [])
    assert deliver(elsewhere).event_id != same.event_id


def test_a_record_with_an_id_and_nothing_else_keeps_it() -> None:
    event_id = uuid4()
    record = Record("t", 3, 77, 0, b"k", b"{", [("ce_id", str(event_id).encode())])
    assert deliver(record).event_id == event_id
