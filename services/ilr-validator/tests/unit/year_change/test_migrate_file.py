"""A whole file into the new year: the official schema, the head, memory, refusals."""

import csv
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from lxml import etree

from ilr_validator.adapters.files.migration import Migration, migrate_file
from ilr_validator.adapters.files.refusals import FileRefusedError, UnreadableFileError
from ilr_validator.packs.migrations.plan import load_plan

OFFICIAL: Final = Path(__file__).parents[6] / "shared" / "data" / "ilr" / "official"
NOW: Final = datetime(2025, 8, 20, 11, 30, tzinfo=UTC)
HEAD: Final = """<?xml version="1.0" encoding="utf-8"?>
<Message xmlns="ESFA/ILR/2024-25"><Header><CollectionDetails><Collection>ILR</Collection>
<Year>2425</Year><FilePreparationDate>2025-07-01</FilePreparationDate></CollectionDetails><Source>
<ProtectiveMarking>OFFICIAL-SENSITIVE-Personal</ProtectiveMarking><UKPRN>10000001</UKPRN>
<SoftwareSupplier>Example</SoftwareSupplier><SerialNo>07</SerialNo>
<DateTime>2025-07-01T09:00:00</DateTime></Source></Header><SourceFiles><SourceFile>
<SourceFileName>old.xml</SourceFileName><FilePreparationDate>2025-07-01</FilePreparationDate>
<SerialNo>1</SerialNo></SourceFile></SourceFiles>
<LearningProvider><UKPRN>10000001</UKPRN></LearningProvider>
"""
LEARNER: Final = """<Learner><LearnRefNumber>L{number}</LearnRefNumber>
<PrevUKPRN>10000002</PrevUKPRN><ULN>1000000043</ULN><FamilyName>O&apos;Néill &amp; Example</FamilyName>
<Ethnicity>31</Ethnicity><Sex>F</Sex><LLDDHealthProb>2</LLDDHealthProb>
<PostcodePrior>ZZ99 9ZZ</PostcodePrior><Postcode>ZZ99 9ZZ</Postcode>
<ContactPreference><ContPrefType>RUI</ContPrefType><ContPrefCode>1</ContPrefCode>
</ContactPreference><LearnerHE><TTACCOM>1</TTACCOM></LearnerHE>
<LearningDelivery><LearnAimRef>ZPROG001</LearnAimRef><AimType>1</AimType>
<AimSeqNumber>4</AimSeqNumber><LearnStartDate>2024-09-01</LearnStartDate>
<LearnPlanEndDate>2026-09-01</LearnPlanEndDate><FundModel>36</FundModel><ProgType>25</ProgType>
<FworkCode>1</FworkCode><StdCode>123</StdCode><DelLocPostCode>ZZ99 9ZZ</DelLocPostCode>
<CompStatus>1</CompStatus><LearningDeliveryHE><SOC2000>1234</SOC2000><UCASAPPID>AB12</UCASAPPID>
<TYPEYR>1</TYPEYR><MODESTUD>1</MODESTUD><FUNDCOMP>1</FUNDCOMP><YEARSTU>1</YEARSTU>
<MSTUFEE>1</MSTUFEE><SPECFEE>0</SPECFEE><NETFEE>9000</NETFEE><DOMICILE>XF</DOMICILE>
</LearningDeliveryHE></LearningDelivery></Learner>
"""


def old_file(folder: Path, learners: int = 2) -> Path:
    path = folder / "ILR-10000001-2425-20250701-090000-07.xml"
    with path.open("w", encoding="utf-8") as out:
        out.write(HEAD)
        out.writelines(LEARNER.format(number=number) for number in range(learners))
        out.write("</Message>")
    return path


def migrate(path: Path, out: Path, to: str = "2025-26") -> Migration:
    return migrate_file(path, load_plan(to), out, NOW)


def check_schema(path: Path, year: str) -> None:
    schema = OFFICIAL / f"schema-{year}.xsd"
    if not schema.is_file():
        pytest.skip(f"{schema.name} not present beside the checkout")
    etree.XMLSchema(etree.parse(schema)).assertValid(etree.parse(path))


