"""Wrapped data keys: bound to their context, rotated without loss, kept in private files."""

import json
import os
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from matricula_chassis.crypto import (
    FileKeyEncryptionKey,
    SealBroken,
    SubordinateKey,
    UnknownKey,
    UnsafeKeyFile,
    new_key,
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
