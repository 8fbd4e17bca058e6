"""Blind indexes: keyed, truncated as configured, and not comparable with one another."""

import hashlib
import hmac
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matricula_chassis.crypto import BlindIndex, KeyedDigest, index_key, new_key

ROOT = bytes(range(32))


def derived_by_hand(root: bytes, name: str) -> bytes:
    """HKDF-SHA-256 written out with the standard library (RFC 5869 sections 2.2 and 2.3)."""
    extracted = hmac.digest(b"matricula/blind-index/1", root, hashlib.sha256)
    return hmac.digest(extracted, name.encode() + b"\x01", hashlib.sha256)


@pytest.mark.parametrize("name", ["learner.uln", "learner.postcode", "x"])
def test_index_keys_are_derived_as_the_standard_says(name: str) -> None:
    assert index_key(ROOT, name) == derived_by_hand(ROOT, name)


@given(key=st.binary(max_size=200), content=st.binary(max_size=200))
def test_a_keyed_digest_is_hmac_sha_256_also_the_second_time(key: bytes, content: bytes) -> None:
    keyed = KeyedDigest(key)
    keyed.of(b"another")
    assert keyed.of(content) == hmac.digest(key, content, hashlib.sha256)


@pytest.mark.parametrize("bits", [8, 20, 32, 63, 64])
def test_values_are_the_leading_bits_of_the_hmac(bits: int) -> None:
    key = index_key(ROOT, "learner.uln")
    for text in ("", "9999999999", "Žofie"):
        whole = int.from_bytes(hmac.digest(key, text.encode(), hashlib.sha256)[:8], "big")
        expected = whole >> (64 - bits)
        value = BlindIndex(key, bits).of(text)
        assert value % (1 << 64) == expected


@given(st.text(max_size=30), st.integers(8, 64))
def test_every_value_fits_a_signed_bigint(text: str, bits: int) -> None:
    value = BlindIndex(ROOT, bits).of(text)
    assert -(1 << 63) <= value < (1 << 63)
    assert bits == 64 or 0 <= value < (1 << bits)
    assert value == BlindIndex(ROOT, bits).of(text)


def test_all_64_bits_reach_below_zero() -> None:
    index = BlindIndex(ROOT, 64)
    assert min(index.of(str(number)) for number in range(50)) < 0


def test_indexes_of_one_root_cannot_be_compared() -> None:
    uln, postcode = (BlindIndex(index_key(ROOT, n)) for n in ("learner.uln", "learner.postcode"))
    assert uln.of("9999999999") != postcode.of("9999999999")
    assert BlindIndex(index_key(new_key(), "learner.uln")).of("1") != uln.of("1")


def test_truncation_makes_strangers_collide() -> None:
    index = BlindIndex(ROOT, 8)
    buckets = Counter(index.of(str(number)) for number in range(5_000))
    assert len(buckets) == 256
    assert max(buckets.values()) < 60


@pytest.mark.parametrize("bits", [0, 7, 65])
def test_widths_that_make_no_sense_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="8 to 64"):
        BlindIndex(ROOT, bits)


def test_short_keys_and_nameless_indexes_are_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        BlindIndex(b"short")
    with pytest.raises(ValueError, match="32 bytes"):
        index_key(b"short", "x")
    with pytest.raises(ValueError, match="name"):
        index_key(ROOT, "")
