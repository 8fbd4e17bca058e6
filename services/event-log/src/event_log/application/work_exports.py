"""Build queued exports one after the other, and remove those whose time is over."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta

from event_log.application.build_export import build_export
from event_log.application.ports import ExportQueue, PackShelf, SealedLog
from event_log.domain.exports import Export
from matricula_chassis.clock import Clock

_SIGN_OF_LIFE = timedelta(seconds=2)
ABANDONED_AFTER = timedelta(seconds=30)
"""An export whose worker was silent for so long is begun anew, by whichever worker is there."""


class ExportWorker:
    """One background worker; several may run, each takes another export."""

    def __init__(
        self,
        *,
        queue: ExportQueue,
        log: SealedLog,
        shelf: PackShelf,
        extras: Callable[[], Mapping[str, bytes]],
        clock: Clock,
        keep_for: timedelta,
    ) -> None:
        self._queue = queue
        self._log = log
        self._shelf = shelf
        self._extras = extras
        self._clock = clock
        self._keep_for = keep_for

    async def work_once(self) -> bool:
        """Build one export, if one waits; say whether there was one."""
        for export_id in await self._queue.expire(now=self._clock.now()):
            self._shelf.remove(export_id)
        now = self._clock.now()
        export = await self._queue.claim(now=now, abandoned_before=now - ABANDONED_AFTER)
        if export is None:
            return False
        await self._build(export)
        return True

    async def _build(self, export: Export) -> None:
        written = 0

        def note(count: int) -> None:
            nonlocal written
            written = count

        async def keep_alive() -> None:
            while True:
                await asyncio.sleep(_SIGN_OF_LIFE.total_seconds())
                await self._queue.progress(
                    export.export_id, events_written=written, now=self._clock.now()
                )

        pack = self._shelf.begin(export.export_id)
        beat = asyncio.ensure_future(keep_alive())
        try:
            extras = self._extras()
            await build_export(self._log, pack, size=export.size, extras=extras, progress=note)
            size_bytes = await asyncio.to_thread(pack.finish)
        except Exception:
            pack.discard()
            await self._queue.fail(export.export_id, now=self._clock.now())
            raise
        except BaseException:
            pack.discard()  # the process ends; the export is taken up again after a while
            raise
        finally:
            beat.cancel()
        now = self._clock.now()
        await self._queue.finish(
            export.export_id, size_bytes=size_bytes, now=now, expires_at=now + self._keep_for
        )
