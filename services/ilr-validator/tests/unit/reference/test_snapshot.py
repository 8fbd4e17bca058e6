"""Snapshots: what is read, what is refused and where, and the compact form of big tables."""

import json
from pathlib import Path

import numpy as np
import pytest

from ilr_validator.adapters.reference import compact_form, snapshot
from ilr_validator.adapters.reference.snapshot import SnapshotError, load_snapshot
from ilr_validator.engine.code_lists import CodeList
from ilr_validator.engine.dates import day
from ilr_validator.engine.reference import LarsValidities, OnsPostcodes, Postcodes
from ilr_validator.engine.text import Text

VALIDITIES = """\
LearnAimRef,ValidityCategory,StartDate,EndDate
60312345,ANY,2020-08-01,
60312346,"ADULT, SKILLS",2020-08-01,2025-07-31
"""


def folder_with(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


def test_a_table_has_its_rows_with_null_where_a_cell_is_empty(tmp_path: Path) -> None:
    found = load_snapshot(folder_with(tmp_path, lars_validities__csv=VALIDITIES))
    table = found.tables[LarsValidities]
    assert isinstance(table, LarsValidities)
    assert [table.LearnAimRef.at(row) for row in range(table.size)] == ["60312345", "60312346"]
    assert table.ValidityCategory.at(1) == "ADULT, SKILLS"
    assert table.StartDate.tolist() == [day(2020, 8, 1)] * 2
    assert np.isnan(table.EndDate[0])
    assert table.EndDate[1] == day(2025, 7, 31)
    assert np.isnan(table.LastNewStartDate).all(), "a column that is not there is all null"


def test_a_file_without_rows_is_a_table_that_holds_nothing(tmp_path: Path) -> None:
    found = load_snapshot(folder_with(tmp_path, postcodes__csv="Postcode\n"))
    assert found.tables[Postcodes].size == 0
    assert LarsValidities not in found.tables


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("LearnAimRef,Colour\n", "line 1, column Colour: this table has no such column"),
        ("ValidityCategory\nANY\n", "line 1, column LearnAimRef: the column is missing"),
        ("LearnAimRef,LearnAimRef\n", "line 1, column LearnAimRef: stands twice"),
        ("LearnAimRef,StartDate\n1,2020-08-01\n2\n", "line 3: not as many cells"),
        (
            "LearnAimRef,StartDate\n1,2025-02-30\n",
            "line 2, column StartDate: not a date of the form 2025-08-01: 2025-02-30",
        ),
        ('LearnAimRef,StartDate\n1,"2020\n', "line 2: "),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SnapshotError) as caught:
        load_snapshot(folder_with(tmp_path, lars_validities__csv=text))
    assert str(caught.value).startswith(f"lars_validities.csv, {said}")


@pytest.mark.parametrize("value", ["many", "nan", "inf"])
def test_a_number_must_be_one(tmp_path: Path, value: str) -> None:
    with pytest.raises(SnapshotError, match=r"line 2, column UKPRN: not a number"):
        load_snapshot(folder_with(tmp_path, ofs_providers__csv=f"UKPRN\n{value}\n"))


def test_other_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"colours.csv: there is no such table"):
        load_snapshot(folder_with(tmp_path, colours__csv="Colour\n"))
    with pytest.raises(SnapshotError, match="no such folder"):
        load_snapshot(tmp_path / "elsewhere")
    (tmp_path / "colours.csv").unlink()
    (tmp_path / "postcodes.csv").write_bytes(b"Postcode\n\xff\xfe\n")
    with pytest.raises(SnapshotError, match=r"postcodes.csv, line \d: not in UTF-8"):
        load_snapshot(tmp_path)


def test_the_hash_changes_with_any_file_and_with_the_versions(tmp_path: Path) -> None:
    folder_with(tmp_path, postcodes__csv="Postcode\nZZ1 1AA\n")
    first = load_snapshot(tmp_path)
    assert load_snapshot(tmp_path).digest == first.digest
    folder_with(tmp_path, postcodes__csv="Postcode\nZZ1 1AB\n")
    second = load_snapshot(tmp_path)
    folder_with(tmp_path, versions__json=json.dumps({"postcodes": "2026-08"}))
    third = load_snapshot(tmp_path)
    assert len({first.digest, second.digest, third.digest}) == 3
    assert third.versions == {"postcodes": "2026-08"}
    folder_with(tmp_path, versions__json="[1]")
    with pytest.raises(SnapshotError, match=r"versions\.json"):
        load_snapshot(tmp_path)


