"""Canonical bytes: one spelling for each value, and a refusal where there is none."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from event_log.domain.canonical import LARGEST_INTEGER, NotCanonicalError, canonical_bytes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@settings(deadline=None)
@given(JSON)
def test_canonical_bytes_are_read_back_to_the_same_value_and_written_the_same(
    value: object,
) -> None:
    written = canonical_bytes(value)
    assert json.loads(written) == value
    assert canonical_bytes(json.loads(written)) == written
    assert b"\n" not in written


def test_keys_are_sorted_by_utf_16_code_units_as_rfc_8785_shows() -> None:
    # the example of RFC 8785 section 3.2.3
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    order = list(json.loads(canonical_bytes(value)))
    assert order == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_strings_are_escaped_as_rfc_8785_shows() -> None:
    assert (
        canonical_bytes('€$\x0f\nA\'B"\\\\"/\x7f')
        == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f"'.encode()
    )


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        float("nan"),
        {"a": [1.0]},
        2**53,
        -(2**53),
        {1: "a"},
        (1,),
        b"x",
        {"a": "\ud800"},
        "\udfff",
    ],
)
def test_values_without_a_single_spelling_are_refused(value: object) -> None:
    with pytest.raises(NotCanonicalError):
        canonical_bytes(value)


def test_endless_nesting_is_refused_before_the_stack_ends() -> None:
    value: object = 1
    for _ in range(5000):
        value = [value]
    with pytest.raises(NotCanonicalError):
        canonical_bytes(value)
