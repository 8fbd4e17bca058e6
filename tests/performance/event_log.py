"""How fast the event log seals, finds, proves, exports and verifies, beside bare peers in one run.

Sealing is compared with a plain INSERT of the same rows into a table with the same indexes,
verification with a bare SHA-256 pass over the same file. Compare the ratios of one run.
"""

import asyncio
import json
import logging
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import structlog
from tests.performance.event_log_load import (
    CONTEXT,
    SUBJECTS,
    UKPRN,
    Ground,
    open_ground,
    put_down,
    subject_of,
    synthetic_export,
)

from event_log.adapters.files.packs import FolderSink, pack_extras
from event_log.adapters.postgres.sealed_log import PostgresSealedLog
from event_log.adapters.postgres.sealer import Sealer
from event_log.application.build_export import build_export
from event_log.application.read_log import prove_event, search_log
from event_log.domain.events import EventFilter, Scope
from matricula_localstack.provision import plain

Row = dict[str, Any]


async def run(events: int = 400_000, verified: int = 1_000_000) -> list[Row]:
    """Run every benchmark and return one row for each: name, unit, value, baseline, ratio."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    async with open_ground() as ground:
        await put_down(ground, events)
        rows = [
            await sealing(ground, events=events),
            *await searches(ground, events=events),
            await proofs(ground, events=events),
            await exporting(ground, events=events),
            await arrival_to_checkpoint(ground, per_second=200, seconds=10),
        ]
    rows.append(await asyncio.to_thread(verification, verified))
    return rows


async def sealing(ground: Ground, *, events: int) -> Row:
    """Seal what waits, signatures and announcements included; the peer only inserts the rows."""
    stop = asyncio.Event()
    sealer = Sealer(ground.urls.app, sign=ground.sign)
    began = time.perf_counter()
    task = asyncio.ensure_future(sealer.run(stop))
    while await ground.sealed() < events:  # noqa: ASYNC110 - the table is what is measured
        await asyncio.sleep(0.05)
    seconds = time.perf_counter() - began
    stop.set()
    await task
    return _row(
        f"sealing {events:,} events",
        "events/s",
        events / seconds,
        baseline="INSERT of the same rows, same indexes, batches of 4,096",
        baseline_value=events / await _plain_insert(ground, events=events),
    )


async def _plain_insert(ground: Ground, *, events: int) -> float:
    connection = await asyncpg.connect(plain(ground.urls.owner))
    try:
        await connection.execute("CREATE TABLE plain (LIKE event INCLUDING ALL)")
        began = time.perf_counter()
        for first in range(0, events, 4096):
            await connection.execute(
                "INSERT INTO plain SELECT * FROM event WHERE position >= $1 AND position < $2",
                first,
                first + 4096,
            )
        seconds = time.perf_counter() - began
        await connection.execute("DROP TABLE plain")
    finally:
        await connection.close()
    return seconds


async def searches(ground: Ground, *, events: int) -> list[Row]:
    """Read first pages by each kind of filter; the goal is 200 ms at the 99th of a hundred."""
    await _analyse(ground)
    chance = random.Random(1)  # noqa: S311 - repeatable choices, no secret
    start = (await _event_time(ground, 0), await _event_time(ground, events - 1))
    kinds: dict[str, Callable[[], EventFilter]] = {
        "subject": lambda: EventFilter(subject=subject_of(chance.randrange(SUBJECTS))),
        "correlation": lambda: EventFilter(correlation=f"c-{chance.randrange(events // 50)}"),
        "actor": lambda: EventFilter(actor=f"person-{chance.randrange(300)}"),
        "rare outcome": lambda: EventFilter(outcome="denied"),
        "common action": lambda: EventFilter(action="learner:recorded"),
        "ten minutes of time": lambda: _minutes(start, chance),
    }
    rows = []
    for name, make in kinds.items():
        times = await _timed(200, lambda make=make: _search(ground, make()))  # type: ignore[misc]
        rows.append(_latency(f"search by {name} among {events:,}", times, goal=200))
    return rows


async def _analyse(ground: Ground) -> None:
    """Gather statistics at once; autovacuum would, within a minute or so."""
    connection = await asyncpg.connect(plain(ground.urls.owner))
    try:
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


async def _search(ground: Ground, wanted: EventFilter) -> None:
    await search_log(
        ground.open_unit(CONTEXT), Scope(UKPRN), wanted=wanted, after=-1, as_of=None, limit=50
    )


async def proofs(ground: Ground, *, events: int) -> Row:
    """Make inclusion proofs from tiles."""
    connection = await asyncpg.connect(plain(ground.urls.app))
    try:
        found = await connection.fetch(
            "SELECT event_id FROM event WHERE position % $1 = 7", max(1, events // 300)
        )
    finally:
        await connection.close()
    ids = iter([row["event_id"] for row in found])
    times = await _timed(
        min(200, len(found)),
        lambda: prove_event(ground.open_unit(CONTEXT), Scope(UKPRN), next(ids)),
    )
    return _latency(f"proof among {events:,}", times, goal=20)


async def exporting(ground: Ground, *, events: int) -> Row:
    """Write the whole log into a folder."""
    began = time.perf_counter()
    await build_export(
        PostgresSealedLog(ground.database),
        FolderSink(ground.folder / "export"),
        size=events,
        extras=pack_extras(ground.signer.verifier().text()),
        progress=lambda _written: None,
    )
    per_minute = events / (time.perf_counter() - began) * 60
    return _row("export", "events/min", per_minute, baseline="goal", baseline_value=100_000)


async def arrival_to_checkpoint(ground: Ground, *, per_second: int, seconds: int) -> Row:
    """Put events down one by one and wait for the signature over each."""
    stop = asyncio.Event()
    task = asyncio.ensure_future(Sealer(ground.urls.app, sign=ground.sign).run(stop))
    first = await ground.sealed()
    put: list[float] = []
    delays: list[float] = []

    async def trickle() -> None:
        due = time.perf_counter()
        for _ in range(per_second * seconds):
            await put_down(ground, 1)
            put.append(time.perf_counter())
            due += 1 / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))

    async with asyncio.TaskGroup() as group:
        group.create_task(trickle())
        while len(delays) < per_second * seconds:
            size = await ground.sealed() - first
            now = time.perf_counter()
            delays += [now - at for at in put[len(delays) : size]]
            await asyncio.sleep(0.02)
    stop.set()
    await task
    return _latency(f"arrival to checkpoint at {per_second}/s", delays, goal=2000)


def verification(events: int) -> Row:
    """Verify an export in a process of its own; the peer hashes the file once, as a whole."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "export"
        asyncio.run(synthetic_export(folder, events))
        began = time.perf_counter()
        found = subprocess.run(
            [sys.executable, "-I", str(folder / "verify.py"), str(folder)],
            capture_output=True,
            check=True,
        )
        seconds = time.perf_counter() - began
        assert json.loads(found.stdout)["proved"] == events
        began = time.perf_counter()
        with (folder / "events.jsonl").open("rb") as file:
            digest = sha256()
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        bare = time.perf_counter() - began
        mib = (folder / "events.jsonl").stat().st_size / 2**20
    row = _row(
        f"verifying {events:,} events ({mib:.0f} MiB) offline",
        "s",
        seconds,
        baseline="bare SHA-256 pass over the same file",
        baseline_value=bare,
    )
    return {**row, "goal": 30}