LISTS = "list,code,from,to,complete\n"


def test_lists_of_the_user_replace_lists_of_the_pack_or_complete_them(tmp_path: Path) -> None:
    text = LISTS + "Sex,F,,,Y\nSex,M,,2030-07-31,Y\nEthnicity,,,,Y\n"
    own = load_snapshot(folder_with(tmp_path, code_lists__csv=text)).code_lists
    pack = {
        "Sex": CodeList.of(["X"], is_complete=False),
        "Ethnicity": CodeList.of(["31"], is_complete=False),
        "Accom": CodeList.of(["5"], is_complete=False),
    }
    found = own.over(pack)
    assert set(found["Sex"].codes) == {"F", "M"}
    assert found["Sex"].codes["M"][1] == day(2030, 7, 31)
    assert found["Sex"].is_complete
    assert set(found["Ethnicity"].codes) == {"31"}
    assert found["Ethnicity"].is_complete
    assert found["Accom"] == pack["Accom"]


@pytest.mark.parametrize(
    "text",
    [
        "list,code\nSex,F\n",
        LISTS + "Sex,F,,,perhaps\n",
        LISTS + ",F,,,Y\n",
        LISTS + "Sex,F,,,Y\nSex,M,,,N\n",
        LISTS + "Sex,F,1 August,,Y\n",
    ],
)
def test_malformed_lists_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SnapshotError, match=r"code_lists.csv, line \d"):
        load_snapshot(folder_with(tmp_path, code_lists__csv=text))


def _postcodes(count: int) -> str:
    rows = (
        f"{'ZZ1' if number % 3 else 'AB1'} {number},E0{number % 7},,2020-01-0{number % 9 + 1}\n"
        for number in range(count)
    )
    return "Postcode,LocalAuthority,Lep1,EffectiveFrom\n" + "".join(rows)


@pytest.fixture
def big(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(snapshot, "BIG", 1)
    monkeypatch.setattr(compact_form, "MANY", 50)
    return folder_with(tmp_path, ons_postcodes__csv=_postcodes(500))


def _answers(folder: Path, keys: list[str | None]) -> list[tuple[int, str | None, str | None]]:
    table = load_snapshot(folder).tables[OnsPostcodes]
    assert isinstance(table, OnsPostcodes)
    found, rows = table.matching(Text.of(keys))
    names, areas = table.Postcode.take(rows), table.LocalAuthority.take(rows)
    return [(int(one), names.at(at), areas.at(at)) for at, one in enumerate(found)]


def test_the_compact_form_answers_as_the_table_that_was_read(
    big: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = ["zz1 1", "AB1 300", "AB1 301", None, "", "ZZ1 499", "Ø", "X" * 40, "ZZ1 1"]
    made, kept = _answers(big, keys), _answers(big, keys)
    assert len(list((big / compact_form.FOLDER).iterdir())) == 1
    monkeypatch.setattr(snapshot, "BIG", 10**9)
    assert made == kept == _answers(big, keys)
    assert [one[0] for one in made] == [0, 1, 5, 8]


def test_the_compact_form_gives_every_text_and_every_date_back(big: Path) -> None:
    first = load_snapshot(big).tables[OnsPostcodes]
    again = load_snapshot(big).tables[OnsPostcodes]
    assert isinstance(first, OnsPostcodes)
    assert isinstance(again, OnsPostcodes)
    assert [again.Postcode.at(row) for row in (0, 1, 499)] == ["AB1 0", "ZZ1 1", "ZZ1 499"]
    assert sorted(filter(None, again.Postcode.values)) == sorted(
        filter(None, first.Postcode.values)
    )
    assert again.Postcode.values[1:3] == ["AB1 0", "AB1 102"]
    assert again.Lep1.is_null.all()
    assert np.array_equal(again.EffectiveFrom, first.EffectiveFrom)


def test_a_changed_table_is_read_anew_and_a_broken_compact_form_is_made_anew(big: Path) -> None:
    load_snapshot(big)
    folder_with(big, ons_postcodes__csv=_postcodes(400))
    assert load_snapshot(big).tables[OnsPostcodes].size == 400
    for manifest in (big / compact_form.FOLDER).glob("*/manifest.json"):
        manifest.write_text("{", encoding="utf-8")
    assert load_snapshot(big).tables[OnsPostcodes].size == 400


def test_a_folder_that_cannot_be_written_to_is_read_all_the_same(
    big: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(compact_form, "save", refuse)
    assert load_snapshot(big).tables[OnsPostcodes].size == 500
