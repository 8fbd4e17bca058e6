"""How long a whole file takes from opening it to the last report, beside reading it with iterparse.

The baseline is `lxml.etree.iterparse(path, tag=Learner)` with `clear()` over the same bytes in the
same run. The command runs as a user would run it, in a process of its own with two workers, its
start included; memory is the highest sum of all its processes. `MATRICULA_BENCH_LEARNERS` sets the
largest file.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import psutil
from lxml import etree

import ilr_validator
from matricula_testkit.ilr.sample import write_sample

LARGEST: Final = int(os.environ.get("MATRICULA_BENCH_LEARNERS", "1000000"))
SIZES: Final = [size for size in (10_000, 100_000, 1_000_000) if size <= LARGEST]
WORKERS: Final = 2
REFERENCE: Final = Path(ilr_validator.__file__).with_name("reference_sample")
TAG: Final = "{ESFA/ILR/2025-26}Learner"
PAUSE: Final = 0.02


async def run() -> list[dict[str, Any]]:
    """Measure and give the rows of the page."""
    rows: list[dict[str, Any]] = []
    per_learner: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for learners in SIZES:
            path = write_sample(Path(folder), learners=learners, seed=learners, faults="").paths[0]
            baseline = _iterparse(path)
            seconds, memory = _validate(path, Path(folder) / f"out-{learners}")
            per_learner[learners] = seconds / learners
            rows += [
                {
                    "name": f"file of {learners:,} learners, {path.stat().st_size / 1e6:.0f} MB,"
                    f" reports included, {WORKERS} processes",
                    "value": round(seconds, 1),
                    "unit": "s",
                    "baseline": "iterparse with clear(), s",
                    "baseline_value": round(baseline, 1),
                    "ratio": round(seconds / baseline, 1),
                },
                {
                    "name": f"its memory, all processes, {learners:,} learners",
                    "value": round(memory / 2**20),
                    "unit": "MiB",
                },
            ]
            path.unlink()
    smallest, *larger = SIZES
    rows += [
        {
            "name": f"time per learner, {learners:,} learners",
            "value": round(per_learner[learners] * 1e6),
            "unit": "µs",
            "baseline": f"{smallest:,} learners, µs",
            "baseline_value": round(per_learner[smallest] * 1e6),
            "ratio": round(per_learner[learners] / per_learner[smallest], 2),
        }
        for learners in larger
    ]
    return rows


def _iterparse(path: Path) -> float:
    began = time.perf_counter()
    for _, element in etree.iterparse(str(path), tag=TAG):
        element.clear()
    return time.perf_counter() - began


def _validate(path: Path, out: Path) -> tuple[float, int]:
    """Run the command; give seconds and the highest memory of all its processes together."""
    command = [
        sys.executable, "-m", "ilr_validator", "validate", str(path), "--out", str(out),
        "--workers", str(WORKERS), "--skip-file-name", "--reference", str(REFERENCE),
        "--largest", "4096",
    ]  # fmt: skip
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    highest = 0
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        highest = max(highest, _memory(watched))
        time.sleep(PAUSE)
    if process.returncode not in {0, 1}:
        raise RuntimeError("the file could not be checked")
    return time.perf_counter() - began, highest


def _memory(process: psutil.Process) -> int:
    """Sum what the processes hold alone and share (proportional set size)."""
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            total += one.memory_full_info().pss
    except psutil.Error:
        pass
    return total
