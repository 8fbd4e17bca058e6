"""The broker's jars: fetched from a Maven repository and compared with the committed lock.

jgo resolves and downloads but does not check the hashes of its own lock, so every jar is hashed
here before any of them runs. Must not start Java.
"""

import fcntl
import hashlib
import os
import shutil
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from matricula_localstack.faults import LocalStackError

_ATTEMPTS: Final = 3
_TIMEOUT_SECONDS: Final = 60
_PARALLEL_DOWNLOADS: Final = 4


class JarMismatchError(LocalStackError):
    """A jar differs from the committed lock; nothing is started with it."""

    def __init__(self, *, jar: str, expected: str, found: str) -> None:
        super().__init__("a jar differs from deploy/local/kafka/jgo.lock.toml; it was not started")
        self.jar = jar
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        return f"{self.args[0]}: {self.jar} (expected {self.expected}, found {self.found})"


class JarDownloadError(LocalStackError):
    """A jar could not be had from the repository."""

    def __init__(self, *, jar: str, attempts: int) -> None:
        super().__init__("a jar could not be downloaded; is the network reachable?")
        self.jar = jar
        self.attempts = attempts

    def __str__(self) -> str:
        return f"{self.args[0]} {self.jar} ({self.attempts} attempts)"


@dataclass(frozen=True, slots=True, order=True)
class LockedJar:
    """One line of the lock: Maven coordinates and the SHA-256 of the file, in hexadecimal."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def filename(self) -> str:
        """The file's name in the folder of jars."""
        return f"{self.artifact}-{self.version}.jar"


def read_lock(path: Path) -> tuple[LockedJar, ...]:
    """Read the lock; every entry must be a jar with a hash (raises KeyError or ValueError)."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["dependencies"]
    jars = tuple(
        LockedJar(entry["groupId"], entry["artifactId"], entry["version"], entry["sha256"])
        for entry in entries
    )
    if not jars or any(entry["packaging"] != "jar" for entry in entries):
        raise ValueError("the lock of the broker's jars is empty or names something else than jars")
    return tuple(sorted(jars))


def verify(folder: Path, jars: Sequence[LockedJar]) -> None:
    """Compare every jar of the folder with the lock; a missing, altered or extra one raises."""
    expected = {jar.filename: jar for jar in jars}
    for found in sorted(folder.glob("*.jar")):
        if found.name not in expected:
            raise JarMismatchError(jar=found.name, expected="no such jar", found="a file")
    for name, jar in expected.items():
        digest = _sha256(folder / name)
        if digest != jar.sha256:
            raise JarMismatchError(jar=name, expected=jar.sha256, found=digest)


def fetch(folder: Path, jars: Sequence[LockedJar], *, report: Callable[[str], None]) -> None:
    """Fill the folder with exactly the locked jars; downloads only what is absent, then verifies.

    Safe to call from several processes at once: they wait for one another.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        absent = [jar for jar in jars if not (folder / jar.filename).exists()]
        if absent:
            report(f"fetching {len(absent)} jars of Apache Kafka")
            with ThreadPoolExecutor(_PARALLEL_DOWNLOADS) as pool:
                list(pool.map(lambda jar: _fetch_one(folder, jar), absent))
        verify(folder, jars)


def folder_for(cache: Path, jars: Sequence[LockedJar]) -> Path:
    """Return the folder of this very set of jars: another lock gets another folder."""
    digest = hashlib.sha256("\n".join(jar.sha256 for jar in sorted(jars)).encode()).hexdigest()
    return cache / f"kafka-{digest[:12]}"


def resolve_lock(spec: Path, lock: Path, *, scratch: Path) -> None:
    """Resolve the coordinates of `spec` anew and write the lock (used by `make lock` only)."""
    from jgo.env import EnvironmentBuilder, EnvironmentSpec, LinkStrategy  # noqa: PLC0415 - slow
    from jgo.maven import MavenContext  # noqa: PLC0415 - slow import, needed here alone

    scratch.mkdir(parents=True, exist_ok=True)
    shutil.copy(spec, scratch / "jgo.toml")
    before = Path.cwd()
    os.chdir(scratch)  # jgo puts what it builds into `.jgo` below the working directory
    try:
        context = MavenContext(repo_cache=scratch / "repository", timeout=_TIMEOUT_SECONDS)
        builder = EnvironmentBuilder(context=context, link_strategy=LinkStrategy.HARD)
        builder.from_spec(EnvironmentSpec.load(scratch / "jgo.toml"), update=True)
    finally:
        os.chdir(before)
    lines = ["# Written by `make lock`: coordinates and hashes of the broker's jars.", ""]
    for jar in read_lock(scratch / ".jgo" / "jgo.lock.toml"):
        lines += [
            "[[dependencies]]",
            f'groupId = "{jar.group}"',
            f'artifactId = "{jar.artifact}"',
            f'version = "{jar.version}"',
            'packaging = "jar"',
            f'sha256 = "{jar.sha256}"',
            "",
        ]
    lock.write_text("\n".join(lines), encoding="utf-8")


def _fetch_one(folder: Path, jar: LockedJar) -> None:
    from jgo.maven import MavenContext  # noqa: PLC0415 - slow import, only when something is absent

    scratch = folder / ".download" / jar.artifact
    for attempt in range(1, _ATTEMPTS + 1):
        shutil.rmtree(scratch, ignore_errors=True)  # a broken download would be taken for cached
        context = MavenContext(repo_cache=scratch, local_repos=[], timeout=_TIMEOUT_SECONDS)
        try:
            component = context.project(jar.group, jar.artifact).at_version(jar.version)
            found = Path(component.artifact(packaging="jar").resolve())
        except (OSError, RuntimeError) as error:
            if attempt == _ATTEMPTS:
                raise JarDownloadError(jar=jar.filename, attempts=attempt) from error
            continue
        digest = _sha256(found)
        if digest != jar.sha256:
            raise JarMismatchError(jar=jar.filename, expected=jar.sha256, found=digest)
        found.replace(folder / jar.filename)
        shutil.rmtree(scratch, ignore_errors=True)
        return


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return "no file"