async def _event_time(ground: Ground, position: int) -> Any:
    connection = await asyncpg.connect(plain(ground.urls.app))
    try:
        return await connection.fetchval("SELECT time FROM event WHERE position = $1", position)
    finally:
        await connection.close()


def _minutes(span: tuple[Any, Any], chance: random.Random) -> EventFilter:
    begin = span[0] + (span[1] - span[0]) * chance.random()
    return EventFilter(from_time=begin, to_time=begin + timedelta(minutes=10))


async def _timed(count: int, work: Callable[[], Awaitable[object]]) -> list[float]:
    times = []
    for _ in range(count):
        began = time.perf_counter()
        await work()
        times.append(time.perf_counter() - began)
    return times


def _latency(name: str, seconds: Sequence[float], *, goal: float) -> Row:
    ordered = sorted(one * 1000 for one in seconds)
    p99 = ordered[int(len(ordered) * 0.99)]
    row = _row(name, "ms, p99", p99, baseline="goal", baseline_value=goal)
    return {**row, "p50": round(ordered[len(ordered) // 2], 1)}


def _row(name: str, unit: str, value: float, *, baseline: str, baseline_value: float) -> Row:
    return {
        "name": name,
        "unit": unit,
        "value": round(value, 1),
        "baseline": baseline,
        "baseline_value": round(baseline_value, 2),
        "ratio": round(value / baseline_value, 3),
    }


if __name__ == "__main__":
    for found in asyncio.run(run()):
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
