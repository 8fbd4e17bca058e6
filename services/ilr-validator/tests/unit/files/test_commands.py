"""The commands without a platform: exit codes, what is printed, and what is never printed."""

import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import orjson
import psutil
import pytest
from typer.testing import CliRunner, Result

from ilr_validator.adapters.commands import app as commands
from ilr_validator.adapters.commands.app import app
from ilr_validator.application.check import Check

from . import made

GOOD = made.document(made.numbered(2))


def validate(folder: Path, content: str, *options: str, name: str = made.NAME) -> Result:
    path = folder / name
    path.write_text(content, "utf-8")
    arguments = ["validate", str(path), "--out", str(folder / "out"), "--workers", "1", *options]
    return CliRunner().invoke(app, arguments)


def test_a_file_without_errors_ends_with_0(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Check, "learner_rules", lambda _: [])
    result = validate(tmp_path, GOOD)
    assert result.exit_code == 0, result.output
    assert "2 learners checked by 2025-26 at R06" in result.output
    for path in (tmp_path / "out").iterdir():
        assert path.is_dir() or str(path) in result.output


def test_a_file_with_errors_ends_with_1(tmp_path: Path) -> None:
    assert validate(tmp_path, GOOD).exit_code == 1


@pytest.mark.parametrize(
    ("content", "name"),
    [("", made.NAME), ("<Message", made.NAME), (GOOD, "x.xml"), ("x", made.NAME[:-3] + "zip")],
)
def test_a_refused_file_ends_with_1(tmp_path: Path, content: str, name: str) -> None:
    result = validate(tmp_path, content, name=name)
    assert result.exit_code == 1
    assert "The file is refused." in result.output


def test_the_file_name_may_be_left_alone(tmp_path: Path) -> None:
    result = validate(tmp_path, GOOD, "--skip-file-name", name="x.xml")
    assert "The file is refused." not in result.output


def test_how_large_a_file_may_be_is_asked(tmp_path: Path) -> None:
    spaces = GOOD.replace("</Message>", " " * 1024 * 1024 + "</Message>")
    assert validate(tmp_path, spaces, "--largest", "1").exit_code == 2
    assert validate(tmp_path, spaces, "--largest", "2").exit_code == 1


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        (GOOD, ["--pack", "1999-00"], "there is no pack of this year (year: 1999-00"),
        (GOOD, ["--pack", "2020-21"], "files of this year cannot be checked"),
        (GOOD, ["--return", "R15"], "--return must be R01 to R14"),
        (GOOD, ["--reference", "/nowhere"], "there is no such folder"),
        (GOOD.replace("2025-26", "2019-20"), [], "there is no pack of this year (year: 2019-20"),
    ],
)
def test_what_cannot_be_checked_ends_with_2(
    tmp_path: Path, content: str, options: list[str], says: str
) -> None:
    result = validate(tmp_path, content, *options)
    assert result.exit_code == 2
    assert says in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "error", [OSError("disk full"), MemoryError(), KeyboardInterrupt(), BrokenProcessPool()]
)
def test_what_stops_a_run_ends_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def stop(*_: object) -> None:
        raise error

    monkeypatch.setattr(commands, "validate_file", stop)
    result = validate(tmp_path, GOOD)
    assert result.exit_code == 2
    assert result.output.strip()


