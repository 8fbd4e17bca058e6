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
from ilr_validator.application.learner_ports import Judgement, NoRulesError
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
        self,
        academic_year: str,
        records: Sequence[Mapping[str, Any]],
        occasion: Occasion,
        *,
        is_stored: bool = False,
    ) -> Judgement:
        """Check learners; raises NoRulesError, RecordNotReadableError."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._thread, self._judge, academic_year, records, occasion, is_stored
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
        self,
        academic_year: str,
        records: Sequence[Mapping[str, Any]],
        occasion: Occasion,
        is_stored: bool,  # noqa: FBT001 - an executor hands arguments over by place
    ) -> Judgement:
        check = self._checks.get(academic_year)
        if check is None:
            check = self._checks[academic_year] = self._made(academic_year)
        results = check.judge(records, occasion, is_stored=is_stored)
        return Judgement(check.pack.version, self._reference.digest, results, check.stage_of)

    def _made(self, academic_year: str) -> LearnerCheck:
        try:
            pack = load(academic_year)
            model = load_record_model(pack.name)
        except LookupError as error:
            raise NoRulesError from error
        lists = self._reference.code_lists.over(pack.code_lists)
        return LearnerCheck(pack, model, code_lists=lists, reference=self._reference.tables)
