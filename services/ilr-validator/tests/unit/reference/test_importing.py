"""Importers: publishers' files become tables, whole or not at all."""

import csv
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest

from ilr_validator.adapters.reference.file_keys import FileKeys
from ilr_validator.adapters.reference.snapshot import SnapshotError, load_snapshot
from ilr_validator.adapters.reference.sources import import_source

LARS: Mapping[str, str] = {
    "LearningDelivery.csv": (
        "LearnAimRef,EffectiveFrom,EffectiveTo,LearnAimRefTitle,LearnAimRefType,NotionalNVQLevel,"
        "NotionalNVQLevelv2,FrameworkCommonComponent,EnglPrscID,AwardOrgCode,"
        "LearningDeliveryGenre,LearnDirectClassSystemCode1,LearnDirectClassSystemCode2,"
        "LearnDirectClassSystemCode3,SectorSubjectAreaTier1,SectorSubjectAreaTier2,Created_By\n"
        '"60312345","01 Aug 2014","","Synthetic, aim","0006","2","2","","","TEST","QUAL",'
        '"NUL","NUL","NUL","1.00","1.10","testcase"\n'
    ),
    "Validity.csv": (
        "LearnAimRef,ValidityCategory,StartDate,EndDate,LastNewStartDate\n"
        '60312345,ANY,"01 Aug 2014","31 Jul 2026","31 Jul 2025"\n'
    ),
    "LearningDeliveryCategory.csv": (
        "LearnAimRef,CategoryRef,EffectiveFrom,EffectiveTo\n60312345,38,01 Aug 2014,\n"
    ),
    "AnnualValue.csv": (
        "LearnAimRef,EffectiveFrom,EffectiveTo,BasicSkills,BasicSkillsType,"
        "FullLevel2EntitlementCategory,FullLevel2Percent,FullLevel3EntitlementCategory,"
        "FullLevel3Percent\n60312345,01 Aug 2014,,1,-2,1,100.00,,\n"
    ),
    "Standard.csv": (
        "StandardCode,Version,ApprenticeshipStandardTypeCode,StandardSectorCode,NotionalEndLevel,"
        "EffectiveFrom,LastDateStarts,EffectiveTo\n9001,1,A0002,7,3,01 Aug 2015,,\n"
    ),
    "StandardFunding.csv": (
        "StandardCode,FundingCategory,EffectiveFrom,EffectiveTo,CoreGovContributionCap\n"
        '9001,StandardTblazer,01 Aug 2015,,"27,000"\n'
    ),
    "StandardValidity.csv": (
        "StandardCode,ValidityCategory,StartDate,LastNewStartDate,EndDate\n"
        "9001,Standard_Trailblazer,01 Aug 2015,,\n"
    ),
    "Framework.csv": "FworkCode,ProgType,PwayCode,EffectiveTo\n403,3,1,31 Jul 2020\n",
    "FrameworkAims.csv": (
        "FworkCode,ProgType,PwayCode,LearnAimRef,EffectiveFrom,EffectiveTo,FrameworkComponentType\n"
        "403,3,1,60312345,01 Aug 2014,,1\n"
    ),
    "FrameworkCmnComp.csv": "FworkCode,ProgType,PwayCode,CommonComponent\n403,3,1,20\n",
    "Version.csv": "MajorNumber,MinorNumber,MaintenanceNumber\n12,0,1\n",
    "DataGeneration.csv": "DataGeneratedOn\n24 Sep 2026\n",
}


def package(path: Path, files: Mapping[str, str] = LARS) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"CSV/{name}", "\ufeff" + text)
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_published_lars_package_becomes_its_tables(tmp_path: Path) -> None:
    into = tmp_path / "snapshot"
    import_source("lars", package(tmp_path / "lars.zip"), into)
    (aim,) = rows_of(into / "lars_learning_deliveries.csv")
    assert aim["EffectiveFrom"] == "2014-08-01"
    assert aim["LearnAimRefTitle"] == "Synthetic, aim"
    (validity,) = rows_of(into / "lars_validities.csv")
    assert validity["LastNewStartDate"] == "2025-07-31"
    (funding,) = rows_of(into / "lars_standard_fundings.csv")
    assert funding["CoreGovContributionCap"] == "27000"
    (framework,) = rows_of(into / "lars_frameworks.csv")
    assert (framework["EffectiveTo"], framework["StartDate"]) == ("2020-07-31", "2014-08-01")
    (fact,) = rows_of(into / "lars_aim_facts.csv")
    assert (fact["Fact"], fact["Value"]) == ("LearningDeliveryGenre", "QUAL")
    snapshot = load_snapshot(into)
    assert len(snapshot.tables) == 10
    assert snapshot.versions == {"lars": "12.0.1 of 24 Sep 2026"}