def test_no_file_ends_with_2(tmp_path: Path) -> None:
    arguments = ["validate", str(tmp_path / "no.xml"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "no such file" in result.output


def test_a_run_that_is_killed_leaves_no_reports_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    path = tmp_path / made.NAME
    path.write_text(made.document(made.numbered(8000)), "utf-8")
    out = tmp_path / "out"
    command = [
        sys.executable, "-m", "ilr_validator", "validate", str(path), "--out", str(out),
        "--workers", "2",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    waited = time.monotonic() + 30
    started: list[psutil.Process] = []
    while len(started) < 2 and time.monotonic() < waited:
        started = psutil.Process(process.pid).children(recursive=True)
        time.sleep(0.01)
    assert len(started) == 2
    # The command alone: those whom it started must see for themselves that it is gone.
    process.kill()
    process.wait()
    assert psutil.wait_procs(started, timeout=30)[1] == []
    assert [path.name[:6] for path in out.iterdir()] == [".work-"]
    path.write_text(GOOD, "utf-8")
    made.run_path(path, out)
    assert not list(out.glob(".*"))
    assert (out / "summary.json").is_file()


def evaluate(*lines: object, pack: str = "2025-26") -> Result:
    text = b"\n".join(line if isinstance(line, bytes) else orjson.dumps(line) for line in lines)
    return CliRunner().invoke(app, ["evaluate", "--pack", pack], input=text)


def test_lines_are_evaluated_in_order() -> None:
    line = {"record": "learner", "input": {"LearnRefNumber": "a"}, "rules": ["ULN_02"]}
    result = evaluate({"id": "1"} | line, b"", {"id": "2"} | line)
    assert result.exit_code == 0
    assert [orjson.loads(one)["id"] for one in result.output.splitlines()] == ["1", "2"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", "line 2"),
        ([1], "line 2: not an object"),
        ({}, "line 2: record: must be learner"),
        ({"record": "learner"}, "line 2: input: must be an object"),
        ({"record": "learner", "input": {"ULN": made.SECRET}}, "ULN: the value is not"),
        ({"record": "learner", "input": {"DateOfBirth": made.SECRET}}, "DateOfBirth: the value"),
        ({"record": "learner", "input": {"DateOfBirth": 5}}, "DateOfBirth: the value"),
        ({"record": "learner", "input": {}, "file": []}, ""),
        ({"record": "learner", "input": {}, "file": 5}, "file: must be an object"),
        ({"record": "learner", "input": {}, "file": {"now": "x"}}, "file now: must be a date"),
        ({"record": "learner", "input": {}, "file": {"ukprn": "x"}}, "file ukprn: must be a number"),
        ({"record": "learner", "input": {}, "file": {"destinations": 5}}, "a list of objects"),
        ({"record": "learner", "input": {}, "reference": {"x": []}}, "reference x: must be a table"),
        ({"record": "learner", "input": {}, "reference": {"organisations": 5}}, "list of objects"),
        (
            {"record": "learner", "input": {}, "reference": {"code_lists": {"Sex": [{"from": "2020-01-01"}]}}},
            "code list Sex",
        ),
        (
            {"record": "learner", "input": {}, "reference": {"code_lists": {"Sex": [{"code": 1, "from": 5}]}}},
            "code list Sex: must be a date",
        ),
        ({"record": "learner", "input": {}, "reference": {"code_lists": []}}, ""),
        ({"record": "message", "input": {"Learners": "x"}}, "Learners: must be a list"),
        ({"record": "message", "input": {"Header": "x"}}, "Header: must be an object"),
        ({"record": "learner", "input": {}, "rules": "x"}, "rules: must be a list"),
    ],
)  # fmt: skip
def test_a_malformed_line_ends_with_2_and_its_number(line: object, says: str) -> None:
    good = {"record": "learner", "input": {"LearnRefNumber": "a"}, "rules": ["ULN_02"]}
    result = evaluate(good, line)
    assert made.SECRET not in result.output
    assert "Traceback" not in result.output
    assert says in result.output
    assert result.exit_code == (2 if says else 0)


def test_the_rules_of_a_pack_are_listed() -> None:
    result = CliRunner().invoke(app, ["rules", "--pack", "2025-26", "--json"])
    rows = {row["rule"]: row for row in map(orjson.loads, result.output.splitlines())}
    assert rows["FD_ULN_MA"]["implemented"]
    assert rows["ZIP_EMPTY"]["implemented"]
    assert not rows["Filename_2"]["implemented"]
    assert CliRunner().invoke(app, ["rules", "--pack", "x"]).exit_code == 2
    assert "ULN_02" in CliRunner().invoke(app, ["rules", "--pack", "2020-21"]).output
