"""Cursors give back what they were made of, and no others are taken."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matricula_chassis.errors import Invalid
from matricula_chassis.http import Page, cursor_after, cursor_key, decode_cursor, encode_cursor

KEY = b"k" * 32
values = st.lists(
    st.one_of(
        st.integers(min_value=-(2**63), max_value=2**63 - 1),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    ),
    max_size=3,
)


@given(values)
def test_a_cursor_gives_back_what_it_was_made_of(parts: list[str | int]) -> None:
    cursor = encode_cursor(parts, key=KEY)
    assert decode_cursor(cursor, key=KEY) == tuple(parts)
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(values, st.data())
def test_a_changed_cursor_is_refused(parts: list[str | int], data: st.DataObject) -> None:
    cursor = encode_cursor(parts, key=KEY)
    place = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda one: one != cursor[place]))
    with pytest.raises(Invalid) as caught:
        decode_cursor(cursor[:place] + other + cursor[place + 1 :], key=KEY)
    assert caught.value.problem == "invalid-cursor"


@given(st.text())
def test_no_made_up_text_is_a_cursor(text: str) -> None:
    with pytest.raises(Invalid):
        decode_cursor(text, key=KEY)


def test_a_cursor_of_another_key_or_listing_is_refused() -> None:
    first = cursor_key(KEY, listing="things")
    second = cursor_key(KEY, listing="other things")
    cursor = encode_cursor(["a", 1], key=first)
    assert decode_cursor(cursor, key=first) == ("a", 1)
    with pytest.raises(Invalid):
        decode_cursor(cursor, key=second)


def test_one_cursor_has_one_spelling() -> None:
    cursor = encode_cursor(["ab"], key=KEY)
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    assert len(raw) % 3, "the last character must have unused bits for this test"
    twins = [
        cursor[:-1] + letter
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        if base64.urlsafe_b64decode(cursor[:-1] + letter + "=" * (-len(cursor) % 4)) == raw
    ]
    assert len(twins) > 1
    for twin in [*twins, cursor + "=", cursor + "\n", " " + cursor]:
        if twin != cursor:
            with pytest.raises(Invalid):
                decode_cursor(twin, key=KEY)


def test_a_cursor_too_long_or_out_of_range_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="too long"):
        encode_cursor(["x" * 600], key=KEY)
    with pytest.raises(ValueError, match="64-bit"):
        encode_cursor([2**63], key=KEY)


def test_a_cursor_stands_behind_the_last_row_shown_when_there_are_more() -> None:
    rows = [("a", 1), ("b", 2), ("c", 3)]
    cursor = cursor_after(rows, 2, lambda row: [row[1], row[0]], key=KEY)
    assert cursor is not None
    assert decode_cursor(cursor, key=KEY) == (2, "b")
    assert cursor_after(rows, 3, lambda row: [row[1]], key=KEY) is None
    assert cursor_after([], 3, str, key=KEY) is None


def test_a_page_has_items_and_the_next_cursor_only() -> None:
    page = Page[int](items=[1, 2], next=None)
    assert page.model_dump() == {"items": [1, 2], "next": None}
