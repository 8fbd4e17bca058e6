"""`make bench`: runs every benchmark and writes docs/reference/benchmarks.md, losses included.

Nothing is asserted. Compare the ratios of one run; absolute numbers are those of one machine.
"""

import asyncio
import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from tests.performance import event_log, gateway, ilr_file, ilr_live, ilr_rules, intake, messaging

BENCHMARKS = {
    "intake": intake.run,
    "messaging": messaging.run,
    "event log": event_log.run,
    "gateway": gateway.run,
    "ilr rules": ilr_rules.run,
    "ilr file": ilr_file.run,
    "ilr live": ilr_live.run,
}
TARGET = Path("docs/reference/benchmarks.md")


def main(wanted: Sequence[str]) -> None:
    """Run the benchmarks that are named, or all of them; write the page only for all."""
    results: dict[str, list[dict[str, Any]]] = {}
    for name, run in BENCHMARKS.items():
        if wanted and name.replace(" ", "-") not in wanted:
            continue
        print(f"{name} …", flush=True)
        results[name] = asyncio.run(run())
        for row in results[name]:
            print("  " + _line(row), flush=True)
    if not wanted:
        TARGET.write_text(page(results), encoding="utf-8")
        print(f"written: {TARGET}")


def page(results: dict[str, list[dict[str, Any]]]) -> str:
    """Return the Markdown page of all results."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Each row is measured beside its baseline in the same run, everything",
        "on one machine over loopback. Read the ratios; the absolute numbers are those of this machine.",
        "",
        f"Machine: {machine()}.",
        f"Day: {datetime.now(UTC).date()}.",
        "",
    ]
    for name, rows in results.items():
        lines += [f"## {name.capitalize()}", "", "| what | value | baseline | ratio |"]
        lines += ["|---|---|---|---|", *(_row(row) for row in rows), ""]
    lines += [GOALS]
    return "\n".join(lines)


GOALS = """## Goals

| what | goal |
|---|---|
| intake, each span, against COPY of the rows it wrote | ratio at least 0.5 |
| relay | at least 15,000 events/s |
| inbox | at least 20,000 events/s |
| commit to effect | p99 at most 250 ms |
| sealing | at least 20,000 events/s |
| offline verification of 1,000,000 events | at most 30 s |
| gateway, CPU of a request | at least 15 times less than FastAPI + httpx: ratio at most 0.067 |
| rules of 2020-21, one core, columns built before | at least 100,000 learners/s and 45 times the plain Python per rule and learner |
| file of 100,000 learners, reports included, two processes | at most 3 times bare iterparse (goal 2), at most 1 GiB |
| live check of one learner over HTTP | p99 at most 50 ms (goal 10 ms) |
| time per learner of a file | within 20 % from 10,000 to 1,000,000 |
| memory of intake | the same for 1,000 and for 100,000 learners |
"""


def machine() -> str:
    """Describe the machine without naming it."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"CPython {platform.python_version()}"
    )


def _row(row: dict[str, Any]) -> str:
    peer = row.get("baseline_value")
    baseline = (
        f"{row['baseline']}: {_number(peer)}" if peer is not None else row.get("baseline", "")
    )
    ratio = row.get("ratio")
    return (
        f"| {row['name']} | {_number(row['value'])} {row['unit']} | {baseline} | "
        f"{'' if ratio is None else ratio} |"
    )


def _line(row: dict[str, Any]) -> str:
    return _row(row).strip("| ").replace(" | ", "   ")


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


if __name__ == "__main__":
    main(sys.argv[1:])
