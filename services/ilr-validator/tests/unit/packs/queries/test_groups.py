"""Records compared among themselves, and the keys of a whole file."""

from itertools import groupby, pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ilr_validator.engine.dates import day
from ilr_validator.engine.record import Aims, Learners
from ilr_validator.engine.text import Text
from ilr_validator.packs.queries.groups import (
    all_repeated,
    first_repeated,
    neighbours,
    numbered,
    partners,
)
from ilr_validator.packs.y2020_21.rules.cross_entity.file_records import (
    repeated_references,
    repeated_ulns,
)
from ilr_validator.packs.y2020_21.rules.message.header import _to_utc

NAN = np.nan
KEYS = st.sampled_from([NAN, 0.0, 1.0, 2.0])
RECORDS = st.lists(st.tuples(st.integers(0, 3), KEYS, KEYS, st.booleans()), max_size=60)


def columns(
    records: list[tuple[int, float, float, bool]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Give owners in ascending order, two columns of keys and a mask."""
    rows = sorted(records, key=lambda record: record[0])
    owners = np.array([row[0] for row in rows], np.intp)
    one, two = (np.array([row[place] for row in rows], np.float64) for place in (1, 2))
    return owners, one, two, np.array([row[3] for row in rows], bool)


def plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


@given(RECORDS)
def test_repeats_are_those_that_a_comparison_of_all_records_finds(
    records: list[tuple[int, float, float, bool]],
) -> None:
    owners, one, two, mask = columns(records)
    keys = [(int(o), plain(a), plain(c)) for o, a, c in zip(owners, one, two, strict=True)]
    rows = [row for row in range(len(keys)) if mask[row]]
    groups = [[row for row in rows if keys[row] == key] for key in dict.fromkeys(keys)]
    expected = {row: group[0] for group in groups if len(group) > 1 for row in group}
    found, firsts = all_repeated(mask, owners, one, two)
    assert dict(zip(found.tolist(), firsts.tolist(), strict=True)) == expected
    assert first_repeated(mask, owners, one, two).tolist() == sorted(set(expected.values()))
    assert (numbered(owners, one, two)[:, None] == numbered(owners, one, two)).tolist() == [
        [key == other for other in keys] for key in keys
    ]


@given(RECORDS)
def test_neighbours_follow_one_another_in_the_order_of_their_values(
    records: list[tuple[int, float, float, bool]],
) -> None:
    owners, values, _, mask = columns(records)
    rows = sorted(
        np.flatnonzero(mask).tolist(),
        key=lambda row: (owners[row], not np.isnan(values[row]), np.nan_to_num(values[row])),
    )
    expected = []
    for _, group in groupby(rows, key=lambda row: owners[row]):
        expected += list(pairwise(group))
    earlier, later = neighbours(mask, owners, values)
    assert list(zip(earlier.tolist(), later.tolist(), strict=True)) == expected


def test_many_records_of_one_owner_are_compared_too() -> None:
    owners = np.zeros(100, np.intp)
    values = np.arange(100.0)
    values[99] = 3
    rows, firsts = all_repeated(np.ones(100, bool), owners, values)
    assert (rows.tolist(), firsts.tolist()) == ([3, 99], [3, 3])


def test_partners_agree_in_every_column_null_with_null() -> None:
    learners = Learners({}, 2, up=None)
    columns = {"AimType": np.array([3.0, 1, 1, 1]), "StdCode": np.array([NAN, NAN, 1, NAN])}
    aims = Aims(columns, 4, up=learners, parent=np.array([0, 0, 0, 1]))
    one, other = partners(aims, aims.AimType == 3, aims.AimType == 1, aims.StdCode)
    assert (one.tolist(), other.tolist()) == ([0], [1])


def test_a_repeated_reference_gives_its_first_record_each_time() -> None:
    references = Text.of(["b1", "A1", "a1", "c1", "B1", "A1"])
    assert repeated_references(references).tolist() == [0, 1, 1, 0, 1]


def test_repeated_ulns_but_for_the_temporary_one_and_none() -> None:
    ulns = np.array([9_999_999_999, 5, NAN, 9_999_999_999, 6, NAN, 5.0])
    assert repeated_ulns(ulns).tolist() == [1, 6]


def test_the_clocks_of_the_united_kingdom_are_an_hour_ahead_in_summer() -> None:
    days = [day(2026, 3, 29), day(2026, 3, 30), day(2026, 10, 25), day(2026, 10, 26)]
    uk = np.array([*days, NAN])
    hours = np.round((uk - _to_utc(uk)) * 24)
    np.testing.assert_equal(hours, [0, 1, 1, 0, NAN])
