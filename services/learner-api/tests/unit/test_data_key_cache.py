"""Data keys that are kept unwrapped: for a minute, wiped, dropped at once when they are destroyed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from learner_api.adapters.postgres.data_key_cache import DataKeyCache
from matricula_chassis.clock import FixedClock
from matricula_chassis.crypto import (
    FileKeyEncryptionKey,
    SealBroken,
    new_key,
    open_sealed,
    seal,
)

START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


@pytest.fixture
def kek(tmp_path: Path) -> FileKeyEncryptionKey:
    return FileKeyEncryptionKey(tmp_path / "kek.json", create=True)


class CountingKey:
    """A key-encryption key that counts and remembers the buffers it handed out."""

    key_id = "00" * 8

    def __init__(self, kek: FileKeyEncryptionKey) -> None:
        self._kek = kek
        self.handed_out: list[bytearray] = []

    def wrap(self, data_key: bytes | bytearray, *, context: bytes) -> bytes:
        return self._kek.wrap(data_key, context=context)

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytearray:
        buffer = self._kek.unwrap(wrapped, context=context)
        self.handed_out.append(buffer)
        return buffer


class CacheSetting:
    def __init__(self, kek: FileKeyEncryptionKey, *, size: int = 3) -> None:
        self.clock = FixedClock(START)
        self.kek = CountingKey(kek)
        self.cache = DataKeyCache(self.kek, clock=self.clock, size=size)
        self.key = new_key()
        self.wrapped = kek.wrap(self.key, context=b"c")


def test_a_kept_key_is_not_unwrapped_again_for_a_minute(kek: FileKeyEncryptionKey) -> None:
    setting = CacheSetting(kek)
    for seconds in (0, 30, 59.9):
        setting.clock.set(START + timedelta(seconds=seconds))
        cipher = setting.cache.cipher("person-1", setting.wrapped, context=b"c")
        sealed = seal(b"text", key=cipher, context=b"")
        assert open_sealed(sealed, key=setting.key, context=b"") == b"text"
    assert len(setting.kek.handed_out) == 1
    setting.clock.set(START + timedelta(seconds=60))
    setting.cache.cipher("person-1", setting.wrapped, context=b"c")
    assert len(setting.kek.handed_out) == 2


def test_the_unwrapped_key_is_wiped_as_soon_as_the_cipher_is_made(
    kek: FileKeyEncryptionKey,
) -> None:
    setting = CacheSetting(kek)
    setting.cache.cipher("person-1", setting.wrapped, context=b"c")
    assert setting.kek.handed_out == [bytearray(32)]


def test_a_dropped_key_is_gone_at_once(kek: FileKeyEncryptionKey) -> None:
    setting = CacheSetting(kek)
    setting.cache.cipher("person-1", setting.wrapped, context=b"c")
    setting.cache.drop("person-1")
    setting.cache.drop("never-there")
    assert len(setting.cache) == 0


def test_keys_nobody_asks_for_leave_with_time(kek: FileKeyEncryptionKey) -> None:
    setting = CacheSetting(kek)
    setting.cache.cipher("person-1", setting.wrapped, context=b"c")
    setting.clock.advance(timedelta(seconds=30))
    setting.cache.cipher("person-2", setting.wrapped, context=b"c")
    setting.clock.advance(timedelta(seconds=30))
    setting.cache.expire()
    assert len(setting.cache) == 1


def test_no_more_keys_are_kept_than_allowed(kek: FileKeyEncryptionKey) -> None:
    setting = CacheSetting(kek, size=3)
    for name in "abcd":
        setting.cache.cipher(name, setting.wrapped, context=b"c")
    assert len(setting.cache) == 3
    setting.cache.cipher("d", setting.wrapped, context=b"c")
    assert len(setting.kek.handed_out) == 4
    setting.cache.cipher("a", setting.wrapped, context=b"c")
    assert len(setting.kek.handed_out) == 5


def test_a_kept_key_never_answers_for_another_one(kek: FileKeyEncryptionKey) -> None:
    setting = CacheSetting(kek)
    setting.cache.cipher("person-1", setting.wrapped, context=b"c")
    with pytest.raises(SealBroken):
        setting.cache.cipher("person-1", setting.wrapped, context=b"other")
    replaced = new_key()
    cipher = setting.cache.cipher("person-1", kek.wrap(replaced, context=b"c"), context=b"c")
    sealed = seal(b"text", key=cipher, context=b"")
    assert open_sealed(sealed, key=replaced, context=b"") == b"text"


def test_a_cache_that_keeps_keys_too_long_is_refused(kek: FileKeyEncryptionKey) -> None:
    for life in (timedelta(seconds=61), timedelta(0)):
        with pytest.raises(ValueError, match="60 seconds"):
            DataKeyCache(kek, clock=FixedClock(START), life=life)
    with pytest.raises(ValueError, match="at least one"):
        DataKeyCache(kek, clock=FixedClock(START), size=0)
