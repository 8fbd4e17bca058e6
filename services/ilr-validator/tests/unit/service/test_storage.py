"""Files of validations: encrypted, whole or absent; scratch folders of killed processes go."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from ilr_validator.adapters.storage.keys import DataKeys
from ilr_validator.adapters.storage.scratch import PREFIX, Scratch
from ilr_validator.adapters.storage.vault import Folder, Vault
from matricula_chassis.crypto import EncryptedFileBroken, FileKeyEncryptionKey, SealBroken

SECRET = b"Quetzal " * 20_000


@pytest.fixture
def keys(tmp_path: Path) -> DataKeys:
    return DataKeys(FileKeyEncryptionKey(tmp_path / "kek.json", create=True))


def folder(tmp_path: Path, keys: DataKeys, one: UUID) -> Folder:
    return Vault(tmp_path / "files", keys, limit_bytes=1).folder(one, keys.create(one))


def test_a_file_is_read_by_ranges_and_lies_encrypted(tmp_path: Path, keys: DataKeys) -> None:
    mine = folder(tmp_path, keys, uuid4())
    mine.put("upload", SECRET)
    source = mine.source("upload")
    assert source.size == len(SECRET)
    assert source.read(70_000, 150_000) == SECRET[70_000:150_000]
    with source.stream() as stream:
        assert stream.read() == SECRET
    source.close()
    assert b"Quetzal" not in (mine.path / "upload").read_bytes()
    assert (mine.path / "upload").stat().st_mode & 0o777 == 0o600


def _broken_off(mine: Folder) -> None:
    with mine.create("plain.xml") as out:
        out.write(SECRET)
        raise RuntimeError


def test_a_file_that_is_not_whole_is_not_there(tmp_path: Path, keys: DataKeys) -> None:
    mine = folder(tmp_path, keys, uuid4())
    mine.put("plain.xml", b"old")
    with pytest.raises(RuntimeError):
        _broken_off(mine)
    with mine.reader("plain.xml") as reader:
        assert reader.read() == b"old"
    assert [path.name for path in mine.path.iterdir()] == ["plain.xml"]


def test_a_file_opens_only_under_its_name_and_key(tmp_path: Path, keys: DataKeys) -> None:
    mine, other = (folder(tmp_path, keys, uuid4()) for _ in range(2))
    mine.put("upload", SECRET)
    (mine.path / "upload").rename(mine.path / "index")
    with pytest.raises((SealBroken, EncryptedFileBroken)):
        mine.reader("index")
    other.put("upload", SECRET)
    (other.path / "upload").write_bytes((mine.path / "index").read_bytes())
    with pytest.raises((SealBroken, EncryptedFileBroken)):
        other.reader("upload")


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_stays(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path, otherwise=tmp_path)
    left = tmp_path / f"{PREFIX}left"
    left.mkdir()
    (left / ".lock").touch()
    with scratch.folder() as used:
        assert used.stat().st_mode & 0o777 == 0o700
        assert scratch.sweep() == 1
        assert used.exists()
        assert not left.exists()
    assert not used.exists()
