"""The Makefile explains itself, and no page names a target that does not exist."""

import re
import subprocess
from pathlib import Path

import pytest

from matricula_localstack.paths import repository_root

ROOT = repository_root()
TARGET = re.compile(r"^([a-zA-Z][\w.-]*):(?!=)(.*)$", re.MULTILINE)
MENTION = re.compile(r"(?:`|^\s*\$?\s*)make ((?:[a-z][a-z-]*)(?: [a-z][a-z-]+)*)", re.MULTILINE)


def targets() -> dict[str, str]:
    return dict(TARGET.findall((ROOT / "Makefile").read_text()))


def pages() -> list[Path]:
    return [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / ".ci" / "run"]


def test_every_target_says_what_it_does() -> None:
    silent = [name for name, rest in targets().items() if not re.search(r"## \S", rest)]
    assert silent == []


def test_help_is_the_default_and_lists_every_target() -> None:
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = set(re.findall(r"^  ([a-z-]+) {2,}\S", shown, re.MULTILINE))
    assert listed == set(targets())
    assert len(re.findall(r"^\S+.*$", shown, re.MULTILINE)) >= 6  # its groups


def test_every_target_is_phony() -> None:
    phony = set(re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert phony == set(targets())


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_target_that_a_page_names_exists(page: Path) -> None:
    named = {word for mention in MENTION.findall(page.read_text()) for word in mention.split()[:1]}
    assert named <= set(targets())


@pytest.mark.parametrize("target", ["demo", "test", "check", "up", "chaos", "bench", "sample"])
def test_a_target_does_its_own_set_up_first(target: str) -> None:
    assert "$(STAMP)" in targets()[target]


@pytest.mark.parametrize("target", ["migration", "migrate", "dlq", "replay"])
def test_a_target_that_needs_a_service_says_so(target: str) -> None:
    done = subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "SVC= names the service" in done.stderr


def test_ci_runs_the_checks_and_the_tests() -> None:
    text = (ROOT / ".ci" / "run").read_text()
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text
    assert text.index("make check") < text.index("make test")
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
