"""The command: what it prints, how it exits, and that the repository passes."""

import subprocess
from pathlib import Path

import pytest
from tools.lint.__main__ import main
from tools.lint.run import PLACES, all_rules, sources
from tools.lint.source import ROOT, Source

BAD = 'raise ValueError(f"not a date: {text}")\n'


def test_a_finding_is_printed_with_its_place_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = "services/event-log/src/event_log/domain/dates.py"
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(BAD)
    assert main([str(path)], root=tmp_path) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{place}:1 constant-error-message keep the message constant; give values as fields",
        f"{place}:1 module-docstring begin with a docstring: the role, and what it must not do",
    ]
    path.write_text('"""Dates of the log."""\n\nDAY = 1\n')
    assert main([str(path)], root=tmp_path) == 0


def test_a_path_outside_of_the_repository_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 2
    assert main([str(ROOT / "no-such-folder")]) == 2
    assert "not in this repository" in capsys.readouterr().err


def test_the_rules_explain_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rules"]) == 0
    shown = capsys.readouterr().out
    assert [line for line in shown.splitlines() if line and line[0] != " "] == [
        rule.name for rule in all_rules()
    ]


def test_every_file_is_looked_at_but_what_is_not_ours() -> None:
    found = {str(one.path) for one in sources([ROOT / place for place in PLACES])}
    tracked = subprocess.run(
        ["git", "ls-files", "*.py", "*.sql"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert {path for path in tracked if (ROOT / path).exists()} <= found
    assert not [path for path in found if ".venv" in path or "__pycache__" in path]


def test_a_generated_file_is_known_by_name_and_by_what_it_says() -> None:
    said = '"""Generated from fields.yaml."""\n'
    assert Source("libs/x/src/x/_fields.py", said).is_generated
    assert not Source("libs/x/src/x/fields.py", said).is_generated
    assert not Source("libs/x/src/x/_fields.py", '"""By hand."""\n').is_generated
