"""What is durably true of the validator after a job: queries of its database, and a fresh check.

Facts are in terms that do not depend on the identifiers of the run.
"""

from collections import Counter
from collections.abc import Hashable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import ilr_validator
from ilr_validator.adapters.reference.snapshot import load_snapshot
from ilr_validator.application.check_learner import LearnerCheck, Occasion
from ilr_validator.domain.learner_findings import LearnerFinding, numbered
from ilr_validator.packs.calendar import open_years, return_at
from ilr_validator.packs.pack import load
from ilr_validator.packs.record_model import load_record_model
from matricula_chassis.clock import london_date

_SAMPLE: Final = Path(next(iter(ilr_validator.__path__))) / "reference_sample"
_VALIDATION: Final = """
SELECT state, learners, parts, parts_left, checked, errors, warnings, not_run::text,
       array_to_string(report_kinds, ','), problem, ended_at IS NOT NULL
  FROM validation WHERE validation_id = $1
"""
_FINDINGS: Final = """
SELECT rule, severity, learner_position, aim_seq_number FROM finding WHERE validation_id = $1
"""
_SHARDS: Final = "SELECT number FROM shard WHERE validation_id = $1"
IS_CHECKED_IN_PART: Final = """
SELECT state = 'checking' AND parts_left BETWEEN 1 AND parts - 1
  FROM validation WHERE validation_id = $1
"""
HAS_CHECKED: Final = "SELECT EXISTS (SELECT 1 FROM learner_check WHERE ukprn = $1)"
_CHECKS: Final = """
SELECT learner_id, academic_year, version, array_to_string(not_run, ','), sequence
  FROM learner_check WHERE ukprn = $1
"""
_LIVE_FINDINGS: Final = """
SELECT learner_id, academic_year, rule, aim_seq_number, ordinal, severity, closed_at IS NULL
  FROM learner_finding WHERE ukprn = $1
"""
_CHECKED: Final = """
SELECT count(*) FROM learner_check JOIN unnest($1::uuid[], $2::int[]) AS live (id, version)
    ON learner_id = live.id AND learner_check.version = live.version
"""


async def of_validation(database: Any, validation_id: UUID) -> Counter[Hashable]:
    """Return how a validation ended, its findings, and parts that should not be there any more."""
    facts: Counter[Hashable] = Counter()
    for name, query in (("validation", _VALIDATION), ("found", _FINDINGS), ("part", _SHARDS)):
        facts.update((name, *row) for row in await database.fetch(query, validation_id))
    return facts


async def of_learners(database: Any, ukprn: int, names: Mapping[str, str]) -> Counter[Hashable]:
    """Return when live learners were checked and what they break, under their reference numbers."""
    facts: Counter[Hashable] = Counter()
    for name, query in (("checked", _CHECKS), ("breaks", _LIVE_FINDINGS)):
        rows = await database.fetch(query, ukprn)
        facts.update((name, names[str(row[0])], *row[1:]) for row in rows)
    return facts


async def unchecked(database: Any, live: Mapping[UUID, int]) -> int:
    """Return how many checks of live learners at these versions are missing, over open years."""
    years = len(open_years(london_date(datetime.now(UTC))))
    found = await database.fetchval(_CHECKED, list(live), list(live.values()))
    return len(live) * years - int(found)


def fresh(records: Mapping[str, Mapping[str, Any]], *, ukprn: int) -> Counter[Hashable]:
    """Check learners anew, given by reference number; return what they break as `breaks` facts."""
    now = datetime.now(UTC)
    today = london_date(now)
    reference = load_snapshot(_SAMPLE)
    facts: Counter[Hashable] = Counter()
    for year in open_years(today):
        pack = load(year)
        check = LearnerCheck(
            pack,
            load_record_model(pack.name),
            code_lists=reference.code_lists.over(pack.code_lists),
            reference=reference.tables,
        )
        occasion = Occasion(ukprn, now, return_at(year, today))
        results = check.judge(list(records.values()), occasion, is_stored=True)
        for name, result in zip(records, results, strict=True):
            facts.update(("breaks", name, year, *_kept(one), True) for one in _numbered(result))
    return facts


def _numbered(result: Any) -> list[LearnerFinding]:
    return numbered(
        LearnerFinding(one.rule, one.aim_seq_number, 0, one.severity, one.pointers)
        for one in result.findings
    )


def _kept(one: LearnerFinding) -> tuple[Hashable, ...]:
    return one.rule, one.aim_seq_number, one.ordinal, one.severity
