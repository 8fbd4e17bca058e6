"""The publisher's wording takes the place of ours where a user has imported it."""

from ilr_validator.adapters.reference.official_rules import OfficialRule, wording_of
from ilr_validator.application.check import Check
from ilr_validator.engine.batch import Surroundings
from ilr_validator.packs.pack import load
from ilr_validator.packs.record_model import load_record_model


def test_wording_is_found_under_the_name_that_the_pack_has_for_a_rule() -> None:
    published = {
        "R06": OfficialRule("R06", "Active", "E", "Two records, one reference."),
        "ULN_04": OfficialRule("ULN_04", "Active", "E", ""),
        "Unknown_01": OfficialRule("Unknown_01", "Active", "E", "Nobody knows it."),
    }
    assert wording_of(published, {"R_06", "ULN_04"}) == {"R_06": "Two records, one reference."}


def test_a_rule_without_imported_wording_keeps_ours() -> None:
    pack = load("2025-26")
    around = Surroundings(pack.year, pack.constants, pack.code_lists)
    check = Check(pack, load_record_model(pack.name), around, wording={"R_06": "Theirs."})
    assert check.message("R_06", "Ours.") == "Theirs."
    assert check.message("R_07", "Ours.") == "Ours."
