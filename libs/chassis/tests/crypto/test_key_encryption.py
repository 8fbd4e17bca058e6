"""Wrapped data keys: bound to their context, rotated without loss, kept in private files."""

import json
import os
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from matricula_chassis.clock import FixedClock
from matricula_chassis.crypto import (
    DataKeyCache,
    FileKeyEncryptionKey,
    SealBroken,
    SubordinateKey,
    UnknownKey,
    UnsafeKeyFile,
    new_key,
    open_sealed,
    seal,
    wrapping_key_id,
)

START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


@pytest.fixture
def kek(tmp_path: Path) -> FileKeyEncryptionKey:
    return FileKeyEncryptionKey(tmp_path / "kek.json", create=True)


def test_a_wrapped_key_comes_back_in_a_buffer_that_can_be_wiped(
    kek: FileKeyEncryptionKey,
) -> None:
    key = new_key()
    wrapped = kek.wrap(key, context=b"person-1")
    unwrapped = kek.unwrap(wrapped, context=b"person-1")
    assert unwrapped == key
    assert isinstance(unwrapped, bytearray)
    assert key not in wrapped
    assert wrapping_key_id(wrapped) == kek.key_id


def test_a_wrapped_key_belongs_to_its_context(kek: FileKeyEncryptionKey) -> None:
    wrapped = kek.wrap(new_key(), context=b"person-1")
    with pytest.raises(SealBroken):
        kek.unwrap(wrapped, context=b"person-2")


def test_an_altered_wrapped_key_does_not_open(kek: FileKeyEncryptionKey) -> None:
    wrapped = kek.wrap(new_key(), context=b"c")
    for position in range(8, len(wrapped)):
        altered = bytearray(wrapped)
        altered[position] ^= 1
        with pytest.raises(SealBroken):
            kek.unwrap(bytes(altered), context=b"c")
    for cut in (b"", wrapped[:8], wrapped[:-1]):
        with pytest.raises(SealBroken):
            kek.unwrap(cut, context=b"c")


def test_after_rotation_the_new_key_wraps_and_old_ones_unwrap(
    kek: FileKeyEncryptionKey, tmp_path: Path
) -> None:
    old_id, key = kek.key_id, new_key()
    old = kek.wrap(key, context=b"c")
    assert kek.rotate() == kek.key_id != old_id
    new = kek.wrap(key, context=b"c")
    assert wrapping_key_id(new) == kek.key_id
    again = FileKeyEncryptionKey(tmp_path / "kek.json")
    assert again.key_ids == kek.key_ids == (old_id, kek.key_id)
    for one in (kek, again):
        assert one.unwrap(old, context=b"c") == one.unwrap(new, context=b"c") == key


def test_keys_wrapped_anew_survive_the_end_of_the_old_key(kek: FileKeyEncryptionKey) -> None:
    keys = [new_key() for _ in range(20)]
    wrapped = [kek.wrap(key, context=b"%d" % n) for n, key in enumerate(keys)]
    old_id = kek.key_id
    kek.rotate()
    again = [
        kek.wrap(kek.unwrap(one, context=b"%d" % n), context=b"%d" % n)
        for n, one in enumerate(wrapped)
    ]
    kek.retire(old_id)
    assert [kek.unwrap(one, context=b"%d" % n) for n, one in enumerate(again)] == keys
    with pytest.raises(UnknownKey) as unknown:
        kek.unwrap(wrapped[0], context=b"0")
    assert unknown.value.key_id == old_id


def test_the_key_that_wraps_cannot_be_retired(kek: FileKeyEncryptionKey) -> None:
    with pytest.raises(ValueError, match="cannot be retired"):
        kek.retire(kek.key_id)
    with pytest.raises(UnknownKey):
        kek.retire("00" * 8)


def test_the_file_is_private_from_its_first_moment(
    kek: FileKeyEncryptionKey, tmp_path: Path
) -> None:
    kek.rotate()
    assert [path.name for path in tmp_path.iterdir()] == ["kek.json"]
    assert (tmp_path / "kek.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o644, 0o777])
def test_a_file_that_others_can_use_is_refused(
    kek: FileKeyEncryptionKey, tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "kek.json"
    path.chmod(mode)
    with pytest.raises(UnsafeKeyFile) as unsafe:
        FileKeyEncryptionKey(path)
    assert "others" in unsafe.value.fault
    path.chmod(0o400)
    assert FileKeyEncryptionKey(path).key_id == kek.key_id


def test_a_file_of_another_user_is_refused(
    kek: FileKeyEncryptionKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path / "kek.json", 12_345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12_345)
    with pytest.raises(UnsafeKeyFile) as unsafe:
        FileKeyEncryptionKey(tmp_path / "kek.json")
    assert "another user" in str(unsafe.value)


KEY_TEXT = "A" * 43 + "="


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"version": 1, "keys": []}',
        '{"version": 1, "keys": {}}',
        json.dumps({"version": 2, "keys": [{"id": "00" * 8, "key": KEY_TEXT}]}),
        json.dumps({"version": 1, "keys": [{"id": "00" * 7, "key": KEY_TEXT}]}),
        json.dumps({"version": 1, "keys": [{"id": "zz" * 8, "key": KEY_TEXT}]}),
        json.dumps({"version": 1, "keys": [{"id": "00" * 8, "key": "AAAA"}]}),
        json.dumps({"version": 1, "keys": [{"id": "00" * 8, "key": "*" * 44}]}),
        json.dumps({"version": 1, "keys": [{"id": "00" * 8, "key": 7}]}),
        " " * 70_000,
    ],
)
def test_a_file_that_holds_something_else_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "kek.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(UnsafeKeyFile):
        FileKeyEncryptionKey(path, create=True)
    assert path.read_text() == text


def test_a_folder_or_a_pipe_is_no_key_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(UnsafeKeyFile):
            FileKeyEncryptionKey(path)


def test_an_absent_file_is_made_only_when_asked(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FileKeyEncryptionKey(tmp_path / "kek.json")
    assert list(tmp_path.iterdir()) == []


def made_key_id(path: str) -> str:
    return FileKeyEncryptionKey(path, create=True).key_id


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4) as pool:
        ids = set(pool.map(made_key_id, [str(tmp_path / "kek.json")] * 16))
    assert len(ids) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["kek.json"]


def test_a_key_below_a_key_wraps_and_ends_with_it(kek: FileKeyEncryptionKey) -> None:
    submission_key = new_key()
    below = SubordinateKey(submission_key, key_id="00112233445566aa")
    file_key = new_key()
    wrapped = below.wrap(file_key, context=b"upload")
    assert below.unwrap(wrapped, context=b"upload") == file_key
    with pytest.raises(UnknownKey):
        kek.unwrap(wrapped, context=b"upload")
    stranger = SubordinateKey(new_key(), key_id="00112233445566aa")
    with pytest.raises(SealBroken):
        stranger.unwrap(wrapped, context=b"upload")
    with pytest.raises(UnknownKey):
        SubordinateKey(submission_key, key_id="ff" * 8).unwrap(wrapped, context=b"upload")
    with pytest.raises(ValueError, match="16"):
        SubordinateKey(submission_key, key_id="00")


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
    setting.cache.cipher("person-1", setting.wrapped, context=b"c")
    setting.cache.clear()
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
