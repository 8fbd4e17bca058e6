"""A year that is known by its differences: tables, rules, and what nobody can judge yet."""

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from ilr_validator.adapters.reference.official_rules import OfficialRule, without_definition
from ilr_validator.application.evaluate import evaluate
from ilr_validator.packs.data_files import KEYS, folder_of, rows_in, table_of
from ilr_validator.packs.errors import PackError
from ilr_validator.packs.pack import available, load
from ilr_validator.packs.record_model import EntityModel, load_record_model

OFFICIAL = Path(__file__).parents[6] / "shared" / "data" / "ilr" / "official"
XS = "{http://www.w3.org/2001/XMLSchema}"


def run(rule: str, learner: dict[str, Any]) -> tuple[list[Any], list[str]]:
    """Give the aims reported by a rule of 2026-27, and whether it was run."""
    request = {"id": "1", "record": "learner", "input": learner, "rules": [rule]}
    answer = evaluate(
        load("2026-27"), request | {"file": {}, "reference": {}}, is_absent_empty=True
    )
    return [one["aimSeq"] for one in answer["fired"]], list(answer["not_run"])


def test_years_without_rules_are_no_packs() -> None:
    assert available() == ("2020-21", "2025-26", "2026-27")
    with pytest.raises(PackError):
        load("2024-25")


def test_a_year_keeps_its_base_but_for_what_its_tables_say() -> None:
    base, year = load("2025-26"), load("2026-27")
    assert year.is_provisional
    assert year.rules["LearnStartDate_02"] is base.rules["LearnStartDate_02"]
    assert "FUNDCOMP_01" in base.rules
    assert "FUNDCOMP_01" not in year.facts
    assert year.not_implemented - base.not_implemented == {"TYPEYR_02"}
    assert "FUNDCOMP" in year.not_judged["TYPEYR_02"]
    assert year.constants["APPRENTICESHIP_PROG_TYPES"] == [25]
    assert "127" in year.constants["COMBINED_AUTHORITIES"]


def test_code_lists_have_the_changes() -> None:
    lists = load("2026-27").code_lists
    assert "10" not in lists["FundModel"].codes
    assert {"39", "35"} <= set(lists["FundModel"].codes)
    assert "34" in lists["ProgType"].codes
    assert "FundComp" not in lists
    assert not lists["ESMType"].is_complete


@pytest.mark.parametrize(
    ("rule", "concerned", "other"),
    [
        ("FundModel_16", {"FundModel": 39}, {"FundModel": 37}),
        ("AFinType_12", {"FundModel": 36, "ProgType": 34, "AimType": 1}, {"FundModel": 38}),
        ("NINumber_02", {"FundModel": 37}, {"FundModel": 38}),
        ("PHours_01", {"LearnStartDate": "2026-08-01"}, {"LearnStartDate": "2026-07-31"}),
        ("EPAOrgID_01", {"EPAOrgID": "10000001"}, {"EPAOrgID": "EPA0001"}),
    ],
)
def test_a_rule_is_not_run_for_whom_a_change_concerns(
    rule: str, concerned: dict[str, Any], other: dict[str, Any]
) -> None:
    aim = {"AimSeqNumber": 1}
    assert run(rule, {"LearningDelivery": [aim | concerned]}) == ([], [rule])
    assert run(rule, {"LearningDelivery": [aim | other]})[1] == []


def test_local_authority_learning_is_not_judged_by_rules_that_named_it() -> None:
    source = [{"LearnDelFAMType": "SOF", "LearnDelFAMCode": "108"}]
    aim = {"AimSeqNumber": 1, "FundModel": 99, "LearningDeliveryFAM": source}
    assert run("FamilyName_01", {"LearningDelivery": [aim]}) == ([], ["FamilyName_01"])


@pytest.mark.parametrize("name", ["record_changes", "codes_changes", "rules_changes", "not_judged"])
def test_every_difference_of_2026_27_says_why(name: str) -> None:
    rows = list(rows_in(folder_of("2026-27") / "data" / f"{name}.tsv"))
    assert rows
    assert all(row["why"] for row in rows)


@pytest.mark.parametrize(
    ("line", "reason"),
    [("removed\tLearner.None", "does not fit"), ("new\tMessage", "does not fit")],
)
def test_a_difference_that_does_not_fit_is_refused(
    line: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "pack.toml").write_text('base = "2025-26"')
    (tmp_path / "data" / "record_changes.tsv").write_text(f"change\tpath\n{line}\n")
    from ilr_validator.packs import data_files  # noqa: PLC0415 - to change it

    whole = data_files.folder_of
    monkeypatch.setattr(
        data_files, "folder_of", lambda pack: tmp_path if pack == "2099-00" else whole(pack)
    )
    with pytest.raises(PackError, match=reason):
        table_of("2099-00", "record")


def test_keys_are_unique_in_every_table() -> None:
    for pack in ("2025-26", "2026-27"):
        for name in ("record", "rules", "codes"):
            keys = [tuple(row[key] for key in KEYS[name]) for row in table_of(pack, name)]
            assert len(keys) == len(set(keys)), (pack, name)


def _order(element: Any) -> list[str]:
    return [
        child.get("name")
        for sequence in element.findall(f"{XS}complexType/{XS}sequence")
        for child in sequence.findall(f"{XS}element")
    ]


def _compare(model: EntityModel, element: Any) -> None:
    assert model.order == _order(element), model.name
    elements = {
        child.get("name"): child
        for child in element.findall(f"{XS}complexType/{XS}sequence/{XS}element")
    }
    for field in model.fields:
        is_required = elements[field.name].get("minOccurs", "1") != "0"
        assert field.is_required == is_required, field.name
    for child in model.children:
        most = elements[child.name].get("maxOccurs", "1")
        assert child.minimum == int(elements[child.name].get("minOccurs", "1")), child.name
        assert child.maximum == (None if most == "unbounded" else int(most)), child.name
        _compare(child, elements[child.name])


@pytest.mark.parametrize("year", ["2024-25", "2025-26"])
def test_the_record_is_that_of_the_official_schema(year: str) -> None:
    path = OFFICIAL / f"schema-{year}.xsd"
    if not path.is_file():
        pytest.skip(f"{path.name} not present beside the checkout")
    root = etree.parse(path).getroot()
    _compare(load_record_model(year).message, root.find(f"{XS}element[@name='Message']"))


def test_the_record_of_2026_27_has_the_changes() -> None:
    aim = load_record_model("2026-27").learner.child("LearningDelivery")
    assessor = next(field for field in aim.fields if field.name == "EPAOrgID")
    assert assessor.length == 8
    assert assessor.pattern is not None
    texts = ("EPA0001", "10000001", "EPA1", "12")
    accepted = [text for text in texts if assessor.pattern.fullmatch(text)]
    assert accepted == ["EPA0001", "10000001"]
    assert "FUNDCOMP" not in aim.child("LearningDeliveryHE").order


def test_imported_rules_that_nobody_implemented_are_not_run() -> None:
    names = ("R06", "AFinType_15", "DD07", "FUNDCOMP_01", "LearnStartDate_02 LearnStartDate_99")
    imported = {name: OfficialRule(name, "Active", "E", "") for name in names}
    imported["Gone_01"] = OfficialRule("Gone_01", "Deleted", "E", "")
    found = without_definition(imported, load("2026-27").facts)
    assert sorted(found) == ["AFinType_15", "FUNDCOMP_01"]
