"""A missing prerequisite is named, not met with a traceback."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from matricula_localstack.paths import repository_root

TOOLS = ("sh", "dirname", "env", "rm", "uname", "cat")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A copy of the script in a checkout of its own, with a PATH that holds next to nothing."""
    (tmp_path / "tools").mkdir()
    shutil.copy(repository_root() / "tools" / "setup", tmp_path / "tools" / "setup")
    (tmp_path / "bin").mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None
        (tmp_path / "bin" / name).symlink_to(found)
    return tmp_path


def run_setup(checkout: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(checkout / "tools" / "setup"), "0.0.0"],
        env={"PATH": str(checkout / "bin"), "HOME": str(checkout), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def program(checkout: Path, name: str, script: str) -> None:
    path = checkout / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_missing_python_is_named(bare: Path) -> None:
    done = run_setup(bare)
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed and was not found" in done.stderr


def test_a_python_that_is_too_old_is_not_taken(bare: Path) -> None:
    program(bare, "python3", "exit 1")  # the question whether it is new enough is answered with no
    done = run_setup(bare)
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed" in done.stderr


def test_a_python_without_venv_is_named_with_the_remedy(bare: Path) -> None:
    program(bare, "python3", 'case "$2" in *ensurepip*) exit 1;; *) exit 0;; esac')
    done = run_setup(bare)
    assert done.returncode == 1
    assert "has no venv module" in done.stderr
    assert "apt install python3-venv" in done.stderr


def test_an_unreachable_registry_is_named(bare: Path) -> None:
    script = 'case "$2" in pip) exit 1;; venv) mkdir -p "$3/bin"; cp "$0" "$3/bin/python";; esac'
    for name in ("mkdir", "cp"):
        (bare / "bin" / name).symlink_to(str(shutil.which(name)))
    program(bare, "python3", script)
    done = run_setup(bare)
    assert done.returncode == 1
    assert "could not install uv 0.0.0 with pip; is the network reachable?" in done.stderr


def test_ci_names_a_missing_make(bare: Path) -> None:
    (bare / ".ci").mkdir()
    shutil.copy(repository_root() / ".ci" / "run", bare / ".ci" / "run")
    done = subprocess.run(
        [str(shutil.which("bash")), str(bare / ".ci" / "run")],
        env={**os.environ, "PATH": str(bare / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "make is needed and was not found" in done.stderr
