"""Columns of numbers and texts: what is quicker for few values gives what is plain for many."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ilr_validator.engine.code_lists import CodeList, keys_of
from ilr_validator.engine.objects import tables_of
from ilr_validator.engine.record import Aims, Learners
from ilr_validator.engine.text import Text
from ilr_validator.engine.values import is_among, join_numbered, renumbered, spread, take

WRITTEN = st.lists(st.sampled_from([None, "", " ", "a", "A", "b", "c", "d", "e", "\u00e9"]))
CODES = st.lists(st.integers(-3, 30), max_size=20)
NUMBERS = st.lists(st.sampled_from([np.nan, np.inf, -np.inf, *map(float, range(-4, 32))]))


@given(WRITTEN, st.lists(st.sampled_from(["", "a", "A", "B", "c", "D", "e", "f"])))
def test_texts_are_found_in_either_letter_case_or_as_written(
    texts: list[str | None], wanted: list[str]
) -> None:
    column, capitals = Text.of(texts), {text.upper() for text in wanted}
    assert column.is_exactly(*wanted).tolist() == [text in wanted for text in texts]
    of_any = [text is not None and text.upper() in capitals for text in texts]
    assert column.is_any(*wanted).tolist() == of_any
    assert column.is_among(iter(wanted)).tolist() == of_any
    listed = CodeList.of(wanted)
    assert listed.holds(column).tolist() == of_any
    assert listed.holds(column, as_written=True).tolist() == [text in wanted for text in texts]


@given(WRITTEN)
def test_blank_and_matching_texts(texts: list[str | None]) -> None:
    column = Text.of(texts)
    assert column.is_blank.tolist() == [text is None or not text.strip() for text in texts]
    pattern = re.compile("^[a-c]?$")
    assert column.matches(pattern).tolist() == [
        text is not None and pattern.search(text) is not None for text in texts
    ]
    assert column.test(str.isupper).tolist() == [text == "A" for text in texts]


def test_what_was_kept_of_texts_is_of_the_collection_that_is_asked() -> None:
    column = Text.of(["a", "b"])
    for _ in range(100):  # identities of the lists before are given out again
        assert CodeList.of(["a"]).holds(column).tolist() == [True, False]
        assert CodeList.of(["b"]).holds(column).tolist() == [False, True]


@given(NUMBERS, CODES)
def test_numbers_are_found_among_few_and_among_many(numbers: list[float], codes: list[int]) -> None:
    assert is_among(np.array(numbers), codes).tolist() == [number in codes for number in numbers]


@given(st.lists(st.integers(0, 6)), st.lists(st.integers(0, 6)))
def test_numbered_rows_are_paired_in_order(left: list[int], right: list[int]) -> None:
    right = sorted(right)
    one, other = join_numbered(np.array(left, np.intp), np.array(right, np.intp), 7)
    pairs = [(i, j) for i, a in enumerate(left) for j, c in enumerate(right) if a == c]
    assert list(zip(one.tolist(), other.tolist(), strict=True)) == pairs


@pytest.mark.parametrize("counts", [[], [0, 0], [1, 0, 1], [2, 0, 3]])
def test_partners_stand_in_a_row(counts: list[int]) -> None:
    begin = np.arange(len(counts), dtype=np.intp) * 10
    one, other = spread(begin, np.array(counts, np.intp))
    pairs = [(i, 10 * i + n) for i, count in enumerate(counts) for n in range(count)]
    assert list(zip(one.tolist(), other.tolist(), strict=True)) == pairs


@given(st.lists(st.integers(0, 50)), st.sampled_from([51, 10**9]))
def test_numbers_are_given_their_places(numbers: list[int], bound: int) -> None:
    distinct, places = renumbered(np.array(numbers, np.int64), bound)
    assert distinct.tolist() == sorted(set(numbers))
    assert distinct[places].tolist() == numbers


@pytest.mark.parametrize("many", [1, 100])
def test_keys_are_joined_alike_in_few_and_in_many_rows(many: int) -> None:
    types = Text.of(["LDM", "SOF", None, "LDM"] * many)
    codes = np.array([34.0, -0.0, np.nan, 105.0] * many)
    joined = keys_of(types, codes)
    assert [joined.at(row) for row in range(4)] == ["LDM34", "SOF0", "", "LDM105"]


def test_what_is_spread_over_rows_follows_only_what_cannot_change() -> None:
    tables = tables_of([{"ULN": 1, "LearningDelivery": [{}, {}]}, {"ULN": 2}])
    learners, aims = tables[Learners], tables[Aims]
    ulns = learners.column("ULN")
    assert isinstance(ulns, np.ndarray)
    assert aims.of_learner(ulns) is aims.of_learner(ulns)
    with pytest.raises(ValueError, match="read-only"):
        ulns[0] = 3
    changing = np.array([True, False])
    assert aims.of_learner(changing).tolist() == [True, True]
    changing[0] = False
    assert aims.of_learner(changing).tolist() == [False, False]


def test_a_row_that_is_not_there_takes_null() -> None:
    rows = np.array([1, -1, 0])
    np.testing.assert_array_equal(take(np.array([5.0, 6.0]), rows), [6.0, np.nan, 5.0])
    assert [Text.of(["a", "b"]).take(rows).at(row) for row in range(3)] == ["b", None, "a"]
