"""The lock of the broker's jars: only exactly the locked files may ever run."""

import hashlib
from pathlib import Path

import pytest

from matricula_localstack.jars import (
    JarMismatchError,
    LockedJar,
    fetch,
    folder_for,
    read_lock,
    verify,
)
from matricula_localstack.kafka import lock_path

JARS = tuple(
    LockedJar("org.example", name, "1.0", hashlib.sha256(name.encode()).hexdigest())
    for name in ("alpha", "beta")
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for jar in JARS:
        (tmp_path / jar.filename).write_bytes(jar.artifact.encode())
    return tmp_path


def test_the_locked_files_pass(folder: Path) -> None:
    verify(folder, JARS)


def test_one_altered_byte_is_refused_and_the_jar_named(folder: Path) -> None:
    (folder / "beta-1.0.jar").write_bytes(b"betA")
    with pytest.raises(JarMismatchError, match=r"beta-1\.0\.jar"):
        verify(folder, JARS)


def test_a_missing_jar_is_refused(folder: Path) -> None:
    (folder / "alpha-1.0.jar").unlink()
    with pytest.raises(JarMismatchError, match=r"alpha-1\.0\.jar.*no file"):
        verify(folder, JARS)


def test_a_jar_that_the_lock_does_not_name_is_refused(folder: Path) -> None:
    (folder / "gamma-1.0.jar").write_bytes(b"gamma")
    with pytest.raises(JarMismatchError, match=r"gamma-1\.0\.jar"):
        verify(folder, JARS)


def test_fetching_trusts_no_file_that_is_there_already(folder: Path) -> None:
    (folder / "alpha-1.0.jar").write_bytes(b"other")
    said: list[str] = []
    with pytest.raises(JarMismatchError):
        fetch(folder, JARS, report=said.append)
    assert said == []


def test_a_download_that_differs_from_the_lock_is_refused_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(_resolver: object, _artifact: object) -> Path:
        found = tmp_path / "evil.jar"
        found.write_bytes(b"evil")
        return found

    monkeypatch.setattr("jgo.maven.PythonResolver.download", download)
    folder = tmp_path / "jars"
    with pytest.raises(JarMismatchError, match=r"alpha-1\.0\.jar"):
        fetch(folder, JARS[:1], report=lambda _text: None)
    assert list(folder.glob("*.jar")) == []


def test_another_lock_uses_another_folder(tmp_path: Path) -> None:
    assert folder_for(tmp_path, JARS) != folder_for(tmp_path, JARS[:1])
    assert folder_for(tmp_path, JARS) == folder_for(tmp_path, JARS[::-1])


def test_the_committed_lock_names_the_broker_once_and_no_host() -> None:
    jars = read_lock(lock_path())
    assert [jar.version for jar in jars if jar.artifact == "kafka_2.13"] == ["4.1.0"]
    assert {jar.version for jar in jars if jar.group == "org.apache.kafka"} == {"4.1.0"}
    assert all(len(jar.sha256) == 64 for jar in jars)
    assert len({jar.filename for jar in jars}) == len(jars)
    assert "://" not in lock_path().read_text()
