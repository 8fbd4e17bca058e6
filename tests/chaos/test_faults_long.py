"""The long form: every fault several times; writes docs/reference/faults.md.

Up to five different processes are struck in one job.
MATRICULA_CHAOS_RUNS says how often (5), MATRICULA_CHAOS_MINUTES when to stop (no end),
MATRICULA_CHAOS_ONLY which of the two tables to do (platform, validator).
"""

import asyncio
import os
import time
from collections.abc import Mapping, Sequence

import pytest
from tests.chaos import validation
from tests.chaos.catalogue import (
    OF_THE_PLATFORM,
    OF_THE_VALIDATOR,
    PARTS_OF_FILE,
    Fault,
    jobs,
)
from tests.chaos.full_disk import NoMountError
from tests.chaos.job import LEARNERS, Laboratory, Report
from tests.chaos.table import PLATFORM, VALIDATOR, Row, page

from matricula_localstack.paths import repository_root

RUNS = int(os.environ.get("MATRICULA_CHAOS_RUNS", "5"))
MINUTES = float(os.environ.get("MATRICULA_CHAOS_MINUTES", "600"))
JOB_SECONDS = 300
PLANTED = 12
TOGETHER = 5
TABLES = {"platform": (PLATFORM, OF_THE_PLATFORM), "validator": (VALIDATOR, OF_THE_VALIDATOR)}
ONLY = os.environ.get("MATRICULA_CHAOS_ONLY")
FACTS = {
    "learners": LEARNERS,
    "live": LEARNERS - PLANTED,
    "validated": validation.LEARNERS,
    "parts": PARTS_OF_FILE,
}
PAGE = repository_root() / "docs" / "reference" / "faults.md"

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(36_000)]


async def test_no_fault_loses_or_doubles_anything(
    laboratory: Laboratory, undisturbed: Report
) -> None:
    tables = {
        title: {fault: Row(fault.label, fault.moment) for fault in faults}
        for title, faults in ([TABLES[ONLY]] if ONLY else TABLES.values())
    }
    rows = {fault: row for table in tables.values() for fault, row in table.items()}
    end = time.monotonic() + MINUTES * 60
    for run in range(RUNS):
        for faults in jobs(list(rows), together=TOGETHER):
            those = {fault: rows[fault] for fault in faults}
            if time.monotonic() > end:
                for row in those.values():
                    row.not_run = "the time was up"
                continue
            await _once(laboratory, undisturbed, those)
            for row in those.values():
                print(f"{run + 1} {row.line()}", flush=True)
        await asyncio.to_thread(_write, {name: list(one.values()) for name, one in tables.items()})
    assert [row for row in rows.values() if not row.is_clean] == []


def _write(tables: Mapping[str, Sequence[Row]]) -> None:
    before = PAGE.read_text(encoding="utf-8")
    text = page(tables, before=before, facts=FACTS, environ=os.environ)
    PAGE.write_text(text, encoding="utf-8")


async def _once(laboratory: Laboratory, undisturbed: Report, rows: Mapping[Fault, Row]) -> None:
    try:
        async with asyncio.timeout(JOB_SECONDS):
            report = await laboratory.job(list(rows))
    except NoMountError:
        for row in rows.values():
            row.not_run = "this account may not mount a small file system"
        return
    except Exception as error:  # noqa: BLE001 - the table must tell of it, and the rest must run
        print(f"unfinished: {error!r} {getattr(error, 'exceptions', '')}", flush=True)
        for row in rows.values():
            row.unfinished += 1
        return
    lost = report.result.lost_against(undisturbed.result)
    doubled = report.result.doubled_against(undisturbed.result)
    if lost or doubled:
        print(f"lost {undisturbed.result.facts - report.result.facts}", flush=True)
        print(f"doubled {report.result.facts - undisturbed.result.facts}", flush=True)
    for fault, row in rows.items():
        row.recoveries.append(report.recovery[fault.unit])
        row.lost += lost + report.unsealed + report.dead_letters + report.unlike_fresh
        row.doubled += doubled + report.doubled_in_log
