"""UUIDv7 identifiers: of the standard form, increasing, and unique between threads."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matricula_chassis.ids import SystemIds, uuid7_time

MILLISECOND = 1_000_000


def ids_at(*milliseconds: int) -> SystemIds:
    moments: Iterator[int] = iter([value * MILLISECOND for value in milliseconds])
    return SystemIds(lambda: next(moments))


def test_an_identifier_is_a_version_7_uuid_of_the_rfc_variant() -> None:
    made = SystemIds().uuid7()
    assert made.version == 7
    assert made.variant == RFC_4122
    assert UUID(str(made)) == made
    assert UUID(bytes=made.bytes) == made
    assert hash(UUID(str(made))) == hash(made)


def test_an_identifier_tells_when_it_was_made() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    assert before <= uuid7_time(SystemIds().uuid7()) <= datetime.now(UTC)
    assert uuid7_time(ids_at(1_700_000_000_123).uuid7()) == datetime(
        2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC
    )


def test_the_time_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 7"):
        uuid7_time(uuid4())


@given(st.lists(st.integers(min_value=0, max_value=2**47), min_size=2, max_size=50))
def test_identifiers_always_increase_even_when_the_clock_jumps(milliseconds: list[int]) -> None:
    ids = ids_at(*milliseconds)
    made = [ids.uuid7() for _ in milliseconds]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(value.version == 7 and value.variant == RFC_4122 for value in made)


def test_a_full_counter_borrows_from_the_next_millisecond() -> None:
    ids = ids_at(5, 5, 5)
    ids.uuid7()
    ids._counter = (1 << 42) - 2
    last_of_this = ids.uuid7()
    first_of_next = ids.uuid7()
    assert last_of_this < first_of_next
    assert first_of_next.int >> 80 == 6


def test_threads_never_get_the_same_identifier() -> None:
    ids = SystemIds()

    def make(_: int) -> list[UUID]:
        return [ids.uuid7() for _ in range(500)]

    with ThreadPoolExecutor(8) as pool:
        batches = list(pool.map(make, range(8)))
    assert all(batch == sorted(batch) for batch in batches)
    assert len({value for batch in batches for value in batch}) == 4_000


def test_the_random_tail_differs_between_two_sources_at_one_moment() -> None:
    assert len({ids_at(7).uuid7().int & (2**32 - 1) for _ in range(50)}) > 45
