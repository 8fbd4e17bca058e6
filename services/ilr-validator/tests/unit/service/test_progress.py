"""How far a validation is: rate and time left, where they can be known."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from ilr_validator.domain.validation import Validation, ValidationState

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def at(state: ValidationState, checked: int, **more: object) -> Validation:
    return Validation(
        validation_id=uuid4(), ukprn=10_000_001, state=state, version=1, likeness=b"", size=1,
        sealed_file_name=None, wrapped_key=b"", requested_by="x", received_at=NOON,
        learners=1_000, checked=checked, started_at=NOON, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_the_rate_says_how_long_the_rest_takes() -> None:
    one = at(ValidationState.CHECKING, 250)
    assert one.learners_a_second(NOON + timedelta(seconds=5)) == 50
    assert one.seconds_left(NOON + timedelta(seconds=5)) == 15


def test_before_the_first_part_and_after_the_end_no_time_is_left() -> None:
    assert at(ValidationState.CHECKING, 0).seconds_left(NOON) is None
    ended = at(ValidationState.FINISHED, 1_000, ended_at=NOON + timedelta(seconds=10))
    assert ended.seconds_left(NOON + timedelta(days=1)) is None
    assert ended.learners_a_second(NOON + timedelta(days=1)) == 100