def test_an_unpacked_package_gives_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(package(tmp_path / "lars.zip")) as archive:
        archive.extractall(folder)
    import_source("lars", tmp_path / "lars.zip", tmp_path / "one")
    import_source("lars", folder, tmp_path / "two")
    assert load_snapshot(tmp_path / "one").digest == load_snapshot(tmp_path / "two").digest


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Validity.csv": None}, "the package lacks a file: Validity.csv"),
        (
            {"AnnualValue.csv": "LearnAimRef\n60312345\n"},
            "AnnualValue.csv, line 1, column BasicSkills: the column is missing",
        ),
        (
            {"StandardValidity.csv": LARS["StandardValidity.csv"].replace("Aug", "Agu")},
            "StandardValidity.csv, line 2, column StartDate: not a date: 01 Agu 2015",
        ),
        (
            {
                "LearningDeliveryCategory.csv": LARS["LearningDeliveryCategory.csv"].replace(
                    "38", "x"
                )
            },
            "LearningDeliveryCategory.csv, line 2, column CategoryRef: ",
        ),
    ],
)
def test_a_bad_package_is_refused_and_leaves_the_snapshot_as_it_was(
    tmp_path: Path, change: Mapping[str, str | None], said: str
) -> None:
    into = tmp_path / "snapshot"
    import_source("lars", package(tmp_path / "good.zip"), into)
    before = {path.name: path.read_bytes() for path in into.iterdir()}
    files = {name: text for name, text in {**LARS, **change}.items() if text is not None}
    with pytest.raises(SnapshotError) as caught:
        import_source("lars", package(tmp_path / "bad.zip", files), into)
    assert said in str(caught.value)
    assert {path.name: path.read_bytes() for path in into.iterdir()} == before


ONSPD = """\
pcd7,pcd8,pcds,dointr,doterm,lad25cd,lep21cd1,lep21cd2,itl25cd,lat
ZZ1 1AA,ZZ1  1AA,zz1 1aa,198001,,E06000001,E37000001,,TLC11,0
ZZ1 1AB,ZZ1  1AB,ZZ1 1AB,199612,202402,E06000001,,,,0
"""


def test_the_postcode_directory_gives_both_tables_with_the_months_as_dates(tmp_path: Path) -> None:
    path = tmp_path / "ONSPD_AUG_2026_UK.csv"
    path.write_text(ONSPD, encoding="utf-8")
    import_source("postcodes", path, tmp_path / "one")
    first, second = rows_of(tmp_path / "one" / "ons_postcodes.csv")
    assert first["Postcode"] == "ZZ1 1AA"
    assert first["LocalAuthority"] == "E06000001"
    assert (first["Lep1"], first["Nuts"]) == ("E37000001", "TLC11")
    assert (second["EffectiveFrom"], second["Termination"]) == ("1996-12-01", "2024-02-29")
    assert [row["Postcode"] for row in rows_of(tmp_path / "one" / "postcodes.csv")] == [
        "zz1 1aa".upper(), "ZZ1 1AB",
    ]  # fmt: skip
    with zipfile.ZipFile(tmp_path / "onspd.zip", "w") as archive:
        archive.writestr("Data/ONSPD_AUG_2026_UK.csv", ONSPD)
        archive.writestr("Data/multi_csv/ONSPD_AUG_2026_UK_ZZ.csv", "pcds\n")
    import_source("postcodes", tmp_path / "onspd.zip", tmp_path / "two")
    assert rows_of(tmp_path / "two" / "ons_postcodes.csv") == [first, second]
    assert load_snapshot(tmp_path / "two").versions == {"postcodes": "onspd.zip"}


def test_a_month_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "onspd.csv"
    path.write_text(ONSPD.replace("199612", "199613"), encoding="utf-8")
    with pytest.raises(SnapshotError, match=r"onspd.csv, line 3, column dointr: not a month"):
        import_source("postcodes", path, tmp_path / "snapshot")
    assert not list((tmp_path / "snapshot").iterdir())


