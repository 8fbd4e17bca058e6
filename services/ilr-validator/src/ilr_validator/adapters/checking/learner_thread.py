"""Checks learners in a thread of its own, so that the event loop answers meanwhile.

What does not change is made once for each year and kept: rules, field definitions, code lists.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Final

from ilr_validator.adapters.reference.snapshot import Snapshot
from ilr_validator.application.check_learner import LearnerCheck, Occasion
from ilr_validator.application.learner_ports import Judgement
from ilr_validator.packs.pack import load
from ilr_validator.packs.record_model import load_record_model

NOBODY: Final = 10_000_000
"""A provider that there is not."""


class LearnerThread:
    """The checks of every year that was asked for, in one thread."""

    def __init__(self, reference: Snapshot, *, name: str) -> None:
        self._reference = reference
        self._checks: dict[str, LearnerCheck] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def judge(
        self, academic_year: str, records: Sequence[Mapping[str, Any]], occasion: Occasion
    ) -> Judgement:
        """Check learners; raises LookupError without rules, RecordNotReadableError."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._thread, self._judge, academic_year, records, occasion
        )

    async def warm_up(self, academic_years: Iterable[str], at: datetime) -> None:
        """Load the rules of years, so that nobody has to wait for them."""
        nobody: Sequence[Mapping[str, Any]] = ({},)
        for year in academic_years:
            await self.judge(year, nobody, Occasion(NOBODY, at))

    def close(self) -> None:
        """End the thread when it has done what it is at."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _judge(
        self, academic_year: str, records: Sequence[Mapping[str, Any]], occasion: Occasion
    ) -> Judgement:
        check = self._checks.get(academic_year)
        if check is None:
            pack = load(academic_year)
            check = LearnerCheck(pack, load_record_model(pack.name), self._reference.tables)
            self._checks[academic_year] = check
        results = check.judge(records, occasion)
        return Judgement(check.pack.version, self._reference.digest, results, check.stage_of)
