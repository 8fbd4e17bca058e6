"""Sealed blocks open with their key in their own place, whole and unaltered, or not at all."""

from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matricula_chassis.crypto import (
    SealBroken,
    cipher_of,
    context_of,
    key_version_of,
    new_key,
    open_sealed,
    seal,
    wipe,
)
from matricula_chassis.crypto.sealing import OVERHEAD_BYTES, open_into

KEY = bytes(range(32))

# Made with another implementation of AES-256-GCM (Node.js, nonce 100, 101, …), not with this one.
KNOWN_ANSWERS = [
    ("", b"learner_block|7", 1, "0100016465666768696a6b6c6d6e6fa9254aef425b9d191e00e3a7edf12f13"),
    (
        "506c61696e2074657874",
        b"learner_block|7",
        1,
        "0100016465666768696a6b6c6d6e6f1877bf0f17c922fb4616402f833b5ff0f2610468b591c0feaa5b",
    ),
    (
        "07" * 100,
        b"",
        258,
        (
            "0101026465666768696a6b6c6d6e6f4f1cd9617eee5199396558efdd626dfa45c5010d8c6bf475a0d6ab4ffc"
            "a4a24f93ee47c74b159c03faf47f38fa45cdc81c5c9fe0274d462ffdf6abd1e886a28d0f8bdc09d14c3c028c68"
            "ea44168d36e1637f1833a0c28ac1d8f631c37c1449568976957922f0ad4149fe4e1ba9ec1c0f957a58b7"
        ),
    ),
]
OPENERS: list[Callable[..., bytes | bytearray]] = [open_sealed, open_into]


@pytest.mark.parametrize(("plaintext", "context", "version", "sealed"), KNOWN_ANSWERS)
@pytest.mark.parametrize("opener", OPENERS)
def test_blocks_of_another_implementation_open(
    plaintext: str,
    context: bytes,
    version: int,
    sealed: str,
    opener: Callable[..., bytes | bytearray],
) -> None:
    block = bytes.fromhex(sealed)
    assert opener(block, key=KEY, context=context) == bytes.fromhex(plaintext)
    assert key_version_of(block) == version


@given(st.binary(max_size=3_000), st.binary(max_size=60), st.integers(0, 65_535))
def test_what_is_sealed_opens_with_the_same_key_and_context(
    plaintext: bytes, context: bytes, version: int
) -> None:
    sealed = seal(plaintext, key=KEY, context=context, key_version=version)
    assert len(sealed) == len(plaintext) + OVERHEAD_BYTES
    assert open_sealed(sealed, key=KEY, context=context) == plaintext
    assert open_into(sealed, key=cipher_of(KEY), context=context) == plaintext
    assert key_version_of(sealed) == version
    assert plaintext not in sealed or len(plaintext) < 8


@given(st.data())
def test_a_block_that_was_altered_anywhere_does_not_open(data: st.DataObject) -> None:
    sealed = bytearray(seal(b"some plain text", key=KEY, context=b"here"))
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= data.draw(st.integers(1, 255))
    for opener in OPENERS:
        with pytest.raises(SealBroken):
            opener(bytes(sealed), key=KEY, context=b"here")


@given(st.integers(0, 45))
def test_a_block_that_was_cut_does_not_open(length: int) -> None:
    sealed = seal(b"some plain text", key=KEY, context=b"here")
    for cut in (sealed[:length], sealed[-length:] if length else b""):
        with pytest.raises(SealBroken):
            open_sealed(cut, key=KEY, context=b"here")


def test_a_block_opens_in_its_own_place_only() -> None:
    sealed = seal(b"text", key=KEY, context=context_of("table", 1))
    for context in (context_of("table", 2), context_of("elbat", 1), b""):
        with pytest.raises(SealBroken):
            open_sealed(sealed, key=KEY, context=context)
    with pytest.raises(SealBroken):
        open_sealed(sealed, key=new_key(), context=context_of("table", 1))


def test_the_key_version_cannot_be_changed() -> None:
    sealed = bytearray(seal(b"text", key=KEY, context=b"", key_version=1))
    sealed[2] = 2
    with pytest.raises(SealBroken):
        open_sealed(bytes(sealed), key=KEY, context=b"")


def test_the_same_text_never_gives_the_same_block() -> None:
    assert len({seal(b"text", key=KEY, context=b"") for _ in range(1_000)}) == 1_000


def test_an_error_says_nothing_of_what_was_sealed() -> None:
    sealed = bytearray(seal(b"canary-value", key=KEY, context=b"canary-context"))
    sealed[-1] ^= 1
    messages = set()
    for block, context in ((bytes(sealed), b"canary-context"), (b"short", b""), (b"", b"x")):
        with pytest.raises(SealBroken) as broken:
            open_sealed(block, key=KEY, context=context)
        messages.add(repr(broken.value))
        assert broken.value.__suppress_context__ or broken.value.__context__ is None
    assert len(messages) == 1
    assert "canary" not in messages.pop()


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33])
def test_a_key_has_256_bits_and_no_fewer(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal(b"", key=b"k" * length, context=b"")


parts = st.lists(st.one_of(st.text(max_size=8), st.integers(), st.uuids()), max_size=4)


@given(parts, parts)
def test_different_parts_never_make_the_same_context(
    left: list[str | int | UUID], right: list[str | int | UUID]
) -> None:
    kinds = [[(type(part), part) for part in one] for one in (left, right)]
    assert (context_of(*left) == context_of(*right)) == (kinds[0] == kinds[1])


def test_wiping_leaves_zeros() -> None:
    buffer = bytearray(b"secret")
    wipe(buffer)
    assert buffer == bytes(6)
