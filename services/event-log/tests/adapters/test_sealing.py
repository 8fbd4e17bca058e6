"""Sealing on a real database: order, once each, crashes, restored databases, tampering."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from event_log.adapters.events.handlers import put_down
from event_log.adapters.files.high_water import HighWaterFile
from event_log.adapters.postgres.sealer import Sealer, SealerSettings
from event_log.adapters.postgres.sealing import sealing_connection
from event_log.domain.errors import LogForkedError
from event_log.domain.merkle import TILE_WIDTH
from event_log.domain.notes import Checkpoint, open_note
from matricula_chassis.audit import ActionContext
from matricula_chassis.messaging import CRASH_POINTS, SimulatedCrash, armed_crash_point

pytestmark = pytest.mark.postgres
LogMaker = Callable[[], Any]
SEALER_POINTS = sorted(name for name in CRASH_POINTS if name.startswith(("sealer.", "uow.")))


async def test_events_are_sealed_in_their_order_and_the_export_verifies(log: Any) -> None:
    events = log.make.events(700)
    await log.put_down(events)
    await log.seal(limit=300)
    assert await log.sealed_ids() == [event.id for event in events]
    assert await log.rows("SELECT 1 FROM arrival") == []
    result = await log.verified()
    assert (result["ok"], result["size"], result["proved"]) == (True, 700, 700)
    signed = await log.signed()
    assert sorted(signed) == [0, 256, 300, 512, 600, 700]
    for size, note in signed.items():
        assert Checkpoint.parse(open_note(note, log.signer.verifier())).size == size


async def test_an_empty_log_has_a_signed_checkpoint_and_a_good_export(log: Any) -> None:
    await log.seal()
    result = await log.verified()
    assert (result["ok"], result["size"]) == (True, 0)


async def test_the_same_event_is_sealed_once_however_often_it_arrives(log: Any) -> None:
    events = log.make.events(10)
    await log.put_down([*events, events[3], events[3]])
    await log.seal()
    await log.put_down([events[0], *events, log.make.event()])
    await log.seal()
    ids = await log.sealed_ids()
    assert len(ids) == len(set(ids)) == 11
    assert await log.rows("SELECT 1 FROM arrival") == []
    assert (await log.verified())["ok"] is True


async def test_a_transaction_that_commits_late_is_sealed_later_and_not_lost(log: Any) -> None:
    early, late = log.make.event(), log.make.event()
    stop = asyncio.Event()
    sealer = Sealer(
        log.urls.app, sign=log.sign, settings=SealerSettings(idle_pause=0.01, look_back_every=0.05)
    )
    running = asyncio.ensure_future(sealer.run(stop))
    async with log.open_unit(ActionContext.system("event-log", "test")) as unit:
        await put_down(log.clock)(unit, [late])
        await log.put_down([early])
        await _until(log, {early.id})
    await _until(log, {early.id, late.id})
    stop.set()
    await running
    assert await log.sealed_ids() == [early.id, late.id]


async def test_only_one_sealer_is_active_and_another_takes_over(log: Any) -> None:
    async with sealing_connection(log.urls.app) as first:
        assert await first.take_lock()
        async with sealing_connection(log.urls.app) as second:
            assert not await second.take_lock()
    async with sealing_connection(log.urls.app) as third:
        assert await third.take_lock()


async def test_a_checkpoint_is_signed_at_every_256_events_and_announced_once_a_batch(
    log: Any,
) -> None:
    await log.put_down(log.make.events(1000))
    await log.seal(limit=1000)
    assert {256, 512, 768, 1000} <= set(await log.signed())
    rows = await log.as_superuser("SELECT headers, payload FROM outbox ORDER BY seq")
    assert len(rows) == 1
    assert '"size":1000' in rows[0]["payload"].decode()
    assert "audit.checkpoint.signed.v1" in rows[0]["headers"]


@pytest.mark.parametrize("point", SEALER_POINTS)
@pytest.mark.parametrize("nth", [pytest.param(1, marks=pytest.mark.chaos), 2])
async def test_a_crash_anywhere_loses_nothing_doubles_nothing_and_never_forks(
    log: Any, point: str, nth: int
) -> None:
    events = log.make.events(900)
    await log.put_down(events[:600])
    await log.seal(limit=100)
    await log.put_down(events[600:])
    before = await log.signed()
    with armed_crash_point(point, nth), pytest.raises((SimulatedCrash, BaseExceptionGroup)):
        async with asyncio.timeout(120):
            await log.seal_until_crash(batch=120)
    after = await log.signed()
    assert before.items() <= after.items(), "a checkpoint went back or changed"
    reborn = HighWaterFile(log.folder / "log.last", key=log.signer.verifier())
    log.high_water = reborn
    await log.seal()
    final = await log.signed()
    assert after.items() <= final.items(), "two roots for one size"
    assert await log.sealed_ids() == [event.id for event in events]
    assert (await log.verified())["ok"] is True


async def test_a_database_taken_back_to_an_earlier_state_is_not_signed_again(
    make_log: LogMaker,
) -> None:
    log = make_log()
    events = log.make.events(40)
    await log.put_down(events[:20])
    await log.seal()
    restored = make_log()
    restored.signer, restored.high_water = log.signer, log.high_water
    await restored.put_down(events[:10])
    with pytest.raises(LogForkedError) as caught:
        await restored.seal()
    assert caught.value.reason == "signed-size-missing"
    assert await restored.signed() == {}


async def test_a_log_rewritten_at_a_signed_size_is_not_signed_again(make_log: LogMaker) -> None:
    log, rewritten = make_log(), make_log()
    await log.put_down(log.make.events(20))
    await log.seal()
    rewritten.signer = log.signer
    rewritten.high_water = HighWaterFile(log.folder / "rewritten.last", key=log.signer.verifier())
    await rewritten.put_down(log.make.events(20))
    await rewritten.seal()
    rewritten.high_water = log.high_water
    await rewritten.put_down(log.make.events(1))
    with pytest.raises(LogForkedError) as caught:
        await rewritten.seal()
    assert caught.value.reason == "another-root"


async def test_tampered_tiles_stop_the_sealer(log: Any) -> None:
    await log.put_down(log.make.events(20))
    await log.seal()
    await log.as_superuser("UPDATE tile SET hashes = overlay(hashes placing '\\x00' from 5)")
    await log.put_down(log.make.events(1))
    with pytest.raises(LogForkedError) as caught:
        await log.seal()
    assert caught.value.reason == "tiles-do-not-give-root"


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("UPDATE event SET canonical = canonical || ' ' WHERE position = 417", 417),
        ("DELETE FROM event WHERE position = 418", 418),
        (
            """
            UPDATE event AS e SET canonical = o.canonical
            FROM event AS o WHERE e.position = 20 AND o.position = 21
            """,
            20,
        ),
    ],
)
async def test_what_a_superuser_changes_in_the_database_is_found_in_the_export(
    log: Any, statement: str, index: int
) -> None:
    await log.put_down(log.make.events(600))
    await log.seal()
    await log.as_superuser(statement)
    result = await log.verified()
    assert (result["ok"], result["first_bad_index"]) == (False, index)


async def test_a_hand_written_high_water_mark_is_refused(log: Any, tmp_path: Path) -> None:
    await log.put_down(log.make.events(3))
    await log.seal()
    path = tmp_path / "log.last"
    path.write_text(path.read_text().replace("\n3\n", "\n2\n"))
    log.high_water = HighWaterFile(path, key=log.signer.verifier())
    await log.put_down(log.make.events(1))
    with pytest.raises(ValueError, match="signature"):
        await log.seal()


async def test_tiles_are_full_or_at_the_edge(log: Any) -> None:
    await log.put_down(log.make.events(520))
    await log.seal(limit=100)
    rows = await log.rows(
        "SELECT level, index, length(hashes) / 32 AS width FROM tile ORDER BY 1, 2"
    )
    assert [tuple(row) for row in rows] == [
        (0, 0, TILE_WIDTH), (0, 1, TILE_WIDTH), (0, 2, 8), (1, 0, 2),
    ]  # fmt: skip


async def _until(log: Any, wanted: set[Any]) -> None:
    async with asyncio.timeout(60):
        while set(await log.sealed_ids()) != wanted:  # noqa: ASYNC110 - it is in a database
            await asyncio.sleep(0.02)