def test_registers_take_the_publishers_names_and_flags(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    path.write_text(
        "Provider UKPRN,Name,Legal Organisation Type,Is Partner\n10000001,Testcase,UGFE,Yes\n",
        encoding="utf-8",
    )
    import_source("organisations", path, tmp_path / "snapshot", version="2026-11")
    (row,) = rows_of(tmp_path / "snapshot" / "organisations.csv")
    assert row == {
        "UKPRN": "10000001", "LegalOrgType": "UGFE", "PartnerUKPRN": "1", "LongTermResid": "",
    }  # fmt: skip
    path.write_text(
        "EPAO ID,LARS code,Effective from,Effective to\nEPA9001,9001,01/08/2015,\n", "utf-8"
    )
    import_source("assessment-organisations", path, tmp_path / "snapshot")
    (row,) = rows_of(tmp_path / "snapshot" / "assessment_organisations.csv")
    assert row["EffectiveFrom"] == "2015-08-01"
    assert load_snapshot(tmp_path / "snapshot").versions == {
        "organisations": "2026-11", "assessment-organisations": "register.csv",
    }  # fmt: skip


def test_of_employers_only_what_the_file_needs_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "employers.csv"
    path.write_text("EmpId\n100000001\n100000002\n", encoding="utf-8")
    with pytest.raises(SnapshotError, match="--for"):
        import_source("employers", path, tmp_path / "snapshot")
    keys = FileKeys()
    keys.found["EmpId"].add("100000002")
    import_source("employers", path, tmp_path / "snapshot", keys=keys)
    assert rows_of(tmp_path / "snapshot" / "employers.csv") == [{"EmpId": "100000002"}]


def test_the_file_of_the_year_before_gives_its_aims(tmp_path: Path) -> None:
    path = tmp_path / "earlier.xml"
    path.write_text(
        '<Message xmlns="ESFA/ILR/2024-25"><LearningProvider><UKPRN>10000001</UKPRN>'
        "</LearningProvider><Learner><LearnRefNumber>A1</LearnRefNumber><ULN>1000000027</ULN>"
        "<LearningDelivery><LearnAimRef>ZPROG001</LearnAimRef><FundModel>36</FundModel>"
        "<StdCode>9001</StdCode><LearnStartDate>2024-09-01</LearnStartDate></LearningDelivery>"
        "<LearningDelivery><LearnAimRef>60312345</LearnAimRef></LearningDelivery></Learner>"
        "</Message>",
        encoding="utf-8",
    )
    import_source("prior-year", path, tmp_path / "snapshot")
    first, second = rows_of(tmp_path / "snapshot" / "prior_year_learners.csv")
    assert (first["UKPRN"], first["ULN"], first["StdCode"]) == ("10000001", "1000000027", "9001")
    assert (second["LearnRefNumber"], second["LearnAimRef"]) == ("A1", "60312345")
    path.write_text("<Message>", encoding="utf-8")
    with pytest.raises(SnapshotError, match=r"earlier\.xml"):
        import_source("prior-year", path, tmp_path / "snapshot")


def test_published_rules_bring_their_wording_from_csv_and_workbook(tmp_path: Path) -> None:
    path = tmp_path / "rules.csv"
    path.write_text(
        "Name,PreviousName,Status,Severity,ErrorMessage,CurrentSldSeverity\n"
        'Test_01,,Active,Error,"Somebody\'s  own\n words",Warning\nTest_02,,Deleted,Error,Gone,\n',
        encoding="utf-8",
    )
    import_source("rules", path, tmp_path / "one")
    rules = load_snapshot(tmp_path / "one").official_rules
    assert rules["Test_01"].message == "Somebody's own words"
    assert rules["Test_01"].severity == "W"
    assert [rules[name].is_in_force for name in ("Test_01", "Test_02")] == [True, False]
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Learner rules"])
    sheet.append(["Version", "Status", "Rule Name", "Error/ Warning\n", "Error message "])
    sheet.append([1, "change", "Test_03", "Error ", "Of the workbook"])
    sheet.append([None, None, None, None, None])
    book.save(tmp_path / "rules.xlsx")
    import_source("rules", tmp_path / "rules.xlsx", tmp_path / "two", version="version 3")
    found = load_snapshot(tmp_path / "two")
    assert found.official_rules["Test_03"].message == "Of the workbook"
    assert found.versions == {"rules": "version 3"}
    for name, content in (("empty.csv", b"Name\n"), ("broken.xlsx", b"PK\x03\x04")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SnapshotError, match=name):
            import_source("rules", tmp_path / name, tmp_path / "two")
    assert json.loads((tmp_path / "two" / "versions.json").read_text("utf-8")) == found.versions


def test_an_unknown_source_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="no such source"):
        import_source("weather", tmp_path, tmp_path / "snapshot")
    with pytest.raises(SnapshotError, match="no such file"):
        import_source("lars", tmp_path / "lars.zip", tmp_path / "snapshot")
