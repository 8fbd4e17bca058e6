"""The facts of a run, taken from how its file was checked."""

from datetime import UTC, datetime
from pathlib import Path

from ilr_validator.adapters.reports import Spool, facts_of
from ilr_validator.adapters.reports.facts import rules_not_run
from ilr_validator.application.check import Check
from ilr_validator.engine.batch import Surroundings
from ilr_validator.engine.facts import FileFacts
from ilr_validator.packs.pack import load
from ilr_validator.packs.record_model import load_record_model

from . import synthetic as make


def test_facts_come_from_the_pack_and_the_return(tmp_path: Path) -> None:
    pack = load("2025-26")
    surroundings = Surroundings(
        year=pack.year,
        constants=pack.constants,
        code_lists=pack.code_lists,
        file=FileFacts(),
        reference={},
    )
    check = Check(pack, load_record_model("2025-26"), surroundings, "R01")
    facts = facts_of(
        check,
        ukprn=99999999,
        file_name="x.xml",
        generated_at=datetime(2026, 7, 1, tzinfo=UTC),
        application_version="0",
    )
    assert (facts.pack, facts.pack_version, facts.return_name) == (
        pack.name, pack.version, "R01",
    )  # fmt: skip
    assert facts.severities["ULN_04"] == "E"
    assert {name: facts.entities[name] for name in ("ULN", "LearnAimRef", "ESMType")} == {
        "ULN": "Learner",
        "LearnAimRef": "LearningDelivery",
        "ESMType": "EmploymentStatusMonitoring",
    }
    assert 36 in facts.fund_models
    # Field definitions have no definition in the pack's rules, and yet are run.
    assert not [name for name in facts.not_implemented if name.startswith("FD_")]
    with Spool(tmp_path) as spool:
        spool.add(make.part([], size=2, not_run={"ULN_04": 1}))
        listed = {one.rule: one for one in rules_not_run(spool, facts)}
    assert listed["ULN_04"][1:] == (1, "E", "reference data absent")
    assert {one.learners for name, one in listed.items() if name in facts.not_implemented} <= {2}
