"""Stacks for tests: short paths that another account may pass through, stopped at the end."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from matricula_localstack import postgres
from matricula_localstack.paths import Home
from matricula_localstack.stack import Stack


@pytest.fixture
def stack() -> Iterator[Stack]:
    folder = Path(tempfile.mkdtemp(prefix="matricula-stack-"))
    folder.chmod(0o711)
    made = Stack(Home(folder))
    yield made
    made.stop()
    postgres.remove(made.home)
    shutil.rmtree(folder)
