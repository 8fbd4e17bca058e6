"""Exports of the log: ask, watch, fetch."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import FileResponse

from event_log.adapters.http.dependencies import MeansDep
from event_log.adapters.http.schemas import ExportOrdered, ExportView
from event_log.application.order_export import fetch_export, order_export, read_export
from matricula_chassis.audit import ActionContext
from matricula_chassis.auth import Principal, requires
from matricula_chassis.db.idempotency import IdempotencyKey, StoredOutcome
from matricula_chassis.errors import NotFound
from matricula_chassis.http import idempotency_key, problem_responses

router = APIRouter(tags=["exports"])


@router.post(
    "/v1/exports",
    status_code=202,
    responses=problem_responses(400, 422),
    summary="Ask for an export",
)
async def create_export(
    principal: Annotated[Principal, Depends(requires("create_export"))],
    means: MeansDep,
    key: Annotated[IdempotencyKey, Depends(idempotency_key)],
    response: Response,
) -> ExportOrdered:
    """Begin an export of the whole log as of its newest checkpoint.

    It is built in the background; its progress is at `Location`. An export is whole or worthless,
    so it holds the events of every provider; they carry identifiers and codes, no personal data.
    """
    async with means.open_unit(ActionContext.from_principal(principal)) as unit:
        stored = await unit.replay_or_claim(key)
        if stored is None:
            export = await order_export(
                unit,
                means.ids.uuid7(),
                requested_by=principal.subject,
                client=principal.client_id,
                ukprn=principal.ukprn,
                now=means.clock.now(),
            )
            stored = StoredOutcome(
                202,
                resource_id=str(export.export_id),
                location=f"/v1/exports/{export.export_id}",
            )
            await unit.store_outcome(stored)
    response.headers["Location"] = stored.location
    return ExportOrdered(export_id=UUID(stored.resource_id), location=stored.location)


@router.get(
    "/v1/exports/{export_id}", responses=problem_responses(404), summary="See how far an export is"
)
async def get_export(
    export_id: UUID,
    principal: Annotated[Principal, Depends(requires("get_export"))],
    means: MeansDep,
) -> ExportView:
    """Give the state of an export that you asked for."""
    unit = means.open_unit(ActionContext.from_principal(principal))
    return ExportView.of(
        await read_export(unit, export_id, requested_by=principal.subject, ukprn=principal.ukprn)
    )


@router.get(
    "/v1/exports/{export_id}/content",
    response_class=FileResponse,
    responses={
        200: {"content": {"application/zip": {}}, "description": "The export."},
        **problem_responses(404, 409),
    },
    summary="Fetch an export",
)
async def download_export(
    export_id: UUID,
    principal: Annotated[Principal, Depends(requires("download_export"))],
    means: MeansDep,
) -> FileResponse:
    """Give the export as a zip file; unpack it and run the verifier that is in it."""
    unit = means.open_unit(ActionContext.from_principal(principal))
    export = await fetch_export(
        unit, export_id, requested_by=principal.subject, ukprn=principal.ukprn
    )
    path = means.pack_path(export.export_id)
    if not path.is_file():
        raise NotFound("export-not-found", reason="file-gone")
    return FileResponse(
        path,
        media_type="application/zip",
        filename=f"event-log-{export.size}.zip",
        headers={"Cache-Control": "private, no-store"},
    )
