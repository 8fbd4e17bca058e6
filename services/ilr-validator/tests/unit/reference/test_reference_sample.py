"""The synthetic reference data that ships, and the page on code lists."""

from pathlib import Path

import ilr_validator
from ilr_validator.adapters.reference.code_list_page import code_list_page
from ilr_validator.adapters.reference.snapshot import load_snapshot
from ilr_validator.engine.reference import Ulns, reference_tables
from ilr_validator.packs.pack import load
from matricula_testkit.ilr import reference_data

SAMPLE = Path(next(iter(ilr_validator.__path__))) / "reference_sample"
ROOT = Path(__file__).resolve().parents[5]


def test_what_ships_is_what_the_test_kit_writes(tmp_path: Path) -> None:
    lists = load_snapshot(SAMPLE).code_lists.completeness
    reference_data.write(tmp_path, lists)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {path.name: path.read_bytes() for path in SAMPLE.glob("*.*")} == written


def test_every_table_is_there_but_the_register_of_learner_numbers() -> None:
    found = load_snapshot(SAMPLE)
    assert set(reference_tables().values()) - set(found.tables) == {Ulns}
    assert set(found.versions.values()) == {"synthetic"}


def test_every_code_list_is_complete_in_the_sample() -> None:
    lists = load_snapshot(SAMPLE).code_lists.over(load("2025-26").code_lists)
    assert all(one.is_complete for one in lists.values())


def test_the_page_on_code_lists_is_that_of_the_pack() -> None:
    page = (ROOT / "docs/reference/ilr-code-lists.md").read_text("utf-8")
    assert page == code_list_page("2025-26")
