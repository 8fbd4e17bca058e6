"""Any bytes are either JSON of the strict kind or a problem."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matricula_chassis.errors import Invalid
from matricula_chassis.http.strict_json import MAX_DEPTH, parse_strictly

CANARY = "Testperson-Canary"


def code_of(body: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        parse_strictly(body)
    assert caught.value.problem == "malformed-json"
    (fault,) = caught.value.faults
    assert CANARY not in fault.message + fault.pointer
    return fault.code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"a":1,"a":2}', "duplicate-member"),
        (b'{"x":[{"Testperson-Canary":1,"Testperson-Canary":1}]}', "duplicate-member"),
        (b'{"a":1,"\\u0061":2}', "duplicate-member"),
        (b'["\\u0000"]', "nul-character"),
        (b'{"\\u0000":1}', "nul-character"),
        (b'["\\ud800"]', "lone-surrogate"),
        (b'["Testperson-Canary\xff"]', "not-utf-8"),
        (b"\xff\xfe[\x00]\x00", "not-utf-8"),
        (b'["\x00"]', "syntax"),
        (b"", "syntax"),
        (b"{", "syntax"),
        (b'{"Testperson-Canary"}', "syntax"),
        (b"\xef\xbb\xbf{}", "syntax"),
        (b"[1,]", "syntax"),
        (b"{} {}", "syntax"),
        (b"[9223372036854775808]", "number-out-of-range"),
        (b"[-9223372036854775809]", "number-out-of-range"),
        (b"[" + b"9" * 5_000 + b"]", "number-out-of-range"),
        (b"[1e400]", "number-out-of-range"),
        (b"[-1e400]", "number-out-of-range"),
        (b"[NaN]", "not-a-number"),
        (b"[-Infinity]", "not-a-number"),
        (b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2), "too-deep"),
        (b"[" * 100_000, "too-deep"),
        (b'{"a":' * 100_000, "too-deep"),
    ],
)
def test_what_is_not_strict_json_is_refused_with_its_reason(body: bytes, code: str) -> None:
    assert code_of(body) == code


def test_the_borders_of_what_is_allowed_are_allowed() -> None:
    assert parse_strictly(b"[9223372036854775807,-9223372036854775808]") == [2**63 - 1, -(2**63)]
    assert parse_strictly(b'"\\\\u0000"') == "\\u0000"
    assert parse_strictly(b'"\\ud83d\\ude00"') == "\U0001f600"
    assert parse_strictly(b'{"a":{"a":1},"b":{"a":1}}') == {"a": {"a": 1}, "b": {"a": 1}}
    deepest = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert parse_strictly(deepest) == json.loads(deepest)


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(min_value=-(2**63), max_value=2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(st.characters(codec="ascii", min_codepoint=1)), inner, max_size=4),
    ),
    max_leaves=20,
)


@given(json_values, st.booleans())
def test_every_json_value_is_parsed_as_the_standard_library_does(
    value: Any,
    ensure_ascii: bool,  # noqa: FBT001 - hypothesis draws it
) -> None:
    body = json.dumps(value, ensure_ascii=ensure_ascii).encode()
    assert parse_strictly(body) == json.loads(body)


@given(st.binary(max_size=60))
def test_any_bytes_are_either_json_or_a_problem(body: bytes) -> None:
    with suppress(Invalid):
        assert parse_strictly(body) == json.loads(body)
