"""The stages of a file in official order, whatever the parts and processes that check it."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ilr_validator.adapters.files import ilr_file
from ilr_validator.adapters.files.refusals import UnreadableFileError
from ilr_validator.adapters.files.work_folder import work_folder
from ilr_validator.adapters.reference.snapshot import Snapshot
from ilr_validator.application.check import Check
from ilr_validator.application.evaluate import evaluate
from ilr_validator.engine.batch import Batch
from ilr_validator.engine.record import Aims
from ilr_validator.engine.reference import Organisations
from ilr_validator.engine.rule import Rule, rule
from ilr_validator.engine.values import Mask
from ilr_validator.packs.pack import FILE_RULES, load

from . import made

PACK = load("2025-26")
QUIET = {
    "Filename_2": "what the provider sent before is not known",
    "Filename_8": "what the provider sent before is not known",
    "Inconsistent UKPRN": "who sends the file is not known",
}


def not_run(run: made.Run) -> dict[str, str]:
    lines = run.result.reports.not_run.read_text("utf-8").splitlines()[1:]
    return {line.split(",")[0]: line.rsplit(",", 1)[1] for line in lines}


def with_rules(monkeypatch: pytest.MonkeyPatch, *only: Rule) -> None:
    """Let the pack have these rules alone for a learner."""
    monkeypatch.setattr(Check, "learner_rules", lambda _: list(only))


@rule(Aims, "AimSeqNumber", name="AFinDate_03")
def an_error(b: Batch) -> Mask:
    """The aim is of funding model 1."""
    return b.aims.FundModel == 1  # type: ignore[no-any-return]


@rule(Aims, "AimSeqNumber", name="LearnAimRef_153")
def by_return(b: Batch) -> Mask:
    """The aim is of funding model 2."""
    return b.aims.FundModel == 2  # type: ignore[no-any-return]


def of_models(*models: str) -> str:
    return made.document(
        made.changed(one, "LearningDelivery", FundModel=model)
        for one, model in zip(made.numbered(len(models)), models, strict=True)
    )


def test_who_has_an_error_is_left_out_and_who_has_a_warning_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules(monkeypatch, an_error, by_return)
    run = made.run(tmp_path, of_models("1", "2", "3"), return_name="R01")
    assert run.rules == {"L00000": {"AFinDate_03"}, "L00001": {"LearnAimRef_153"}}
    assert (run.result.errors, run.result.warnings) == (1, 1)
    assert [name in run.valid for name in ("L00000", "L00001", "L00002")] == [False, True, True]


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"PriorAttain": [{"PriorLevel": "999", "DateLevelApp": "2025-09-01"}]}, {"Schema"}),
        (
            {"PriorAttain": [{"PriorLevel": "999", "DateLevelApp": "2025-09-01"}], "Sex": None},
            {"FD_Sex_MA"},
        ),
    ],
)
def test_who_passes_the_field_definitions_is_held_against_the_tight_schema(
    change: dict[str, Any], broken: set[str], tmp_path: Path
) -> None:
    one, other = made.numbered(2)
    run = made.run(tmp_path, made.document([one | change, other]))
    assert run.rules["L00000"] == broken
    assert "Schema" not in run.rules.get("L00001", set())
    found = next(row for row in run.rows if row["Learner Ref"] == "L00000")
    assert found[r"Error\Warning"] == "E"
    assert "L00000" not in run.valid


@pytest.mark.parametrize(
    ("name", "severity"), [("R01", "W"), ("R03", "W"), ("R04", "E"), ("R14", "E")]
)
def test_severity_is_that_of_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, severity: str
) -> None:
    with_rules(monkeypatch, by_return)
    run = made.run(tmp_path, of_models("2"), return_name=name)
    assert [row[r"Error\Warning"] for row in run.rows] == [severity]
    assert ("L00000" in run.valid) == (severity == "W")


def test_the_return_follows_from_the_preparation_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules(monkeypatch, by_return)
    content = of_models("2")
    assert made.run(tmp_path, content).result.return_name == "R06"
    early = content.replace("<FilePreparationDate>2026-02-03", "<FilePreparationDate>2025-09-03")
    assert made.run(tmp_path, early).result.return_name == "R01"
    assert made.checker(tmp_path, early).check.surroundings.file.return_period == 1


def test_a_learner_with_a_field_error_meets_no_rule_for_learners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules(monkeypatch, an_error)
    learners = [made.changed(one, "LearningDelivery", FundModel="1") for one in made.numbered(2)]
    learners[0]["Sex"] = "MF"
    run = made.run(tmp_path, made.document(learners))
    assert run.rules == {"L00000": {"FD_Sex_AL"}, "L00001": {"AFinDate_03"}}


def test_a_file_without_learners_breaks_entity_1(tmp_path: Path) -> None:
    run = made.run(tmp_path, made.document([]))
    assert run.rules == {"": {"Entity_1"}}
    assert "<Learner>" not in run.valid


def test_a_rule_that_rejects_the_file_leaves_nobody_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules(monkeypatch)
    other = made.NAME.replace("10000001", "10000002")
    run = made.run(tmp_path, of_models("3"), name=other)
    assert run.rules == {"": {"Header_3"}}
    assert "<Learner>" not in run.valid
    late = of_models("3").replace(
        "<FilePreparationDate>2026-02-03", "<FilePreparationDate>2026-05-03"
    )
    assert made.run(tmp_path, late).rules == {"": {"Header_2"}}


def repeating() -> list[made.Tree]:
    learners = made.numbered(40)
    learners[3]["LearnRefNumber"] = "same"
    learners[35]["LearnRefNumber"] = "SAME"
    learners[4]["ULN"] = learners[30]["ULN"]
    learners[7]["ULN"] = learners[8]["ULN"] = "9999999999"
    learners[9]["Sex"] = None
    learners[20]["FamilyName"] = "<FamilyName/>"
    return learners


def test_repeats_are_found_across_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ilr_file, "MOST_LEARNERS", 3)
    with_rules(monkeypatch)
    run = made.run(tmp_path, made.document(repeating()))
    found = {who: rules - {"FD_Sex_MA"} for who, rules in run.rules.items()}
    assert {who: rules for who, rules in found.items() if rules} == {
        "same": {"R_06"}, "L00004": {"R_59"}, "L00030": {"R_59"},
    }  # fmt: skip
    # Both records of a reference are left out, however it is spelt.
    assert "same" not in run.valid.lower()


def everything(run: made.Run) -> list[tuple[str, ...]]:
    return [tuple(row.values()) for row in run.rows]


def test_findings_do_not_depend_on_parts_and_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = made.document(repeating())
    whole = made.run(tmp_path, content)
    assert len(whole.rows) > 200
    for most, workers in ((1, 1), (7, 1), (5, 2), (1000, 2)):
        monkeypatch.setattr(ilr_file, "MOST_LEARNERS", most)
        run = made.run(tmp_path, content, workers=workers, out=tmp_path / f"{most}-{workers}")
        assert everything(run) == everything(whole)
        assert run.valid == whole.valid
        assert run.result.not_run == whole.result.not_run


def test_one_learner_of_a_form_is_judged_as_in_a_file(tmp_path: Path) -> None:
    learners = [one | {"FamilyName": "Testa"} for one in made.numbered(12)]
    for number, one in enumerate(learners):
        aim = one["LearningDelivery"][0]
        aim["FundModel"] = str((10, 11, 25, 35, 36, 37, 38, 81, 82, 99)[number % 10])
        one["LearningDelivery"] = [aim, copy.deepcopy(aim) | {"AimSeqNumber": "2"}]
    checker = made.checker(tmp_path, made.document(learners))
    result = checker.check_range(0, len(learners))
    in_columns: dict[str, list[Any]] = {}
    for found in result.findings:
        key = (found.rule, found.aim_seq_number, found.parameters)
        in_columns.setdefault(found.learn_ref_number or "", []).append(key)
    alone: dict[str, list[Any]] = {}
    never_run: set[str] = set()
    for one in learners:
        line = {
            "record": "learner", "input": one,
            "file": {
                "ukprn": 10000001, "filename_ukprn": 10000001, "return_period": 6,
                "preparation_date": "2026-02-03", "now": made.NOW.replace(tzinfo=None).isoformat(),
            },
        }  # fmt: skip
        answer = evaluate(PACK, line, is_absent_empty=False)
        never_run.update(answer["not_run"])
        alone[one["LearnRefNumber"]] = [
            (each["rule"], each["aimSeq"], tuple(map(tuple, each["params"])))
            for each in answer["fired"]
        ]
    assert {who: sorted(map(str, found)) for who, found in in_columns.items()} == {
        who: sorted(map(str, found)) for who, found in alone.items()
    }
    assert set(result.not_run) <= never_run


# Which rules were not run.


def test_rules_of_the_file_that_nobody_can_judge_here_are_listed(tmp_path: Path) -> None:
    run = made.run(tmp_path, of_models("3"))
    said = not_run(run)
    assert QUIET.items() <= said.items()
    assert said["Filename_3"] == "no table organisations"
    assert not {"Filename_1", "Filename_7", "ZIP_EMPTY", "FD_ULN_MA"} & said.keys()
    assert set(said) == set(run.result.not_run)
    refused = not_run(made.run(tmp_path, "", out=tmp_path / "other"))
    assert QUIET.items() <= refused.items()
    unnamed = not_run(made.run(tmp_path, of_models("3"), checks_name=False))
    assert unnamed["Filename_1"] == "the name of the file was not to be judged"


def test_the_provider_is_looked_up_where_organisations_are_known(tmp_path: Path) -> None:
    for known, rules in ((10000001.0, set()), (10000002.0, {"Filename_3"})):
        table = Organisations({"UKPRN": np.array([known])}, 1)
        run = made.run(
            tmp_path, of_models("3"), reference=Snapshot({Organisations: table}), name=made.NAME
        )
        assert run.rules.get("", set()) & {"Filename_3"} == rules
        assert (run.result.valid_file is None) == bool(rules)
        assert "Filename_3" not in not_run(run)


def test_the_pack_tells_the_truth_about_what_is_implemented() -> None:
    field_rules = {name for name, facts in PACK.facts.items() if facts.stage == "field"}
    container = {name for name, facts in PACK.facts.items() if facts.stage == "container"}
    assert not field_rules & PACK.not_implemented
    assert container & PACK.not_implemented == set(QUIET)
    assert container - set(QUIET) == FILE_RULES


# What a run leaves behind.


def test_a_killed_run_leaves_nothing_for_the_next(tmp_path: Path) -> None:
    out = tmp_path / "out"
    left = out / ".work-killed"
    left.mkdir(parents=True)
    (left / "plain.xml").write_text("somebody's data")
    run = made.run(tmp_path, of_models("3"))
    assert not [path.name for path in run.out.iterdir() if path.name.startswith(".")]


def test_a_run_at_work_is_left_alone(tmp_path: Path) -> None:
    with work_folder(tmp_path) as one, work_folder(tmp_path) as other:
        assert one.is_dir()
        assert one != other
    assert not list(tmp_path.iterdir())


def test_reports_take_their_places_only_when_all_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made.run(tmp_path, of_models("1"))
    before = {path: path.read_bytes() for path in first.out.rglob("*") if path.is_file()}

    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("ilr_validator.adapters.reports.write.write_not_run", fail)
    with pytest.raises(OSError, match="no space"):
        made.run(tmp_path, of_models("3"))
    assert {path: path.read_bytes() for path in first.out.rglob("*") if path.is_file()} == before


def test_a_refused_file_takes_the_earlier_valid_file_away(tmp_path: Path) -> None:
    good = made.run(tmp_path, of_models("3")).result.valid_file
    assert good is not None
    assert good.is_file()
    assert good.stat().st_mode & 0o077 == 0
    made.run(tmp_path, "")
    assert not good.exists()


def test_there_must_be_a_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="no such file"):
        made.run_path(tmp_path / "nothing.xml", tmp_path / "out")
