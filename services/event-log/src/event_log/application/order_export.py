"""Ask for an export, look at it, fetch it. Building it is the background worker's."""

from datetime import datetime
from uuid import UUID

from event_log.application.ports import LogUnit
from event_log.application.read_log import latest_checkpoint
from event_log.domain.exports import Export, ExportState
from matricula_chassis.errors import Conflict, NotFound


async def order_export(
    unit: LogUnit,
    export_id: UUID,
    *,
    requested_by: str,
    client: str,
    ukprn: int | None,
    now: datetime,
) -> Export:
    """Queue an export of the log as of its newest checkpoint; within an open unit of work."""
    size, _note = await latest_checkpoint(unit)
    export = Export(
        export_id=export_id,
        requested_by=requested_by,
        client=client,
        ukprn=ukprn,
        size=size,
        state=ExportState.QUEUED,
        events_written=0,
        bytes=None,
        created_at=now,
        finished_at=None,
        expires_at=None,
    )
    await unit.exports.add(export)
    unit.journal.data_read(
        operation="create_export", resource_type="export", resource_id=export_id, rows=0
    )
    return export


async def read_export(
    unit: LogUnit, export_id: UUID, *, requested_by: str, ukprn: int | None
) -> Export:
    """Return an export of this requester; NotFound for anybody else's."""
    async with unit:
        return await _own(unit, export_id, requested_by=requested_by, ukprn=ukprn)


async def fetch_export(
    unit: LogUnit, export_id: UUID, *, requested_by: str, ukprn: int | None
) -> Export:
    """Return an export that is ready, and record that it is given out."""
    async with unit:
        export = await _own(unit, export_id, requested_by=requested_by, ukprn=ukprn)
        if export.state is ExportState.EXPIRED:
            raise NotFound("export-not-found", state=export.state)
        if export.state is not ExportState.READY:
            raise Conflict("export-not-ready", state=export.state)
        unit.journal.data_read(
            operation="download_export",
            resource_type="export",
            resource_id=export_id,
            rows=export.size,
        )
        return export


async def _own(unit: LogUnit, export_id: UUID, *, requested_by: str, ukprn: int | None) -> Export:
    export = await unit.exports.get(export_id, requested_by=requested_by, ukprn=ukprn)
    if export is None:
        raise NotFound("export-not-found", export_id=str(export_id))
    return export
