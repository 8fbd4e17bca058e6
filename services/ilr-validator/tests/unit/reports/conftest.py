"""Writes reports into a new folder and gives their paths."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from ilr_validator.adapters.reports import ReportFacts, ReportPaths, Spool, write_reports
from ilr_validator.application.check import PartResult

Written = Callable[[Iterable[PartResult], ReportFacts], ReportPaths]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Spools parts and writes every report of them."""

    def write(parts: Iterable[PartResult], facts: ReportFacts) -> ReportPaths:
        with Spool(tmp_path) as spool:
            for part in parts:
                spool.add(part)
            return write_reports(spool, facts, tmp_path)

    return write
