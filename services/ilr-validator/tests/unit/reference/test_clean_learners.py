"""Clean synthetic learners of every funding model break no rule with the sample that ships."""

from datetime import UTC, datetime
from pathlib import Path

import ilr_validator
from ilr_validator.adapters.files.validation import Order, validate
from ilr_validator.adapters.reference.snapshot import load_snapshot
from matricula_testkit.ilr.sample import write_sample

SAMPLE = Path(next(iter(ilr_validator.__path__))) / "reference_sample"
NEEDS_MORE = {"ULN_05"}
"""Rules that ask for the register of learner numbers, which cannot ship."""


def test_a_clean_file_has_no_finding_and_next_to_no_rule_not_run(tmp_path: Path) -> None:
    sample = write_sample(tmp_path, learners=400, seed=4)
    order = Order(
        path=sample.paths[0],
        out=tmp_path / "out",
        now=datetime(2026, 2, 4, 12, tzinfo=UTC),
        application_version="test",
        reference=load_snapshot(SAMPLE),
        workers=1,
    )
    result = validate(order, lambda _done, _total: None)
    assert (result.learners, result.errors, result.warnings) == (400, 0, 0)
    business = {name for name in result.not_run if not name.startswith("Filename_")}
    assert business <= NEEDS_MORE | {"Inconsistent UKPRN"}
