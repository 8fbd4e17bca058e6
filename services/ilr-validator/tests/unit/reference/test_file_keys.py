"""The keys of a file, the snapshot cut down to them, and the commands."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

import ilr_validator
from ilr_validator.adapters.commands.reference import reference
from ilr_validator.adapters.files.needed_keys import keys_of_file
from ilr_validator.adapters.files.refusals import UnreadableFileError
from ilr_validator.adapters.reference.snapshot import SnapshotError, load_snapshot
from ilr_validator.adapters.reference.subset import subset
from ilr_validator.engine.reference import Contracts, LarsAims, LarsValidities, Postcodes
from matricula_testkit.ilr.sample import write_sample

SAMPLE = Path(next(iter(ilr_validator.__path__))) / "reference_sample"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sample = write_sample(tmp_path_factory.mktemp("sample"), learners=12, seed=1)
    return sample.paths[0]


def test_keys_of_a_file_are_distinct_and_printed_without_personal_data(file: Path) -> None:
    keys = keys_of_file(file)
    assert "ZPROG001" in keys.found["LearnAimRef"]
    assert "10000001" in keys.found["UKPRN"]
    assert len(keys.found["ULN"]) == 12
    rows = list(keys.rows())
    assert len(rows) == len(set(rows))
    assert not {"ULN", "LearnRefNumber"} & {kind for kind, _ in rows}


def test_a_subset_holds_what_the_file_names_and_nothing_else(file: Path, tmp_path: Path) -> None:
    keys, into = keys_of_file(file), tmp_path / "subset"
    whole = load_snapshot(SAMPLE)
    counts = subset(whole, SAMPLE, keys, into)
    found = load_snapshot(into)
    assert set(found.tables) == set(whole.tables)
    aims, validities = found.tables[LarsAims], found.tables[LarsValidities]
    assert isinstance(aims, LarsAims)
    assert {aims.LearnAimRef.at(row) for row in range(aims.size)} == keys.found["LearnAimRef"]
    assert validities.size == aims.size * 9
    assert found.tables[Postcodes].size == counts["postcodes"] == len(keys.found["Postcode"])
    contracts = found.tables[Contracts]
    assert isinstance(contracts, Contracts)
    assert set(contracts.DeliveryUKPRN.tolist()) == {10_000_001.0}
    assert found.code_lists.completeness == whole.code_lists.completeness
    with pytest.raises(SnapshotError, match="is there already"):
        subset(whole, SAMPLE, keys, into)


def test_a_file_that_is_no_ilr_file_has_no_keys(tmp_path: Path) -> None:
    path = tmp_path / "other.xml"
    for content in ("", "<Message/>", "<Message xmlns='ESFA/ILR/1999-00'/>", "no XML"):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(UnreadableFileError):
            keys_of_file(path)
    with pytest.raises(UnreadableFileError):
        keys_of_file(tmp_path / "elsewhere.xml")


def test_the_commands_do_the_same_and_end_with_2_where_they_cannot(
    file: Path, tmp_path: Path
) -> None:
    run = CliRunner().invoke
    keys = run(reference, ["keys", str(file), "--out", str(tmp_path / "keys.csv")])
    assert keys.exit_code == 0
    assert (tmp_path / "keys.csv").read_text("utf-8").startswith("kind,key\nLearnAimRef,")
    assert "LearnAimRef,ZPROG001" in run(reference, ["keys", str(file)]).output
    into = str(tmp_path / "subset")
    cut = run(reference, ["subset", "--for", str(file), "--from", str(SAMPLE), "--into", into])
    assert cut.exit_code == 0, cut.output
    shown = run(reference, ["show", into])
    assert f"SHA-256 {load_snapshot(tmp_path / 'subset').digest}" in shown.output
    contracts = tmp_path / "contracts.csv"
    contracts.write_text("ContractAllocationNumber,DeliveryUKPRN\nA,10000001\n", encoding="utf-8")
    order = ["import", str(contracts), "--source", "contracts", "--into", into]
    refused = run(reference, order)
    assert refused.exit_code == 2
    assert "column FundingStreamPeriodCode: the column is missing" in refused.output
    contracts.write_text(
        "ContractAllocationNumber,DeliveryUKPRN,FundingStreamPeriodCode\nA,10000001,LEVY1799\n",
        encoding="utf-8",
    )
    assert "contract_allocations.csv: 1 rows" in run(reference, order).output
    for arguments in (
        ["keys", into],
        ["show", str(contracts)],
        ["code-lists", "--pack", "1999-00"],
    ):
        assert run(reference, arguments).exit_code == 2
