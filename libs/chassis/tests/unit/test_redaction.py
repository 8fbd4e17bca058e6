"""Redaction masks personal data by key, by type and by shape, and keeps what operations need."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matricula_chassis.observability.redaction import Redactor
from matricula_chassis.observability.sensitive import MASK, Sensitive


def clean(**values: object) -> dict[str, object]:
    return dict(Redactor()(None, "info", dict(values)))


@pytest.mark.parametrize(
    "key",
    [
        "family_name", "FamilyName", "givenNames", "date_of_birth", "dob", "uln", "ULN", "NINumber",
        "postcode", "email", "password", "client_secret", "access_token", "Authorization", "cookie",
        "set_cookie", "parameters", "body",
    ],
)  # fmt: skip
def test_a_forbidden_key_is_masked_whatever_its_value(key: str) -> None:
    assert clean(**{key: "harmless"})[key] == MASK
    assert clean(outer={"inner": [{key: 7}]})["outer"] == {"inner": [{key: MASK}]}


@pytest.mark.parametrize(
    "text",
    [
        "1234567890", "uln=9876543210.", "QQ123456C", "ab 12 34 56 d", "ZZ99 9ZZ", "sw1a1aa",
        "canary@example.org", "2008-05-04", "4/5/1999", "+44 7700 900123", "07700900123",
        "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", "postgresql://probe:hidden@db/x",
    ],
)  # fmt: skip
def test_a_personal_looking_text_is_masked_inside_any_text(text: str) -> None:
    cleaned = str(clean(note=f"before {text} after")["note"])
    assert MASK in cleaned
    assert text.rstrip(".").split("=")[-1] not in cleaned
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")


@pytest.mark.parametrize(
    "text",
    [
        "019a2055-9293-7449-93bb-fdce122fde13", "4bf92f3577b34da6a3ce929d0e0e4736",
        "outbox.batch_published", "learning.learner", "2025-08-01", "v1", "R04", "10001234",
        "127.0.0.1:8092", "/v1/things/{thing}", "matricula_chassis.http.app:120 create_app",
        "01920555-9293-7449-9312-001122334455", "23505",
    ],
)  # fmt: skip
def test_what_operations_need_stays_readable(text: str) -> None:
    assert clean(note=text)["note"] == text


def test_numbers_that_look_like_personal_numbers_are_masked_and_measures_are_not() -> None:
    cleaned = clean(value=1_234_567_890, size_bytes=1_234_567_890, offset=1_234_567_890, count=3)
    assert cleaned == {
        "value": MASK, "size_bytes": 1_234_567_890, "offset": 1_234_567_890, "count": 3,
    }  # fmt: skip


def test_bytes_sensitive_values_and_personal_mapping_keys_are_masked() -> None:
    cleaned = clean(raw=b"x", value=Sensitive("x"), by={"canary@example.org": 1}, flag=True)
    assert cleaned == {"raw": MASK, "value": MASK, "by": {MASK: 1}, "flag": True}


def test_keys_can_be_forbidden_in_addition() -> None:
    redactor = Redactor(["PrevUKPRN"])
    assert redactor(None, "info", {"prev_ukprn": 10001234}) == {"prev_ukprn": MASK}


def test_what_nests_too_deep_is_masked_as_a_whole() -> None:
    value: object = "x"
    for _ in range(20):
        value = [value]
    assert MASK in str(clean(value=value)["value"])


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=10,
)


@settings(max_examples=40)
@given(st.dictionaries(st.text(), json_values))
def test_any_event_is_redacted_completely_at_the_first_time(values: dict[str, object]) -> None:
    redactor = Redactor()
    once = redactor(None, "info", dict(values))
    assert repr(redactor(None, "info", dict(once))) == repr(once)