def test_the_sample_is_a_file_of_2024_25(tmp_path: Path) -> None:
    check_schema(old_file(tmp_path), "2024-25")


def test_the_new_file_is_one_of_2025_26(tmp_path: Path) -> None:
    done = migrate(old_file(tmp_path), tmp_path / "out")
    assert done.file.name == "ILR-10000001-2526-20250820-123000-01.xml"  # British Summer Time
    text = done.file.read_text("utf-8")
    assert "<Year>2526</Year><FilePreparationDate>2025-08-20</FilePreparationDate>" in text
    assert "<SerialNo>01</SerialNo><DateTime>2025-08-20T12:30:00</DateTime>" in text
    assert "<FamilyName>O'Néill &amp; Example</FamilyName>" in text
    assert "SourceFile" not in text
    check_schema(done.file, "2025-26")


def test_what_is_to_decide_and_the_summary_stand_beside_it(tmp_path: Path) -> None:
    done = migrate(old_file(tmp_path), tmp_path / "out")
    rows = list(csv.DictReader(done.to_decide.read_text("utf-8").splitlines()))
    assert len(rows) == done.decisions == 6
    assert rows[0] == {
        "learner": "L0", "aim": "", "new_aim": "", "entity": "Learner", "field": "PrevUKPRN",
        "was": "given", "what": "enter", "why": "entered again each year",
    }  # fmt: skip
    assert (rows[2]["aim"], rows[2]["new_aim"], rows[2]["field"]) == ("4", "1", "NETFEE")
    summary = json.loads(done.summary.read_bytes())
    assert (summary["from"], summary["to"]) == ("2024-25", "2025-26")
    assert summary["counts"]["learners"] == 2
    assert {path.stat().st_mode & 0o777 for path in (done.file, done.to_decide, done.summary)} == {
        0o600
    }


def test_the_new_file_goes_on_into_2026_27(tmp_path: Path) -> None:
    once = migrate(old_file(tmp_path), tmp_path / "one")
    twice = migrate(once.file, tmp_path / "two", to="2026-27")
    root = etree.parse(twice.file).getroot()
    assert etree.QName(root).namespace == "ESFA/ILR/2026-27"
    assert b"FUNDCOMP" in once.file.read_bytes()
    assert b"FUNDCOMP" not in twice.file.read_bytes()
    assert json.loads(twice.summary.read_bytes())["isProvisional"] is True


def test_a_file_of_another_year_is_not_migrated(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="not of the year before"):
        migrate(old_file(tmp_path), tmp_path / "out", to="2026-27")
    with pytest.raises(UnreadableFileError, match="no such file"):
        migrate(tmp_path / "none.xml", tmp_path / "out")
    assert list((tmp_path / "out").glob("*")) == []


def test_a_file_that_breaks_the_schema_is_refused_with_the_line(tmp_path: Path) -> None:
    path = old_file(tmp_path)
    text = path.read_text("utf-8").replace("<CompStatus>1<", "<CompStatus>one<", 1)
    path.write_text(text, "utf-8")
    with pytest.raises(FileRefusedError) as refused:
        migrate(path, tmp_path / "out")
    line = text[: text.index("<CompStatus>one<")].count("\n") + 1
    assert refused.value.refusals[0].line == line
    assert list((tmp_path / "out").glob("*")) == []


MEASURED: Final = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from ilr_validator.adapters.files.migration import migrate_file
from ilr_validator.packs.migrations.plan import load_plan
migrate_file(Path(sys.argv[1]), load_plan("2025-26"), Path(sys.argv[2]),
             datetime(2025, 8, 20, tzinfo=UTC))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    peaks = []
    for learners in (2_000, 8_000):
        folder = tmp_path / str(learners)
        folder.mkdir()
        command = [sys.executable, "-c", MEASURED, str(old_file(folder, learners)), str(folder)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] * 1.1
